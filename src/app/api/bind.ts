import cookie from '@fastify/cookie'
import rateLimit from '@fastify/rate-limit'
import { listRoutes, type Route } from '@corehour/contract'
import { Ajv, type ErrorObject } from 'ajv'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal, snapshot, type App } from '../../base/index.ts'
import { act, noteRefusal } from './act.ts'
import { actorOf, type Call, type Caller, type Handler, type Handlers } from './call.ts'
import { sessionOf, visitOf } from './cookie.ts'
import { checkOrigin } from './origin.ts'
import type { Keyring } from './keyring.ts'
import { BadRequest, languageOf } from './problem.ts'
import type { Services } from './services.ts'
import { sendStream } from './stream.ts'
import { checkText } from './text.ts'
import { viewAs } from './view.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Ends what has no end of its own: a server that ends waits for every answer. */
    closing: AbortSignal
  }
  interface FastifyRequest {
    caller?: Caller
  }
}

export type ApiOptions = {
  handlers: Handlers
  services: Services
  /** Requests a minute by one key or person, or one address without. Platforms have no limit but what the server takes in at once. */
  requestsAMinute: number
}

/** What is told is for who asked, and changes. */
const ANSWERED = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
const KEY = /^[\x20-\x7e]{1,200}$/

/** Serves every route of the contract. */
export function bindApi(http: FastifyInstance, app: App, options: ApiOptions): void {
  const { handlers, services, requestsAMinute } = options
  http.decorateRequest('caller', undefined)
  const closing = new AbortController()
  http.decorate('closing', closing.signal)
  http.addHook('preClose', (done) => {
    closing.abort()
    done()
  })
  http.register(async (api) => {
    api.setValidatorCompiler(compileValidator)
    await api.register(cookie)
    await api.register(rateLimit, {
      global: false,
      max: requestsAMinute,
      timeWindow: 60_000,
      enableDraftSpec: true,
      keyGenerator: (request) => request.caller?.keyId ?? request.ip,
      errorResponseBuilder: (_request, { max, ttl }) =>
        new Refusal('rate_limited', { limit: max, seconds: Math.ceil(ttl / 1000) }),
    })
    const limit = api.rateLimit() as (request: FastifyRequest, reply: FastifyReply) => Promise<void>
    const receive = async (request: FastifyRequest, reply: FastifyReply, found: ReturnType<Keyring['callerOf']>) => {
      const caller = await found
      if (caller) request.caller = await viewAs(app, caller, request)
      checkOrigin(request, services.publicUrl)
      if (caller?.scope !== 'platform') await limit(request, reply)
    }
    api.addHook('onRequest', (request, reply, done) => {
      const found = identify(services, request)
      // Nearly all requests are of platforms whose key is known: for them nothing is waited for.
      if (found instanceof Promise || found?.scope !== 'platform') return receive(request, reply, found)
      request.caller = found
      return done()
    })
    for (const { name, route } of listRoutes()) {
      if (route.testClockOnly && !services.testClock) continue
      const [noun, verb] = name.split('.') as [keyof Handlers, never]
      bind(api, app, services, name, route, handlers[noun][verb] as Handler<Route>)
    }
  })
}

function bind(
  api: FastifyInstance,
  app: App,
  services: Services,
  name: string,
  route: Route,
  handler: Handler<Route>,
): void {
  api.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: {
      ...(route.params && { params: route.params }),
      ...(route.query && { querystring: route.query }),
      ...(route.body && !route.judgedByItem && { body: route.body }),
    },
    onRequest: (request, _reply, done) => {
      authorize(request, route)
      done()
    },
    handler: async (request, reply) => {
      const call = callOf(app, request, reply, services, route)
      checkText(call.params)
      checkText(call.query)
      if (!route.judgedByItem) checkText(call.body)
      try {
        if ('follow' in handler) await stream(app, services, handler, call, reply)
        else await answer(app, name, route, handler, call, reply)
      } catch (error) {
        if (error instanceof Refusal) await noteRefusal(app, name, route, call, error)
        throw error
      }
      return reply
    },
  })
}

async function answer(
  app: App,
  name: string,
  route: Route,
  handler: Exclude<Handler<Route>, Following>,
  call: Call<Route>,
  reply: FastifyReply,
): Promise<void> {
  const { text, replayed } =
    'act' in handler
      ? await act(app, name, route, call, (tx) => handler.act(tx, call))
      : { text: JSON.stringify(await look(app, handler, call, reply)), replayed: false }
  if ('act' in handler) handler.done?.()
  if (replayed) void reply.header('idempotency-replayed', 'true')
  void reply.status(route.status).headers(ANSWERED).send(text)
}

type Following = Extract<Handler<Route>, { follow: unknown }>
type Looking = Exclude<Handler<Route>, { act: unknown } | Following>

/** Whoever is no longer who they were when they asked hears no more. */
function stream(app: App, services: Services, handler: Following, call: Call<Route>, reply: FastifyReply) {
  const mayHear = async () => (await identify(services, reply.request))?.scope === call.caller.scope
  return sendStream(reply, reply.server.closing, mayHear, (gone) => handler.follow(app, call, gone))
}

function identify({ keyring, publicUrl }: Services, request: FastifyRequest): ReturnType<Keyring['callerOf']> {
  return keyring.callerOf(request.headers.authorization, sessionOf(request, publicUrl))
}

function look(app: App, handler: Looking, call: Call<Route>, reply: FastifyReply): Promise<unknown> {
  if ('outside' in handler)
    return handler.outside(app, call, () => {
      reply.leaveQueue()
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return gone.signal
    })
  return snapshot(app, actorOf(call.caller), (tx) => handler.read(tx, call))
}

/** @throws Refusal unauthorized, forbidden, people_only, staff_role_needed. */
function authorize({ caller }: FastifyRequest, { scopes, people, staff, method }: Route): void {
  if (scopes.length === 0) return
  if (!caller) throw new Refusal('unauthorized')
  if (!scopes.includes(caller.scope))
    throw new Refusal('forbidden', { scope: caller.scope, needed: scopes.join(' or ') })
  const role = caller.person?.staffRole
  if (people && !caller.person) throw new Refusal('people_only')
  // What is one's own, whatever one's role.
  if (people || !role || role === 'operator') return
  if (!(staff?.includes(role) ?? method === 'GET'))
    throw new Refusal('staff_role_needed', { role, needed: [...(staff ?? []), 'operator'].join(' or ') })
}

/** Whom a public route serves: it may see what everybody may. */
const NOBODY: Caller = {
  keyId: 'key_nobody',
  name: 'nobody',
  scope: 'customer',
  accountId: null,
  userId: null,
  sources: [],
}

function callOf(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  { publicUrl }: Services,
  route: Route,
): Call<Route> {
  const key = request.headers['idempotency-key']
  if (key !== undefined && (typeof key !== 'string' || !KEY.test(key)))
    throw new BadRequest('Idempotency-Key', 'Idempotency-Key must have 1 to 200 printable ASCII characters')
  if (key === undefined && route.idempotency === 'stored') throw new Refusal('idempotency_key_required')
  if (!route.body && !isNothing(request.body)) throw new BadRequest('body', 'this route takes no body')
  return {
    params: request.params as object,
    query: request.query as object,
    body: request.body as undefined,
    caller: request.caller ?? NOBODY,
    visit: visitOf(request, reply, { clock: app.clock, publicUrl }),
    requestId: request.id,
    receivedAt: app.clock.now(),
    idempotencyKey: key,
    language: languageOf(request),
  }
}

function isNothing(body: unknown): boolean {
  return body === undefined || (typeof body === 'object' && body !== null && Object.keys(body).length === 0)
}

const STRICTLY = { strict: false, validateFormats: false, useDefaults: false, removeAdditional: false } as const
/** Bodies are taken as they are; addresses carry text, from which numbers, booleans and lists are read. */
const bodies = new Ajv(STRICTLY)
const addresses = new Ajv({ ...STRICTLY, coerceTypes: 'array' })

/** Compiled when a route is first asked: all of them together are 150 ms of CPU at every start. */
function compileValidator({ schema, httpPart }: { schema: unknown; httpPart?: string | undefined }) {
  const ajv = httpPart === 'body' ? bodies : addresses
  const validate = Object.assign(
    (data: unknown): boolean => {
      const compiled = ajv.compile(schema as object)
      const isValid = compiled(data)
      validate.errors = compiled.errors ?? null
      return isValid
    },
    { errors: null as ErrorObject[] | null },
  )
  return validate
}
