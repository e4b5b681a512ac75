import { refusals, type Language, type RefusalCode } from '@corehour/contract'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isTransient, Refusal, Unavailable } from '../../base/index.ts'

const RETRY_AFTER_SECONDS = '5'

/** A refusal that names the part of the request that it is about. */
export class BadRequest extends Refusal {
  readonly param: string
  constructor(param: string, detail: string) {
    super('bad_request', { detail })
    this.param = param
  }
}

/** Whatever was thrown, as a refusal of the closed set: our own faults say nothing of our insides. */
export function refusalOf(error: unknown, limit: number): Refusal {
  if (error instanceof Refusal) return error
  if (isTransient(error) || error instanceof Unavailable) return new Refusal('unavailable')
  const { statusCode, code, validation, validationContext, message } = error as FastifyError
  if (validation?.[0]) {
    const { instancePath, params, message: what } = validation[0]
    const named = params as { additionalProperty?: string; missingProperty?: string }
    const tail = named.additionalProperty ?? named.missingProperty
    const path = [...instancePath.split('/').slice(1), ...(tail === undefined ? [] : [tail])].join('.')
    const where = validationContext === 'body' ? path || 'body' : path
    return new BadRequest(where, `${where}: ${what}`)
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('body_too_large', { limit })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Refusal('unsupported_media_type', { expected: 'application/json', value: 'something else' })
  if (statusCode !== undefined && statusCode < 500) return new Refusal('bad_request', { detail: message })
  return new Refusal('internal')
}

/** Sends a refusal as an RFC 9457 problem. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { code, details } = refusal
  const { status } = refusals[code]
  if (status === 503 || status === 429) void reply.header('retry-after', String(details.seconds ?? RETRY_AFTER_SECONDS))
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="corehour"')
  const problem = {
    type: 'about:blank',
    status,
    code,
    title: titleOf(code),
    detail: refusal.in(languageOf(request)),
    ...(refusal instanceof BadRequest && { param: refusal.param }),
    request_id: request.id,
  }
  // A serializer of its own: fastify would add a charset that the media type doesn't have.
  return reply
    .status(status)
    .header('content-type', 'application/problem+json')
    .header('content-language', languageOf(request))
    .serializer(JSON.stringify)
    .send(problem)
}

/** Chinese where the client prefers it, else English. */
export function languageOf(request: FastifyRequest): Language {
  return /^\s*zh\b/i.test(request.headers['accept-language'] ?? '') ? 'zh' : 'en'
}

function titleOf(code: RefusalCode): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
