import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listRoutes, type Route } from '@corehour/contract'
import { SYSTEM, transact } from '../src/base/index.ts'
import { createUser } from '../src/identity/index.ts'
import { openTestApi, type Answer, type TestApi } from './api.ts'

const STORED = listRoutes().filter(({ route }) => route.idempotency === 'stored')

test('every route that stores its answer: the same key does it once, however often and however many at once', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  await makeReady(api)
  assert.ok(STORED.length >= 12)
  for (const { name, route } of STORED) {
    const request = requestOf(api, name, route)
    const send = (change: object = {}) => api.call(route.method, request.path, { ...request, ...change })
    const before = await countRows(api)
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()))
    const first = answers.find(({ headers }) => headers['idempotency-replayed'] === undefined)!
    assert.equal(answers.filter((each) => each !== first && isReplay(each)).length, 19, `${name} was done once`)
    for (const each of answers) {
      assert.equal(each.status, route.status, `${name}: ${JSON.stringify(each.body)}`)
      if (each !== first) assert.deepEqual(each.body, withoutOnce(route, first.body), name)
    }
    const after = await countRows(api)
    const grown = Object.entries(after).filter(([table, count]) => count - (before[table] ?? 0) > 4)
    assert.deepEqual(grown, [], `${name} wrote as much as one request does`)

    const again = await send()
    assert.ok(isReplay(again), name)
    assert.deepEqual(await countRows(api), after, `${name}: nothing more is written`)

    if (request.body) {
      const other = await send({ body: otherBody(request.body) })
      assert.deepEqual([other.status, other.body.code], [409, 'key_reused'], name)
    }
    const nameless = await api.http.inject({
      method: route.method,
      url: request.path,
      headers: { authorization: `Bearer ${request.key}`, ...(request.body && { 'content-type': 'application/json' }) },
      ...(request.body && { payload: JSON.stringify(request.body) }),
    })
    assert.deepEqual([nameless.statusCode, nameless.json().code], [400, 'idempotency_key_required'], name)
  }
})

test('the same key of another caller is another key', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const body = { sku: 'queue:cpu', quantity: { cpu: '1' }, account_id: api.lab.accountId }
  const [one, two] = await Promise.all(
    [api.keys.platform, api.keys.staff].map((key) =>
      api.call('POST', '/v1/quotes', { key, body, idempotencyKey: 'same' }),
    ),
  )
  assert.notEqual(one!.body.quote_id, two!.body.quote_id)
})

test('a refusal is not kept: the same request succeeds when its reason has passed', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const userId = 'user_later'
  const send = () =>
    api.call('POST', '/v1/projects', {
      key: api.keys.staff,
      body: { name: 'Later', creator: userId },
      idempotencyKey: 'later',
    })
  assert.equal((await send()).body.code, 'unknown_user')
  await transact(api.app, SYSTEM, (tx) => createUser(tx, { accountId: api.lab.accountId, userId, name: 'Later' }))
  assert.equal((await send()).status, 201)
})

function isReplay({ headers }: Answer): boolean {
  return headers['idempotency-replayed'] === 'true'
}

function withoutOnce({ shownOnce = [] }: Route, body: object): object {
  return { ...body, ...Object.fromEntries(shownOnce.map((field) => [field, null])) }
}

const GUEST = 'user_guest'

async function makeReady(api: TestApi): Promise<void> {
  await transact(api.app, SYSTEM, (tx) =>
    createUser(tx, { accountId: api.lab.accountId, userId: GUEST, name: 'Guest', email: 'charles@example.org' }),
  )
}

/** The example of a route, about what is there. */
function requestOf(api: TestApi, name: string, route: Route) {
  const { lab, keys, clock } = api
  const replace = (text: string) =>
    text
      .replaceAll(/acct_01jz8w3v5x\w+/g, lab.accountId)
      .replaceAll(/user_01jz8w3v5x\w+/g, lab.userId)
      .replaceAll(/proj_01jz8w3v5x\w+/g, lab.projectId)
      .replaceAll('2026-01-01T00:00:00Z', clock.now().add({ seconds: 60 }).toString())
  const { params = {}, body } = JSON.parse(replace(JSON.stringify(route.example))) as {
    params?: Record<string, string>
    body?: any
  }
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, each: string) => params[each]!)
  // A platform and staff name whose project it is.
  if (name === 'projects.create') body.creator = lab.userId
  if (name === 'quotes.create' || name === 'exports.create') body.account_id = lab.accountId
  return {
    path,
    key: keys[route.scopes.includes('staff') ? 'staff' : 'platform'],
    idempotencyKey: name,
    ...(body && { body }),
  }
}

function otherBody(body: Record<string, unknown>): unknown {
  const [field, value] = Object.entries(body).find(([, each]) => typeof each === 'string')!
  if (field === 'currency') return { ...body, effective_at: '2030-01-01T00:00:00Z' }
  if (field === 'format') return { ...body, format: 'jsonl' }
  const others: Record<string, unknown> = {
    amount: '99.00',
    name: `${value} too`,
    reason: 'another',
    email: 'ada@example.net',
    sku: 'queue:other',
  }
  if (field === 'project') return { project: 'proj_other' }
  return { ...body, [field]: others[field] }
}

async function countRows({ app }: TestApi): Promise<Record<string, number>> {
  const { rows } = await app.database.pool.query(
    `select relname, (xpath('/row/c/text()', query_to_xml('select count(*) as c from ' || quote_ident(relname), false, true, '')))[1]::text::int as count
      from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition`,
  )
  return Object.fromEntries(rows.map(({ relname, count }) => [relname, count]))
}
