import { createHmac, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { parseInstant, type Clock } from '../../base/index.ts'
import type { Shelf } from './services.ts'

/** Files in a folder, with links signed by a secret. */
export function openShelf(folder: string, secret: string, clock: Clock): Shelf {
  const signatureOf = (exportId: string, expires: string) =>
    createHmac('sha256', secret).update(`${exportId}\n${expires}`).digest('base64url')
  return {
    pathOf: (exportId, format) => join(folder, `${exportId}.${format}`),
    sign(exportId, expiresAt) {
      const expires = expiresAt.toString()
      return `/v1/exports/${exportId}/file?${new URLSearchParams({ expires, signature: signatureOf(exportId, expires) })}`
    },
    isSigned(exportId, expires, signature) {
      const [expected, given] = [Buffer.from(signatureOf(exportId, expires)), Buffer.from(signature)]
      if (expected.length !== given.length || !timingSafeEqual(expected, given)) return false
      return Temporal.Instant.compare(clock.now(), parseInstant(expires)) < 0
    },
  }
}
