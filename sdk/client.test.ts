import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as later } from 'node:timers/promises'
import { listRoutes } from '@corehour/contract'
import {
  createClient,
  CorehourError,
  ExportFailed,
  Unreachable,
  UnreadableAnswer,
  type ClientSettings,
} from './index.ts'
import { cut, cutInside, example, html, json, openPeer, problem, silent, type Deed } from './peer.fixture.ts'

const ME = example('me.get')
const CREDIT = { account_id: 'acct_1', amount: '5.00', channel: 'transfer', payment_id: 'p1' }

async function open(t: TestContext, deeds: Deed[], settings: Partial<ClientSettings> = {}) {
  const peer = await openPeer(...deeds)
  t.after(() => peer.close())
  return { ...peer, client: createClient({ url: peer.url, key: 'corehour_staff_x', ...settings }) }
}

test('one flat object goes where the contract says: path, query, body', async (t) => {
  const { client, seen } = await open(
    t,
    ['accounts.credit', 'bills.lines', 'spans.list', 'projects.removeMember', 'accounts.unblock'].map((name) =>
      json(example(name)),
    ),
    { language: 'zh' },
  )
  await client.accounts.credit({ ...CREDIT, account_id: 'acct_a/b', note: undefined })
  await client.bills.lines({ kind: ['job', 'node'], from: '2026-01-01', account_id: undefined })
  await client.spans.list({ running: true, limit: 2 })
  await client.projects.removeMember({ project_id: 'proj_1', user_id: 'user_2' })
  await client.accounts.unblock({ account_id: 'acct_1' })
  assert.deepEqual(
    seen.map(({ method, url, body }) => [method, url, body]),
    [
      ['POST', '/v1/accounts/acct_a%2Fb/credits', '{"amount":"5.00","channel":"transfer","payment_id":"p1"}'],
      ['GET', '/v1/bill-lines?from=2026-01-01&kind=job&kind=node', ''],
      ['GET', '/v1/spans?running=true&limit=2', ''],
      ['DELETE', '/v1/projects/proj_1/members/user_2', ''],
      ['POST', '/v1/accounts/acct_1/unblock', ''],
    ],
  )
  const [credit, lines] = seen.map(({ headers }) => headers)
  assert.equal(credit!.authorization, 'Bearer corehour_staff_x')
  assert.equal(credit!['accept-language'], 'zh')
  assert.equal(credit!['x-corehour-client'], 'sdk/0.1.0')
  assert.equal(credit!['content-type'], 'application/json')
  assert.match(String(credit!['idempotency-key']), /^[0-9a-f]{32}$/)
  assert.deepEqual([lines!['idempotency-key'], lines!['content-type']], [undefined, undefined])
})

test('usage events are a field, one or a list', async (t) => {
  const { client, seen } = await open(t, [json({ results: [] })])
  const event = {
    ...{ specversion: '1.0' as const, source: 'lab', id: 'e1', type: 'corehour.usage.stopped' as const },
    ...{ subject: 'job-1', time: '2026-01-01T00:00:00Z', data: {} },
  }
  await client.usage.send({ events: [event] })
  await client.usage.send({ events: event })
  assert.deepEqual(
    seen.map(({ body }) => JSON.parse(body)),
    [[event], event],
  )
})

test('what a caller without types gets wrong is told before anything is sent', async (t) => {
  const { client, seen } = await open(t, [json({})])
  const wrong = client as unknown as Record<string, Record<string, (input?: unknown) => Promise<unknown>>>
  await assert.rejects(wrong.accounts!.get!({}), { name: 'TypeError', message: 'accounts.get needs account_id' })
  await assert.rejects(wrong.accounts!.get!({ account_id: '..' }), TypeError)
  await assert.rejects(wrong.accounts!.get!({ account_id: 'acct_1', acount: 1 }), /takes no field acount/)
  await assert.rejects(wrong.usage!.send!([]), /usage\.send takes events/)
  await assert.rejects(client.me.get(undefined, { signal: AbortSignal.abort(new Error('no')) }), /^Error: no$/)
  assert.equal(seen.length, 0)
  for (const url of ['', 'ftp://x', 'http://a@b', 'http://x/?a'])
    assert.throws(() => createClient({ url }), TypeError, url)
  for (const key of ['', 'a b', 'schlüssel', 'corehour\n'])
    assert.throws(() => createClient({ url: 'http://x', key }), /key/)
})

test('every route of the contract is a method, and every whole body is usage events', () => {
  const client = createClient({ url: 'http://127.0.0.1' }) as unknown as Record<string, Record<string, unknown>>
  for (const { name, route } of listRoutes()) {
    const [noun, verb] = name.split('.') as [string, string]
    assert.equal(typeof client[noun]![verb], 'function', name)
    assert.equal('body' in route && !('properties' in route.body!), route.judgedByItem === true, name)
  }
})

test('a path before /v1 is kept', async (t) => {
  const peer = await openPeer(json(ME))
  t.after(() => peer.close())
  await createClient({ url: `${peer.url}/billing/` }).me.get()
  assert.equal(peer.seen[0]!.url, '/billing/v1/me')
})

test('what fails on the way is sent again, with the same idempotency key', async (t) => {
  const deeds = [
    cut,
    cutInside,
    problem(503, 'unavailable', { 'retry-after': '0' }),
    html(502),
    json(example('accounts.credit')),
  ]
  const { client, seen } = await open(t, deeds)
  assert.deepEqual(await client.accounts.credit(CREDIT), example('accounts.credit'))
  assert.equal(seen.length, 5)
  assert.equal(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size, 1)
  await client.accounts.credit(CREDIT, { idempotencyKey: 'mine' })
  assert.equal(seen[5]!.headers['idempotency-key'], 'mine')
})

test('what is refused is not sent again', async (t) => {
  const refusal = problem(402, 'insufficient_balance', {}, { param: 'amount' })
  const { client, seen } = await open(t, [refusal])
  await assert.rejects(client.accounts.credit(CREDIT), (error: CorehourError) => {
    assert.ok(error instanceof CorehourError)
    assert.deepEqual(
      [error.status, error.code, error.param, error.requestId, error.detail, error.message],
      [402, 'insufficient_balance', 'amount', 'req_1', 'It is insufficient_balance.', 'It is insufficient_balance.'],
    )
    assert.equal(error.idempotencyKey, seen[0]!.headers['idempotency-key'])
    return true
  })
  assert.equal(seen.length, 1)
})

test('Retry-After is honoured, in seconds and as a date by the clock of the answer', async (t) => {
  const date = { date: 'Wed, 21 Oct 2099 07:28:00 GMT', 'retry-after': 'Wed, 21 Oct 2099 07:28:01 GMT' }
  for (const headers of [{ 'retry-after': '1' }, date]) {
    const { client, seen } = await open(t, [problem(429, 'rate_limited', headers), json(ME)])
    const started = performance.now()
    await client.me.get()
    const took = performance.now() - started
    assert.ok(took >= 995 && took < 1600, `${took} ms`)
    assert.equal(seen.length, 2)
  }
})

test('a server that asks for more than a minute is not waited for', async (t) => {
  const { client, seen } = await open(t, [problem(429, 'rate_limited', { 'retry-after': '3600' })])
  await assert.rejects(client.me.get(), { code: 'rate_limited', retryAfter: 3600 })
  assert.equal(seen.length, 1)
})

test('tries end; a signal ends the wait between them', async (t) => {
  const { client, seen } = await open(t, [problem(500, 'internal')], { retries: 2 })
  await assert.rejects(client.me.get(), { name: 'CorehourError', status: 500, code: 'internal' })
  assert.equal(seen.length, 3)
  const stop = new AbortController()
  const slow = await open(t, [problem(503, 'busy', { 'retry-after': '50' })])
  const call = slow.client.me.get({}, { signal: stop.signal })
  await later(100)
  stop.abort(new Error('enough'))
  await assert.rejects(call, /^Error: enough$/)
})

test('moving the test clock by seconds is not sent again when it may have moved', async (t) => {
  const { client, seen } = await open(t, [cut])
  await assert.rejects(client.testClock.advance({ seconds: 300 }), Unreachable)
  assert.equal(seen.length, 1)
  const busy = await open(t, [problem(503, 'busy', { 'retry-after': '0' }), json({ now: '2026-01-01T00:05:00Z' })])
  await busy.client.testClock.advance({ seconds: 300 })
  assert.equal(busy.seen.length, 2)
})

test('no answer: why, and the key with which to ask again', async (t) => {
  const slow = await open(t, [silent], { retries: 1 })
  await assert.rejects(slow.client.accounts.credit(CREDIT, { timeout: 500 }), (error: Unreachable) => {
    assert.deepEqual([error.name, error.reason], ['Unreachable', 'timeout'])
    assert.equal(error.message, `${slow.url} did not answer within 0.5 s`)
    assert.equal(error.idempotencyKey, slow.seen[1]!.headers['idempotency-key'])
    return true
  })
  const down = createClient({ url: 'http://127.0.0.1:1', retries: 0 })
  await assert.rejects(down.me.get(), { reason: 'network', message: /can't be reached: .*(ECONNREFUSED|bad port)/ })
  const wrong = await open(t, [html(200)])
  await assert.rejects(wrong.client.me.get(), { reason: 'not_corehour', status: 200, message: /200 with text\/html/ })
  assert.equal(wrong.seen.length, 1)
  const away = await open(t, [html(301, { location: 'https://elsewhere.example' })])
  await assert.rejects(away.client.me.get(), /301 with a redirect to https:\/\/elsewhere\.example/)
})

test('lists are read to their end, a page at a time, and no further than is asked', async (t) => {
  const page = (seqs: number[], next_cursor: string | null): Deed => {
    const [posting] = example('accounts.postings').data as object[]
    return json({ data: seqs.map((seq) => ({ ...posting, seq })), has_more: next_cursor !== null, next_cursor })
  }
  const pages = [page([1, 2], 'c1'), page([3], 'c2'), page([], null)]
  const { client, seen } = await open(t, pages)
  const rows: number[] = []
  for await (const { seq } of client.accounts.postings.each({ account_id: 'acct_1', limit: 2 })) rows.push(seq)
  assert.deepEqual(rows, [1, 2, 3])
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['', '&cursor=c1', '&cursor=c2'].map((cursor) => `/v1/accounts/acct_1/postings?limit=2${cursor}`),
  )
  const early = await open(t, pages)
  for await (const row of early.client.accounts.postings.each({ account_id: 'acct_1' })) if (row) break
  assert.equal(early.seen.length, 1)
  const whole = await open(t, pages)
  const sizes: number[] = []
  for await (const page of whole.client.accounts.postings.pages({ account_id: 'acct_1' })) sizes.push(page.data.length)
  assert.deepEqual(sizes, [2, 1, 0])
})

test('an export is followed until it is done, and its file comes without the key', async (t) => {
  const job = (state: string, url: string | null) => json({ ...example('exports.get'), export_id: 'exp_1', state, url })
  const file: Deed = (response) => void response.writeHead(200, { 'content-type': 'text/csv' }).end('a,b\n')
  const done = job('done', '/v1/exports/exp_1/file?signature=x')
  const { client, seen } = await open(t, [job('queued', null), job('running', null), done, done, file])
  const states: string[] = []
  await client.exports.wait({ export_id: 'exp_1' }, { onProgress: ({ state }) => void states.push(state) })
  assert.deepEqual(states, ['queued', 'running', 'done'])
  const stream = await client.exports.download({ export_id: 'exp_1' })
  assert.equal(await new Response(stream).text(), 'a,b\n')
  assert.deepEqual([seen[4]!.url, seen[4]!.headers.authorization], ['/v1/exports/exp_1/file?signature=x', undefined])
  const failed = await open(t, [job('failed', null)])
  await assert.rejects(failed.client.exports.wait({ export_id: 'exp_1' }), ExportFailed)
  await assert.rejects(failed.client.exports.download({ export_id: 'exp_1' }), ExportFailed)
})

test('a newer server may know more: other fields, other words, other ends; nothing of it stands in the way', async (t) => {
  const me = { ...ME, scope: 'auditor', realm: { name: 'north' } }
  const ended = { ...example('exports.get'), state: 'cancelled' }
  const { client } = await open(t, [json(me), json(ended), problem(402, 'credit_line_closed')])
  assert.deepEqual(await client.me.get(), me)
  await assert.rejects(client.exports.wait({ export_id: 'exp_1' }), /is cancelled/)
  await assert.rejects(client.me.get(), { name: 'CorehourError', code: 'credit_line_closed' })
})

test('an answer that lacks what the contract promises is told by the field', async (t) => {
  const { balance, ...account } = example('accounts.get') as { balance: Record<string, unknown> }
  const { held: _, ...rest } = balance
  const { client } = await open(t, [
    json({ ...account, balance: rest }),
    json({ ...account, balance, blocked: { at: '2026-01-01T00:00:00Z' } }),
    json([]),
    json({ ...example('accounts.postings'), data: [{ seq: 1 }] }),
  ])
  const get = () => client.accounts.get({ account_id: 'acct_1' })
  await assert.rejects(get(), (error: UnreadableAnswer) => {
    assert.ok(error instanceof UnreadableAnswer)
    assert.match(error.message, /^GET \/v1\/accounts\/\{account_id\} was answered without balance\.held: /)
    return true
  })
  await assert.rejects(get(), { field: 'blocked.reason' })
  await assert.rejects(get(), { field: 'account_id' })
  await assert.rejects(client.accounts.postings({ account_id: 'acct_1' }), { field: /^data\./ })
})

test("the client's own signal ends every call and every wait", async (t) => {
  const stop = new AbortController()
  const running = json({ ...example('exports.get'), state: 'running' })
  const { client } = await open(t, [running, silent], { signal: stop.signal })
  const waited = client.exports.wait({ export_id: 'exp_1' })
  const called = client.me.get({}, { signal: new AbortController().signal })
  await later(50)
  stop.abort(new Error('enough'))
  await assert.rejects(waited, /^Error: enough$/)
  await assert.rejects(called, /^Error: enough$/)
  await assert.rejects(client.me.get(), /^Error: enough$/)
})

test('a slow file is not cut by the timeout of its beginning', async (t) => {
  const slow: Deed = (response) => {
    response.writeHead(200, { 'content-type': 'text/csv' }).write('a')
    setTimeout(() => response.end('b'), 1500)
  }
  const done = json({ ...example('exports.get'), state: 'done', url: '/file' })
  const { client } = await open(t, [done, slow])
  const stream = await client.exports.download({ export_id: 'exp_1' }, { timeout: 1000 })
  assert.equal(await new Response(stream).text(), 'ab')
  const late = createClient({ url: (await open(t, [done, silent])).url, retries: 0 })
  await assert.rejects(late.exports.download({ export_id: 'exp_1' }, { timeout: 1000 }), { reason: 'timeout' })
})
