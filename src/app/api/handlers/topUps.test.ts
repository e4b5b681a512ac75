import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { CPUS, openPayer, pass, send, YUAN } from '../../../../test/lab.ts'
import { doDue, noticeOf, paymentFor, refuseAll, tell, unreachable } from '../../../../test/paper.ts'
import { SYSTEM, transact } from '../../../base/index.ts'
import { createKey } from '../../../identity/index.ts'
import type { Channel } from '../../../payments/index.ts'
import { openAccount } from '../../../wallet/index.ts'

async function open(t: TestContext): Promise<TestApi> {
  const api = await openTestApi()
  t.after(() => api.close())
  return api
}

function order(api: TestApi, body: object = {}, request: object = {}) {
  const asked = { amount: '200', channel: 'alipay', ...body }
  return api.call('POST', '/v1/top-up-orders', { key: api.keys.customer, body: asked, ...request })
}

async function orderId(api: TestApi, body: object = {}): Promise<string> {
  const { status, body: made } = await order(api, body)
  assert.equal(status, 201, JSON.stringify(made))
  return made.order_id
}

const get = async (api: TestApi, id: string) =>
  (await api.call('GET', `/v1/top-up-orders/${id}`, { key: api.keys.customer })).body

function pays(api: TestApi, channel: Channel, id: string, minor: bigint, change: object = {}) {
  const paper = api.till.gateways.get(channel)!
  return noticeOf({ kind: 'payment', payment: paymentFor(paper, id, { currency: paper.currency, minor }, change) })
}

test('an order holds what its gateway gave, and is paid by a notice', async (t) => {
  const api = await open(t)
  const { body: made } = await order(api)
  assert.deepEqual(
    [made.state, made.qr, made.approve_url, made.charged],
    ['awaiting', `paper:${made.order_id}`, null, { currency: 'CNY', amount: '200.00' }],
  )
  assert.match(made.order_id, /^[0-9a-z_]{32}$/)
  assert.equal(made.expires_at, '2026-01-01T00:30:00Z')
  const answer = await tell(api, 'alipay', pays(api, 'alipay', made.order_id, 20_000n))
  assert.deepEqual([answer.status, answer.body, answer.headers['content-type']], [200, 'alipay thanks', 'text/plain'])
  const paid = await get(api, made.order_id)
  assert.deepEqual(
    [paid.state, paid.qr, paid.credited.amount, paid.paid_at],
    ['paid', null, '200.00000000', '2026-01-01T00:00:30Z'],
  )
  const { body } = await api.call('GET', '/v1/payments', { key: api.keys.customer })
  const [payment] = body.data
  assert.deepEqual([payment.order_id, payment.found_by, payment.flag], [made.order_id, 'notice', null])
  const lots = await api.call('GET', `/v1/accounts/${api.lab.accountId}/lots`, { key: api.keys.customer })
  assert.deepEqual(
    lots.body.data.map((lot: any) => [lot.lot_id, lot.amount.grains]),
    [[payment.lot_id, `${200n * YUAN}`]],
  )
})

test('PayPal charges another currency by a quote that stands on the order, and the yuan quoted are credited', async (t) => {
  const api = await open(t)
  const { body: made } = await order(api, { channel: 'paypal' })
  assert.deepEqual(made.charged, { currency: 'USD', amount: '28.75' })
  assert.deepEqual(made.exchange, { rate: '7.10', margin: '0.02', source: 'test' })
  assert.deepEqual([made.qr, made.approve_url], [null, `https://paper.example/${made.order_id}`])
  // The rate moves; the order's does not.
  Object.assign(api.till, { exchange: { rate: '1', margin: '0', source: 'test' } })
  await tell(api, 'paypal', pays(api, 'paypal', made.order_id, 2875n, { fee: { currency: 'USD', minor: 157n } }))
  assert.deepEqual((await get(api, made.order_id)).credited.amount, '200.00000000')
  const [payment] = (await api.call('GET', '/v1/payments', { key: api.keys.staff })).body.data
  assert.deepEqual([payment.paid.amount, payment.fee.amount, payment.net.amount], ['28.75', '1.57', '27.18'])
})

test('the same key is the same order, however many ask at once; with other content it is refused', async (t) => {
  const api = await open(t)
  const answers = await Promise.all(Array.from({ length: 10 }, () => order(api, {}, { idempotencyKey: 'one' })))
  assert.deepEqual(new Set(answers.map(({ status, body }) => `${status} ${body.order_id}`)).size, 1)
  for (const other of [{ amount: '201' }, { channel: 'wechat' }]) {
    const { status, body } = await order(api, other, { idempotencyKey: 'one' })
    assert.deepEqual([status, body.code], [409, 'key_reused'])
  }
  const another = await openPayer(api.app, 'Another')
  const byStaff = (account_id: string) => order(api, { account_id }, { key: api.keys.staff, idempotencyKey: 'two' })
  assert.equal((await byStaff(api.lab.accountId)).status, 201)
  assert.equal((await byStaff(another.accountId)).body.code, 'key_reused')
  assert.equal((await byStaff(api.lab.accountId)).status, 201)
  const unnamed = await api.http.inject({
    method: 'POST',
    url: '/v1/top-up-orders',
    headers: { authorization: `Bearer ${api.keys.customer}`, 'content-type': 'application/json' },
    payload: JSON.stringify({ amount: '200', channel: 'alipay' }),
  })
  assert.equal(unnamed.json().code, 'idempotency_key_required')
  // Limits that were changed since don't change what was ordered.
  Object.assign(api.till, { most: 1n * YUAN })
  assert.equal((await order(api, {}, { idempotencyKey: 'one' })).status, 201)
})

test('amounts have whole cents and bounds, and above the most it says how to transfer', async (t) => {
  const api = await open(t)
  for (const [amount, status, code] of [
    ['0.99', 422, 'topup_too_small'],
    ['0', 422, 'bad_amount'],
    ['20000.01', 422, 'topup_too_large'],
    ['999999999999', 422, 'amount_too_large'],
    ['12.345', 400, 'bad_request'],
    ['1e3', 400, 'bad_request'],
    ['-5', 400, 'bad_request'],
  ] as const) {
    const answer = await order(api, { amount })
    assert.deepEqual([answer.status, answer.body.code], [status, code], amount)
  }
  const zh = await order(api, { amount: '20000.01' }, { headers: { 'accept-language': 'zh' } })
  assert.match(zh.body.detail, /20000\.00.*客服.*sales@example\.org/)
  assert.match((await order(api, { amount: '20000.01' })).body.detail, /at most 20000\.00.*sales@example\.org/)
  for (const amount of ['1', '20000']) assert.equal((await order(api, { amount })).status, 201)
  assert.equal((await order(api, { channel: 'cash' })).status, 400)
  api.till.gateways.delete('wechat')
  const closed = await order(api, { channel: 'wechat' })
  assert.deepEqual([closed.status, closed.body.code], [409, 'channel_closed'])
  assert.match(closed.body.detail, /open are: alipay, paypal/)
})

test('an account of another currency pays where that is charged, and nowhere else', async (t) => {
  const api = await open(t)
  const { accountId } = await transact(api.app, SYSTEM, (tx) =>
    openAccount(tx, { accountId: 'acct_dollars', name: 'Dollars', currency: 'USD' }),
  )
  const byStaff = (channel: string) => order(api, { account_id: accountId, channel }, { key: api.keys.staff })
  assert.equal((await byStaff('alipay')).body.code, 'wrong_currency')
  const { body } = await byStaff('paypal')
  assert.deepEqual(
    [body.charged, body.exchange, body.amount.currency],
    [{ currency: 'USD', amount: '200.00' }, null, 'USD'],
  )
  await tell(api, 'paypal', pays(api, 'paypal', body.order_id, 20_000n))
  const { body: paid } = await api.call('GET', `/v1/top-up-orders/${body.order_id}`, { key: api.keys.staff })
  assert.equal(paid.credited.grains, `${200n * YUAN}`)
  assert.equal((await order(api, { account_id: 'acct_nobody' }, { key: api.keys.staff })).body.code, 'unknown_account')
})

test('twenty orders of an account may wait, and no more', async (t) => {
  const api = await open(t)
  const ids = await Promise.all(Array.from({ length: 20 }, () => orderId(api)))
  const more = await order(api)
  assert.deepEqual([more.status, more.body.code], [429, 'too_many_orders'])
  await tell(api, 'alipay', pays(api, 'alipay', ids[0]!, 20_000n))
  assert.equal((await order(api)).status, 201)
})

test('a top-up pays arrears first, and says how much: before by the live balance, and then what it was', async (t) => {
  const api = await open(t)
  const { app, clock, lab, keys } = api
  await send(app, 'job', 'started', '2026-01-01T00:00:00Z', {
    project: lab.projectId,
    user: lab.userId,
    kind: 'job',
    ...CPUS,
  })
  await pass(app, clock, '2026-01-01T05:00:00Z')
  clock.advance(60)
  // 0.2 an hour for five hours and a minute.
  const owed = 200_000n * (5n * 3600n + 60n)
  const options = await api.call('GET', '/v1/top-up-options', { key: keys.customer })
  assert.equal(options.body.arrears.grains, `${owed}`)
  const { body: large } = await order(api, { amount: '2' })
  const { body: small } = await order(api, { amount: '1' })
  assert.deepEqual([large.arrears_first.grains, small.arrears_first.grains], [`${owed}`, `${YUAN}`])
  await tell(api, 'alipay', pays(api, 'alipay', large.order_id, 200n))
  const paid = await get(api, large.order_id)
  assert.deepEqual([paid.arrears_paid.grains, paid.arrears_first.grains], [`${owed}`, '0'])
  assert.equal((await get(api, small.order_id)).arrears_first.grains, '0')
  const [payment] = (await api.call('GET', '/v1/payments', { key: keys.customer })).body.data
  assert.equal(payment.arrears_paid.grains, `${owed}`)
})

test('a gateway that does not answer: the order opens when it does; one that refuses for good closes it, and says why', async (t) => {
  const api = await open(t)
  const [alipay, wechat] = (['alipay', 'wechat'] as const).map((channel) => api.till.gateways.get(channel)!)
  alipay!.before = unreachable
  const { status, body } = await order(api)
  assert.deepEqual([status, body.state, body.qr], [201, 'opening', null])
  alipay!.before = () => {}
  await doDue(api, api.till)
  assert.equal((await get(api, body.order_id)).state, 'opening', 'whoever placed it may still be asking')
  api.clock.advance(20)
  await doDue(api, api.till)
  assert.equal((await get(api, body.order_id)).qr, `paper:${body.order_id}`)
  refuseAll(wechat!)
  const { body: refused } = await order(api, { channel: 'wechat' })
  assert.deepEqual([refused.state, refused.refusal.code], ['closed', 'NOT_TODAY'])
})

test('cancelled: closed at the gateway too, again the same; what is paid or expired is refused', async (t) => {
  const api = await open(t)
  const alipay = api.till.gateways.get('alipay')!
  const id = await orderId(api)
  const cancel = (which: string) => api.call('POST', `/v1/top-up-orders/${which}/cancel`, { key: api.keys.customer })
  const { body } = await cancel(id)
  assert.deepEqual([body.state, body.qr, body.cancelled_at], ['closed', null, '2026-01-01T00:00:00Z'])
  assert.deepEqual((await cancel(id)).body, body)
  assert.deepEqual(
    alipay.asked.map(({ call }) => call),
    ['open', 'close'],
  )

  const paid = await orderId(api)
  await tell(api, 'alipay', pays(api, 'alipay', paid, 20_000n))
  const refused = await cancel(paid)
  assert.deepEqual([refused.status, refused.body.code], [409, 'order_over'])

  alipay.before = (call) => (call === 'close' ? unreachable() : undefined)
  const stuck = await orderId(api)
  const waiting = (await cancel(stuck)).body
  assert.deepEqual([waiting.state, waiting.qr, waiting.cancelled_at], ['awaiting', null, '2026-01-01T00:00:00Z'])
  alipay.before = () => {}
  api.clock.advance(20)
  await doDue(api, api.till)
  assert.equal((await get(api, stuck)).state, 'closed')
})

test('an order that nobody pays is closed at its gateway when it expires; three looks later nothing more is asked', async (t) => {
  const api = await open(t)
  const id = await orderId(api)
  const { asked } = api.till.gateways.get('alipay')!
  for (let second = 0; second < 1805; second += 5) {
    await doDue(api, api.till)
    api.clock.advance(5)
  }
  assert.equal((await get(api, id)).state, 'expired')
  assert.equal(asked.at(-1)!.call, 'close')
  assert.ok(asked.length > 20 && asked.length < 50, `${asked.length}`)
  for (const seconds of [115, 3600, 86_400]) {
    api.clock.advance(seconds)
    await doDue(api, api.till)
  }
  assert.deepEqual(
    asked.slice(-4).map(({ call }) => call),
    ['close', 'query', 'query', 'query'],
  )
  const { rows } = await api.app.database.pool.query('select due_at from topup_order')
  assert.deepEqual(rows, [{ due_at: null }])
})

test('lists go from new to old, page by page; a customer sees the own', async (t) => {
  const api = await open(t)
  const ids: string[] = []
  for (let n = 0; n < 5; n++) {
    ids.unshift(await orderId(api, { amount: `${n + 1}` }))
    api.clock.advance(1)
  }
  const other = await openPayer(api.app, 'Other')
  await order(api, { account_id: other.accountId }, { key: api.keys.staff })
  const walk = async (path: string, key: string, query: object = {}) => {
    const seen: any[] = []
    for (let cursor: string | undefined; ;) {
      const { body } = await api.call('GET', path, { key, query: { limit: 2, ...query, ...(cursor && { cursor }) } })
      seen.push(...body.data)
      if (!body.has_more) return seen
      cursor = body.next_cursor
    }
  }
  const idsOf = async (key: string, query: object = {}) =>
    (await walk('/v1/top-up-orders', key, query)).map((each) => each.order_id)
  assert.deepEqual(await idsOf(api.keys.customer), ids)
  assert.equal((await idsOf(api.keys.staff)).length, 6)
  assert.deepEqual(await idsOf(api.keys.staff, { account_id: api.lab.accountId }), ids)
  for (const [n, id] of ids.entries()) await tell(api, 'alipay', pays(api, 'alipay', id, BigInt(5 - n) * 100n))
  assert.deepEqual((await walk('/v1/payments', api.keys.customer)).length, 5)
  assert.equal((await walk('/v1/payments', api.keys.staff, { account_id: other.accountId })).length, 0)
  assert.equal((await walk('/v1/gateway-notices', api.keys.staff)).length, 5)
  const stranger = await transact(api.app, SYSTEM, (tx) =>
    createKey(tx, { name: 's', scope: 'customer', userId: other.userId }),
  )
  assert.equal((await api.call('GET', `/v1/top-up-orders/${ids[0]}`, { key: stranger.secret })).status, 404)
})
