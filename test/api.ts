import assert from 'node:assert/strict'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { mkdtempSync, rmSync } from 'node:fs'
import { Ajv } from 'ajv'
import { listRoutes, namesIn, type Route } from '@corehour/contract'
import type { FastifyInstance } from 'fastify'
import { SYSTEM, transact, type App, type ManualClock } from '../src/base/index.ts'
import { createKey } from '../src/identity/index.ts'
import { VERSION } from '../src/app/config.ts'
import { buildHttp } from '../src/app/http.ts'
import { makeHandlers } from '../src/app/api/handlers/index.ts'
import { openKeyring } from '../src/app/api/keyring.ts'
import { openShelf } from '../src/app/api/shelf.ts'
import type { Shelf } from '../src/app/api/services.ts'
import type { Till } from '../src/payments/index.ts'
import { moveByHand } from '../src/app/testClock.ts'
import { openTestApp } from './harness.ts'
import { openLab, openPayer } from './lab.ts'
import { openPaperTill, type PaperTill } from './paper.ts'

export type Answer = { status: number; body: any; headers: Record<string, unknown> }
type Request = {
  query?: Record<string, unknown>
  body?: unknown
  key?: string
  /** Of a session, as a browser on our own pages sends it. */
  cookie?: string
  idempotencyKey?: string
  headers?: object
}

export type TestApi = {
  app: App
  clock: ManualClock
  http: FastifyInstance
  shelf: Shelf
  /** Gateways on paper, unless the test brought its own. */
  till: PaperTill
  lab: { accountId: string; userId: string; projectId: string }
  /** Secrets: of the lab's owner, of the platform `lab`, of staff. */
  keys: { customer: string; platform: string; staff: string }
  /** Calls a path; what comes back with 2xx is held against the contract. A POST gets an idempotency key unless it has one. */
  call(method: string, path: string, request?: Request): Promise<Answer>
  close(): Promise<void>
}

/** What a server's services are beside those of the test. */
export const SERVICES = {
  publicUrl: undefined,
  version: VERSION,
  holdHours: 24,
  sandbox: false,
  sendsMail: true,
  support: { email: 'help@example.org', phone: undefined },
} as const

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
const OWN_PAGE = { 'sec-fetch-site': 'same-origin', 'x-corehour-client': 'console' }
let serial = 0

/**
 * The whole API on a fresh database with a lab (one account, user, project, prices), its clock moved by hand. `empty`: without the
 * lab's prices.
 */
export async function openTestApi(
  options: {
    /** Where its clock stands at first. */
    at?: string
    requestsAMinute?: number
    holdHours?: number
    empty?: boolean
    outbox?: boolean
    proxies?: string[]
    publicUrl?: string
    shelfFolder?: string
    till?: Till
  } = {},
): Promise<TestApi> {
  const { app, clock, close } = await openTestApp(options)
  const folder = options.shelfFolder ?? mkdtempSync(join(tmpdir(), 'corehour-shelf-'))
  const keyring = openKeyring(app)
  const testClock = moveByHand(app, clock)
  const shelf = openShelf(folder, 'secret', clock)
  const till = openPaperTill()
  const holdHours = options.holdHours ?? SERVICES.holdHours
  const { publicUrl } = options
  const services = { ...SERVICES, publicUrl, keyring, shelf, testClock, holdHours, till: options.till ?? till }
  const http = buildHttp(app, {
    isReady: async () => true,
    outbox: options.outbox === true,
    proxies: options.proxies ?? [],
    api: { handlers: makeHandlers(services), services, requestsAMinute: options.requestsAMinute ?? 1_000_000 },
  })
  const lab = await (options.empty ? openPayer(app, 'Lab') : openLab(app))
  const makeKey = async (input: Parameters<typeof createKey>[1]) =>
    (await transact(app, SYSTEM, (tx) => createKey(tx, input))).secret
  const keys = {
    customer: await makeKey({ name: 'owner', scope: 'customer', userId: lab.userId }),
    platform: await makeKey({ name: 'cluster', scope: 'platform', sources: ['lab'] }),
    staff: await makeKey({ name: 'finance', scope: 'staff' }),
  }
  return {
    app,
    clock,
    http,
    lab,
    keys,
    shelf,
    till,
    call: (method, path, request = {}) => callHttp(http, method, path, request),
    async close() {
      await http.close()
      await keyring.close()
      rmSync(folder, { recursive: true, force: true })
      await close()
    },
  }
}

async function callHttp(http: FastifyInstance, method: string, path: string, request: Request): Promise<Answer> {
  const { query, body, key, cookie, idempotencyKey = `test-${++serial}`, headers } = request
  const response = await http.inject({
    method: method as 'GET',
    url: `${path}${query ? `?${search(query)}` : ''}`,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(cookie !== undefined && { cookie, ...OWN_PAGE }),
      ...(method === 'POST' && { 'idempotency-key': idempotencyKey }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  })
  const answer = { status: response.statusCode, body: parse(response.body), headers: response.headers }
  if (answer.status < 300) assertPromised(method, path, answer)
  return answer
}

function search(query: Record<string, unknown>): URLSearchParams {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => [name, String(each)] as [string, string]),
  )
  return new URLSearchParams(pairs)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What a route answers is what the contract says. */
export function assertPromised(method: string, path: string, { status, body }: Answer): void {
  // As the server does it: a name of its own goes before any id.
  const [found] = listRoutes()
    .filter(({ route }) => route.method === method && matches(route, path))
    .sort((a, b) => namesIn(a.route.path).length - namesIn(b.route.path).length)
  if (!found) return
  assert.equal(status, found.route.status)
  const valid = ajv.validate(found.route.response as object, body)
  assert.ok(valid, `${found.name}: ${ajv.errorsText()} in ${JSON.stringify(body)}`)
}

function matches(route: Route, path: string): boolean {
  const pattern = route.path.replaceAll(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${pattern}$`).test(path)
}
