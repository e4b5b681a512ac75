import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listRoutes, refusals, type Route } from '@corehour/contract'
import { openTestApi, type TestApi } from './api.ts'
import { openPerson, signedIn } from './people.ts'

let serial = 0
const RUNS = 2000
const DEEP = '['.repeat(20_000) + ']'.repeat(20_000)

/** Values that nobody should send, and some that somebody will. */
const ODD: unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, -(2 ** 63), [], {}, [[]], [null], { __proto__: null, a: 1 }],
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '１２',
    '1e5',
    '-1',
    '-0.00',
    '0',
    '00',
    '+1',
    'NaN',
    'Infinity',
    '0x10',
    '1,000',
    '1.234',
  ],
  ...[
    '99999999999999999999',
    '2026-02-30',
    '0000-00-00',
    '2026-13-01',
    '+275760-09-13T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
  ],
  ...[
    '-271821-04-20T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    "'; drop table wallet; --",
    '%00',
    '../../etc/passwd',
    '${7*7}',
    '{{7*7}}',
  ],
  ...[
    'x'.repeat(5000),
    '漢'.repeat(300),
    '\u202eabc',
    '💥',
    '__proto__',
    'constructor',
    'acct_',
    'acct_' + 'z'.repeat(80),
    'ACCT_01',
    'acct_none',
    'proj_none',
    'batch_none',
  ],
  ...[
    'queue:',
    'machine:',
    'queue:*',
    ':',
    'storage:personal',
    { cpu: '1e9' },
    { cpu: -1 },
    { cpu: '10000000.1' },
    { '': '1' },
    { count: '0.00000000001' },
  ],
]
const RAW: { type: string; body: string | Buffer }[] = [
  ...['{', '', 'null', '"text"', '[]', '{"a":1}{', "{'a':1}", '\ufeff{}', DEEP].map((body) => ({
    type: 'application/json',
    body,
  })),
  { type: 'application/json', body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) },
  { type: 'application/json', body: `{"a":"${'x'.repeat(4_300_000)}"}` },
  ...[
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/jsonp',
  ].map((type) => ({ type, body: '{}' })),
  { type: 'application/json; charset=latin1', body: '{}' },
]
const HEADERS = [
  ...[
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    `Bearer corehour_staff_${'0'.repeat(50)}`,
    'Bearer ' + 'x'.repeat(9000),
  ].map((authorization) => ({ authorization })),
  ...['', 'x'.repeat(201), 'ключ', '\t'].map((key) => ({ 'idempotency-key': Buffer.from(key).toString('latin1') })),
  { 'accept-language': '*;q=banana' },
  { 'content-length': '5' },
]

test('whatever is sent to whatever route: a clear refusal or an answer, never a fault, and books that hold', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  // Signing out would end the attack on what only people may; the news of an account have no end.
  const left = new Set(['testClock.advance', 'sessions.endCurrent', 'accounts.events'])
  const found = listRoutes().filter(({ name }) => !left.has(name))
  const cookie = await signedIn(api, (await openPerson(api, 'Mallory')).userId)
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...found.map(({ name }) => name)),
      fc.nat(11),
      fc.array(
        fc.record({ field: fc.nat(), value: fc.constantFrom(...ODD), how: fc.constantFrom('replace', 'drop', 'add') }),
        {
          maxLength: 3,
        },
      ),
      rarely(fc.constantFrom(...HEADERS)),
      rarely(fc.constantFrom(...RAW)),
      async (name, n, changes, header, raw) => {
        const { route } = found.find((each) => each.name === name)!
        const scope = scopeOf(route, n)
        const status = await attack(
          api,
          name,
          route,
          route.people ? cookie : scope,
          changes,
          header ?? undefined,
          raw ?? undefined,
        )
        seen.set(status, (seen.get(status) ?? 0) + 1)
      },
    ),
    { seed: 20260101, numRuns: RUNS },
  )
  // It was neither all refused at the door nor all let in.
  for (const status of [200, 400, 401, 403, 404, 415, 413])
    assert.ok(seen.get(status), `${status} in ${JSON.stringify([...seen])}`)
})

/** One time in eight. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
}

/** Mostly a key that may call the route. */
function scopeOf(route: Route, n: number): string {
  if (n === 0) return 'none'
  return n < 3 || route.scopes.length === 0
    ? ['customer', 'platform', 'staff'][n % 3]!
    : route.scopes[n % route.scopes.length]!
}

type Change = { field: number; value: unknown; how: string }

async function attack(
  api: TestApi,
  name: string,
  route: Route,
  scope: string,
  changes: readonly Change[],
  header: object | undefined,
  raw: { type: string; body: string | Buffer } | undefined,
): Promise<number> {
  const { params, query, body } = changed(ours(route, api), changes)
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, each: string) =>
    encodeURIComponent(asText(params[each])).slice(0, 3000),
  )
  const pairs = Object.entries(query).map(([each, value]) => [each, asText(value)])
  const key = scope === 'none' ? undefined : api.keys[scope as 'staff']
  const session = { cookie: scope, 'sec-fetch-site': 'same-origin', 'x-corehour-client': 'console' }
  const payload = raw ? raw.body : body === undefined ? undefined : JSON.stringify(body)
  const response = await api.http.inject({
    method: route.method,
    url: `${path}?${new URLSearchParams(pairs as [string, string][])}`,
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(route.people && session),
      ...(route.method === 'POST' && { 'idempotency-key': `hostile-${serial++ % 900}` }),
      ...(payload !== undefined && { 'content-type': raw?.type ?? 'application/json' }),
      ...header,
    },
    ...(payload !== undefined && { payload }),
  })
  const { statusCode } = response
  assert.ok(statusCode < 500, `${name} answered ${statusCode}: ${response.body}`)
  if (statusCode >= 300) assertProblem(response.json(), statusCode)
  return statusCode
}

function assertProblem(problem: Record<string, unknown>, status: number): void {
  assert.equal(problem.status, status)
  assert.ok((problem.code as string) in refusals, String(problem.code))
  assert.match(String(problem.request_id), /^req_[0-9a-f]{32}$/)
  assert.doesNotMatch(JSON.stringify(problem), /node:|\.ts:|node_modules|\n\s+at |syntax error|relation "|\$\d/)
  assert.doesNotMatch(String(problem.detail), /undefined|\[object|\?\?/)
}

/** The example of a route, about things that are there; it does not wait for what nobody will ask (25 s a time otherwise). */
function ours(route: Route, { lab }: TestApi) {
  const replace = (text: string) =>
    text
      .replaceAll(/acct_01jz8w3v5x\w+/g, lab.accountId)
      .replaceAll(/user_01jz8w3v5x\w+/g, lab.userId)
      .replaceAll(/proj_01jz8w3v5x\w+/g, lab.projectId)
  const { params = {}, query: asked = {}, body } = route.example
  const query = 'wait_seconds' in asked ? { ...asked, wait_seconds: 0 } : asked
  return JSON.parse(replace(JSON.stringify({ params, query, body }))) as Parts
}

type Parts = { params: Record<string, unknown>; query: Record<string, unknown>; body?: unknown }

function changed(parts: Parts, changes: readonly Change[]): Parts {
  const places: { of: Record<string, unknown>; name: string }[] = []
  const visit = (of: unknown) => {
    if (typeof of !== 'object' || of === null) return
    for (const name of Object.keys(of)) {
      places.push({ of: of as Record<string, unknown>, name })
      visit((of as Record<string, unknown>)[name])
    }
  }
  visit(parts.params)
  visit(parts.query)
  visit(parts.body)
  for (const { field, value, how } of changes) {
    const place = places[field % Math.max(1, places.length)]
    if (!place) parts.query[`odd${field % 3}`] = value
    else if (how === 'replace' || place.of === parts.params) place.of[place.name] = value
    else if (how === 'drop') delete place.of[place.name]
    else place.of[`odd${field % 3}`] = value
  }
  return parts
}

function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.toWellFormed() || 'x'
}
