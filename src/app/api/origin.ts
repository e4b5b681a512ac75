import type { FastifyRequest } from 'fastify'
import { Refusal } from '../../base/index.ts'

/** Browsers send it for another site's page only after asking us (CORS), and we allow none. */
const HEADER = 'x-corehour-client'
const SAFE = new Set(['GET', 'HEAD'])

/**
 * What changes something without a key comes from our own pages, as far as the browser tells; with a session's cookie it must tell: the
 * browser's word (Sec-Fetch-Site, else Origin), and a header that forms can't send. So other sites' pages can't act in a person's name, nor
 * sign a person in as somebody else. SameSite=Lax stands behind it.
 * @throws Refusal foreign_origin.
 */
export function checkOrigin(request: FastifyRequest, publicUrl: string | undefined): void {
  if (SAFE.has(request.method) || request.headers.authorization !== undefined) return
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  const isOurs = origin === (publicUrl ?? `${request.protocol}://${request.headers.host}`)
  const isForeign = site === undefined ? origin !== undefined && !isOurs : site !== 'same-origin'
  const isTold = (site !== undefined || origin !== undefined) && request.headers[HEADER] !== undefined
  if (isForeign || (request.caller && !isTold)) throw new Refusal('foreign_origin')
}
