import { refusals } from '@corehour/contract'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTransient, Refusal, type App } from '../base/index.ts'

/** An RFC 9457 problem, without its request id. */
type Problem = { status: number; code: string; title: string; detail: string }

const LARGEST_BODY = 4 * 1024 * 1024
const READY_WITHIN_MS = 2000
const RETRY_AFTER_SECONDS = '5'

/**
 * The HTTP server, not listening yet: /healthz (the process runs), /readyz (`isReady` says so within 2 s, else 503), and
 * every failure as a problem without anything of our insides.
 */
export function buildHttp(app: App, isReady: () => Promise<boolean>): FastifyInstance {
  const http = fastify({ bodyLimit: LARGEST_BODY, genReqId: () => `req_${randomUUID().replaceAll('-', '')}` })
  http.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id))
  http.setNotFoundHandler((request, reply) => sendProblem(request, reply, notFound(request)))
  http.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) app.log.error({ error, request_id: request.id, url: request.url }, 'a request failed')
    return sendProblem(request, reply, problem)
  })
  http.get('/healthz', async () => ({ status: 'ok' }))
  http.get('/readyz', async (request, reply) => {
    const late = sleep(READY_WITHIN_MS, false, { ref: false })
    const ready = await Promise.race([isReady().catch(() => false), late])
    return ready ? { status: 'ready' } : sendProblem(request, reply, NOT_READY)
  })
  return http
}

const NOT_READY: Problem = {
  status: 503,
  code: 'unavailable',
  title: 'Service Unavailable',
  detail: 'The database does not answer or is not migrated; try again in a moment.',
}

function notFound(request: FastifyRequest): Problem {
  const detail = `There is nothing at ${request.method} ${request.url.split('?')[0]}.`
  return { status: 404, code: 'not_found', title: 'Not Found', detail }
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Refusal) {
    return {
      status: refusals[error.code].status,
      code: error.code,
      title: error.code.replaceAll('_', ' '),
      detail: error.message,
    }
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { status: error.statusCode, code: 'bad_request', title: 'Bad Request', detail: error.message }
  }
  if (isTransient(error)) return NOT_READY
  return {
    status: 500,
    code: 'internal',
    title: 'Internal Server Error',
    detail: 'Something went wrong on our side; it has been logged.',
  }
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS)
  // A serializer of its own: fastify would add a charset that the media type doesn't have.
  return reply
    .status(problem.status)
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send({ type: 'about:blank', ...problem, request_id: request.id })
}
