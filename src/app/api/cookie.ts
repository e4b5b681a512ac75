import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../base/index.ts'
import type { Visit } from './call.ts'

/** The prefix has browsers refuse a cookie that is not ours: Secure, of this host alone, for every path. Without https it can't be had. */
function nameOf(publicUrl: string | undefined): string {
  return isSecure(publicUrl) ? '__Host-corehour' : 'corehour'
}

/** The secret of the session that a request comes with. */
export function sessionOf(request: FastifyRequest, publicUrl: string | undefined): string | undefined {
  return request.cookies[nameOf(publicUrl)]
}

/** The browser that sent a request, and how its session's cookie is set. Its life is told in seconds, so that a test clock doesn't end it. */
export function visitOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, publicUrl }: { clock: Clock; publicUrl: string | undefined },
): Visit {
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure(publicUrl) } as const
  return {
    device: request.headers['user-agent'] ?? '',
    address: request.ip,
    keep(token, until) {
      const maxAge = Math.floor(until.since(clock.now()).total('seconds'))
      void reply.setCookie(nameOf(publicUrl), token, { ...options, maxAge })
    },
    forget: () => void reply.clearCookie(nameOf(publicUrl), options),
  }
}

function isSecure(publicUrl: string | undefined): boolean {
  return publicUrl?.startsWith('https:') ?? false
}
