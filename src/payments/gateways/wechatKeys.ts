import { createDecipheriv, type KeyObject } from 'node:crypto'
import type { Clock } from '../../base/index.ts'
import { Unreadable, type Fields } from './fields.ts'
import { isValid, type Certified } from './rsa.ts'

export type WechatKeys = {
  /** The key of a serial, or of the id of a public key; undefined for one that WeChat Pay does not have. @throws Unavailable when that can't be known now. */
  find(serial: string): Promise<KeyObject | undefined>
}

/** So long certificates are believed; WeChat Pay advises to fetch them anew within 12 hours. */
const KEPT_SECONDS = 12 * 3600
/** Whoever sends notices with invented serials makes us ask no oftener than this. */
const ASKED_SECONDS = 60

/**
 * The keys with which WeChat Pay signs: its public keys, and its platform certificates, fetched when a serial is first seen. Both may be in use at
 * once for weeks (docs: notices move from certificates to a public key by shares within seven days, answers when they are asked to), and a new
 * certificate stands beside the old one before it is used.
 * @param fetchAll verified certificates by serial.
 */
export function openWechatKeys(
  publicKeys: ReadonlyMap<string, KeyObject>,
  fetchAll: () => Promise<ReadonlyMap<string, Certified>>,
  clock: Clock,
): WechatKeys {
  let certificates: ReadonlyMap<string, Certified> = new Map()
  let fetchedAt: Temporal.Instant | undefined
  let asked: { at: Temporal.Instant; outcome: Promise<unknown> } | undefined

  const secondsSince = (at?: Temporal.Instant) => (at ? clock.now().since(at).total('seconds') : Infinity)
  const find = (serial: string) => {
    const found = certificates.get(serial)
    return found && isValid(found, clock.now()) ? found.key : undefined
  }
  const refresh = async () => {
    certificates = await fetchAll()
    fetchedAt = clock.now()
  }
  return {
    async find(serial) {
      if (serial.startsWith('PUB_KEY_ID_')) return publicKeys.get(serial)
      const known = find(serial)
      if (known && secondsSince(fetchedAt) < KEPT_SECONDS) return known
      if (!asked || secondsSince(asked.at) > ASKED_SECONDS) asked = { at: clock.now(), outcome: refresh() }
      try {
        await asked.outcome
      } catch (error) {
        // The old ones go on counting where new ones can't be had.
        if (!known) throw error
      }
      return find(serial)
    },
  }
}

const TAG_BYTES = 16

/** Opens what is encrypted with the APIv3 key. @throws Unreadable when it was not, or was changed since: the tag at its end tells. */
export function decrypt(resource: Fields, apiV3Key: Buffer): string {
  if (resource.text('algorithm') !== 'AEAD_AES_256_GCM') throw new Unreadable('WeChat Pay: an unknown cipher')
  const bytes = Buffer.from(resource.text('ciphertext'), 'base64')
  const tag = bytes.length - TAG_BYTES
  if (tag < 0) throw new Unreadable('WeChat Pay: a ciphertext without its tag')
  try {
    const decipher = createDecipheriv('aes-256-gcm', apiV3Key, Buffer.from(resource.text('nonce')), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(resource.maybe('associated_data') ?? ''))
    decipher.setAuthTag(bytes.subarray(tag))
    return Buffer.concat([decipher.update(bytes.subarray(0, tag)), decipher.final()]).toString()
  } catch {
    throw new Unreadable('WeChat Pay: what is encrypted does not open with our APIv3 key')
  }
}
