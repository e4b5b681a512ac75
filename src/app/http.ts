import fastify, { type FastifyInstance } from 'fastify'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal, type App } from '../base/index.ts'
import { bindApi, type ApiOptions } from './api/bind.ts'
import { LARGEST_BODY, readBodies } from './api/body.ts'
import { serveDocs } from './api/docs.ts'
import { serveFiles } from './api/files.ts'
import { NOTICES_PATH, serveNotices } from './api/notices.ts'
import { refusalOf, sendProblem } from './api/problem.ts'
import { isPage, sendPage, serveConsole } from './console.ts'
import { serveMetrics } from './metrics.ts'
import { serveOutbox } from './outbox.ts'

const READY_WITHIN_MS = 2000
/** A client that sends slowly is cut; bodies are small. */
const REQUEST_WITHIN_MS = 30_000

/** Of this process. */
const PROCESS_NAME = randomBytes(10).toString('hex')
let requests = 0

/** Requests are numbered: an id need not be guessed at, only be its own. */
function nameRequest(): string {
  return `req_${PROCESS_NAME}${(++requests).toString(16).padStart(12, '0')}`
}

export type HttpOptions = {
  /** Whether the database answers and is migrated. */
  isReady: () => Promise<boolean>
  /** Reverse proxies whose word on a caller's address is taken. */
  proxies?: readonly string[]
  api?: ApiOptions
  /** No mail is sent, and so it is shown to who develops on this machine. */
  outbox?: boolean
}

/**
 * The HTTP server, not listening yet: the API, /healthz (the process runs), /readyz (`isReady` says so within 2 s, else 503), and
 * every failure as a problem without anything of our insides.
 */
export function buildHttp(app: App, { isReady, api, outbox, proxies = [] }: HttpOptions): FastifyInstance {
  const http = fastify({
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_WITHIN_MS,
    trustProxy: proxies.length > 0 && [...proxies],
    genReqId: nameRequest,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, refusalOf(error, LARGEST_BODY)),
  })
  http.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    done()
  })
  readBodies(http)
  http.setNotFoundHandler((request, reply) =>
    isPage(request)
      ? sendPage(request, reply)
      : sendProblem(
          request,
          reply,
          new Refusal('unknown_route', { value: `${request.method} ${request.url.split('?')[0]}` }),
        ),
  )
  http.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error, LARGEST_BODY)
    if (refusal.code === 'internal')
      app.log.error({ error, request_id: request.id, url: request.url.split('?')[0] }, 'a request failed')
    return sendProblem(request, reply, refusal)
  })
  http.get('/healthz', async () => ({ status: 'ok' }))
  http.get('/readyz', async (request, reply) => {
    const late = sleep(READY_WITHIN_MS, false, { ref: false })
    const ready = await Promise.race([isReady().catch(() => false), late])
    return ready ? { status: 'ready' } : sendProblem(request, reply, new Refusal('unavailable'))
  })
  if (api) {
    serveDocs(http, api.services.version)
    serveMetrics(http, app, api.services.keyring)
    serveFiles(http, app, api.services)
    serveNotices(http, app, api.services.till)
    if (outbox) serveOutbox(http, app, api.services)
    bindApi(http, app, api)
    serveConsole(http)
    logChanges(http, app)
  }
  return http
}

/**
 * A line for what changes something, but for the streams of platforms and gateways: metrics count those, and notices are kept whole. Addresses
 * without their query: links are signed there.
 */
function logChanges(http: FastifyInstance, app: App): void {
  http.addHook('onResponse', (request, reply, done) => {
    const { id, method, caller, routeOptions } = request
    const streams = caller?.scope === 'platform' || routeOptions.url === NOTICES_PATH
    if (method !== 'GET' && method !== 'HEAD' && !streams) {
      const about = {
        request_id: id,
        method,
        path: request.url.split('?')[0],
        route: routeOptions.url,
        key_id: caller?.keyId,
      }
      app.log.info({ ...about, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
    }
    done()
  })
}
