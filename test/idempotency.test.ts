import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { listRoutes, type Route } from '@corehour/contract'
import type { FastifyInstance } from 'fastify'
import { derivedId, query, SYSTEM, transact } from '../src/base/index.ts'
import { createUser } from '../src/identity/index.ts'
import { hear } from '../src/payments/index.ts'
import { serveCuttable } from './cuttable.ts'
import { send } from './lab.ts'
import { openTestApi, type Answer, type TestApi } from './api.ts'
import { paymentFor } from './paper.ts'

const STORED = listRoutes().filter(({ route }) => route.idempotency === 'stored')

test('every route that stores its answer: the same key does it once, however often and however many at once', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  await makeReady(api)
  assert.ok(STORED.length >= 12)
  for (const { name, route } of STORED) {
    const request = requestOf(api, name, route)
    const send = (change: object = {}, path = request.path) => api.call(route.method, path, { ...request, ...change })
    const before = await countRows(api)
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()))
    const first = answers.find(({ headers }) => headers['idempotency-replayed'] === undefined)!
    assert.equal(answers.filter((each) => each !== first && isReplay(each)).length, 19, `${name} was done once`)
    for (const each of answers) {
      assert.equal(each.status, route.status, `${name}: ${JSON.stringify(each.body)}`)
      if (each !== first) assert.equal(JSON.stringify(each.body), withoutOnce(route, first.body), name)
    }
    const [after, books] = [await countRows(api), await readAll(api)]
    const grown = Object.entries(after).filter(([table, count]) => count - (before[table] ?? 0) > 4)
    assert.deepEqual(grown, [], `${name} wrote as much as one request does`)

    const again = await send()
    assert.ok(isReplay(again), name)
    assert.equal(JSON.stringify(again.body), withoutOnce(route, first.body), name)
    assert.deepEqual(await readAll(api), books, `${name}: nothing more is written`)

    if (request.body) {
      const other = await send({ body: otherBody(request.body) })
      assert.deepEqual([other.status, other.body.code], [409, 'key_reused'], name)
    }
    if (Object.keys(route.params?.properties ?? {}).length > 0) {
      const elsewhere = await send({}, request.path.replace(/_\w+/, '_other'))
      assert.deepEqual([elsewhere.status, elsewhere.body.code], [409, 'key_reused'], name)
    }
    const nameless = await api.http.inject({
      method: route.method,
      url: request.path,
      headers: { authorization: `Bearer ${request.key}`, ...(request.body && { 'content-type': 'application/json' }) },
      ...(request.body && { payload: JSON.stringify(request.body) }),
    })
    assert.deepEqual([nameless.statusCode, nameless.json().code], [400, 'idempotency_key_required'], name)
    // What staff were refused is written down; nothing else has changed.
    assert.deepEqual({ ...(await readAll(api)), staff_action: '' }, { ...books, staff_action: '' }, name)
  }
})

for (const when of ['before', 'after'] as const) {
  test(`connections cut ${when} every commit, until the server gives up: the same key again, and it is done once`, async (t) => {
    const expected = await growth(t, async (api) => {
      for (const request of requestsOf(api)) assert.equal((await sendTo(api.http, request)).status, request.status)
    })
    const found = await growth(t, async (api) => {
      const { http, proxy, close } = await serveCuttable(t, api)
      try {
        const requests = requestsOf(api)
        const before = await countRows(api)
        proxy.cut(when, Infinity)
        const lost = await Promise.all(requests.map((each) => sendTo(http, each)))
        proxy.cut(when, 0)
        for (const [i, { status, text }] of lost.entries()) assert.equal(status, 503, `${requests[i]!.name}: ${text}`)
        const answers = (await countRows(api)).idempotency_key! - before.idempotency_key!
        assert.equal(answers, when === 'before' ? 0 : requests.length)
        for (const request of requests) {
          const done = await sendTo(http, request)
          assert.deepEqual(
            [done.status, done.replayed],
            [request.status, when === 'after'],
            `${request.name}: ${done.text}`,
          )
          const again = await sendTo(http, request)
          assert.ok(again.replayed, request.name)
          if (!request.shownOnce) assert.equal(again.text, done.text, request.name)
        }
      } finally {
        await close()
      }
    })
    assert.deepEqual(found, expected)
  })
}

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

function withoutOnce({ shownOnce = [] }: Route, body: object): string {
  return JSON.stringify({ ...body, ...Object.fromEntries(shownOnce.map((field) => [field, null])) })
}

/** By how many rows each table grows while something is done on fresh books. */
async function growth(t: TestContext, work: (api: TestApi) => Promise<void>): Promise<Record<string, number>> {
  const api = await openTestApi()
  t.after(() => api.close())
  await makeReady(api)
  const before = await countRows(api)
  await work(api)
  const after = await countRows(api)
  return Object.fromEntries(Object.entries(after).map(([table, rows]) => [table, rows - before[table]!]))
}

/** One request for each route that stores its answer. */
function requestsOf(api: TestApi) {
  return STORED.map(({ name, route }) => {
    const { method, status, shownOnce } = route
    return { name, method, status, shownOnce, ...requestOf(api, name, route) }
  })
}

async function sendTo(http: FastifyInstance, request: ReturnType<typeof requestsOf>[number]) {
  const { statusCode, body, headers } = await http.inject({
    method: request.method,
    url: request.path,
    headers: {
      authorization: `Bearer ${request.key}`,
      'idempotency-key': request.idempotencyKey,
      ...(request.body && { 'content-type': 'application/json' }),
    },
    ...(request.body && { payload: JSON.stringify(request.body) }),
  })
  return { status: statusCode, text: body, replayed: headers['idempotency-replayed'] === 'true' }
}

const GUEST = 'user_guest'
/** A payment of an order that is nobody's. */
const STRAY = 'stray'

async function makeReady(api: TestApi): Promise<void> {
  await transact(api.app, SYSTEM, (tx) =>
    createUser(tx, { accountId: api.lab.accountId, userId: GUEST, name: 'Guest', email: 'charles@example.org' }),
  )
  const alipay = api.till.gateways.get('alipay')!
  const payment = paymentFor(alipay, 'order_of_nobody', { currency: 'CNY', minor: 15_000n }, { paymentId: STRAY })
  assert.deepEqual(await hear(api.app, api.till, [{ channel: 'alipay', payment, foundBy: 'notice' }]), ['disputed'])
  await makeNodes(api)
  const body = { amount: '1', count: 1, valid_days: 1 }
  const { status } = await api.call('POST', '/v1/card-batches', { key: api.keys.staff, body })
  assert.equal(status, 201)
  await query(api.app.database.pool, {
    text: "update card_code set batch_id = 'batch_01jz8w3v5x0000000000000011'",
  })
  await query(api.app.database.pool, {
    text: "update card_batch set batch_id = 'batch_01jz8w3v5x0000000000000011'",
  })
}

/** What is asked of the first node is taken, of the second refused: at once, and either may be first. A stop of the third will be asked. */
const TO_TAKE = 'cmd_01jz8w3v5x000000000000000c'
const TO_REFUSE = 'cmd_01jz8w3v5x000000000000000r'

async function makeNodes({ app, call, clock, keys, lab }: TestApi): Promise<void> {
  const { accountId, projectId, userId } = lab
  for (const node of ['node-1', 'node-2', 'node-3']) {
    const started = { project: projectId, user: userId, kind: 'node', sku: 'machine:c2_m4_cpu' }
    await send(app, node, 'started', clock.now().toString(), started)
  }
  const { body } = await call('GET', '/v1/spans', { key: keys.staff, query: { account_id: accountId, running: true } })
  const [first, second, third] = body.data
  for (const [span, id] of [
    [first, TO_TAKE],
    [second, TO_REFUSE],
  ]) {
    const path = `/v1/spans/${span.span_id}/commands`
    const asked = await call('POST', path, { key: keys.staff, body: { action: 'stop', account_id: accountId } })
    assert.equal(asked.status, 201, JSON.stringify(asked.body))
    const text = 'update command set command_id = $1 where command_id = $2'
    await query(app.database.pool, { text }, [id, asked.body.command_id])
  }
  const other = "update usage_span set span_id = 'span_01jz8w3v5x0000000000000008' where span_id = $1"
  await query(app.database.pool, { text: other }, [third.span_id])
}

/** The example of a route, about what is there. */
function requestOf(api: TestApi, name: string, route: Route) {
  const { lab, keys, clock } = api
  const replace = (text: string) =>
    text
      .replaceAll(/acct_01jz8w3v5x\w+/g, lab.accountId)
      .replaceAll(/user_01jz8w3v5x\w+/g, lab.userId)
      .replaceAll(/proj_01jz8w3v5x\w+/g, lab.projectId)
      .replaceAll(/disp_01jz8w3v5x\w+/g, derivedId('disp', 'alipay', 'payment', STRAY))
      .replaceAll('2026-01-01T00:00:00Z', clock.now().add({ seconds: 60 }).toString())
  const { params = {}, body } = JSON.parse(replace(JSON.stringify(route.example))) as {
    params?: Record<string, string>
    body?: any
  }
  if (name === 'commands.refuse') params.command_id = TO_REFUSE
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, each: string) => params[each]!)
  // A platform and staff name whose project it is.
  if (name === 'projects.create') body.creator = lab.userId
  if (['quotes.create', 'exports.create', 'disputes.settle', 'commands.ask'].includes(name))
    body.account_id = lab.accountId
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
    action: 'delete',
    note: 'another',
    amount: '99.00',
    decision: 'reject',
    name: `${value} too`,
    reason: 'another',
    email: 'ada@example.net',
    sku: 'queue:other',
  }
  if (field === 'project') return { project: 'proj_other' }
  return { ...body, [field]: others[field] }
}

async function countRows(api: TestApi): Promise<Record<string, number>> {
  const rows = Object.entries(await readTables(api, 'count(*)'))
  return Object.fromEntries(rows.map(([table, count]) => [table, Number(count)]))
}

/** All that is written, table by table; but for the last use of keys, which is noted now and then. */
function readAll(api: TestApi): Promise<Record<string, string>> {
  return readTables(api, "string_agg((to_jsonb(t) - 'last_used_at')::text, E'\\n' order by to_jsonb(t)::text)")
}

async function readTables({ app }: TestApi, what: string): Promise<Record<string, string>> {
  const tables = await query<{ name: string }>(app.database.pool, {
    text: `select relname as name from pg_class
      where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition order by 1`,
  })
  const found: [string, string][] = []
  for (const { name } of tables) {
    const [row] = await query(app.database.pool, { text: `select (${what})::text as found from ${name} t` })
    found.push([name, row!.found ?? ''])
  }
  return Object.fromEntries(found)
}
