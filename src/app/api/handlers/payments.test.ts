import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openPayer, pay, YUAN } from '../../../../test/lab.ts'
import { doDue, followed, noticeOf, paymentFor, tell, unreachable, writeNotice } from '../../../../test/paper.ts'
import { eventually } from '../../../../test/process.ts'
import { SYSTEM, transact } from '../../../base/index.ts'
import { lockWallet } from '../../../wallet/index.ts'
import type { Payment } from '../../../payments/index.ts'

const FULL = { currency: 'CNY', minor: 20_000n }

async function open(t: TestContext): Promise<TestApi> {
  const api = await openTestApi()
  t.after(() => api.close())
  return api
}

async function orderId(api: TestApi, channel = 'alipay'): Promise<string> {
  const { status, body } = await api.call('POST', '/v1/top-up-orders', {
    key: api.keys.customer,
    body: { amount: '200', channel },
  })
  assert.equal(status, 201, JSON.stringify(body))
  return body.order_id
}

/** A notice that an order was paid, in full unless `change` says otherwise. */
function paid(api: TestApi, id: string, change: Partial<Payment> = {}, noticeId?: string) {
  const payment = paymentFor(api.till.gateways.get('alipay')!, id, FULL, change)
  return noticeOf({ kind: 'payment', payment }, noticeId)
}

const order = async (api: TestApi, id: string) =>
  (await api.call('GET', `/v1/top-up-orders/${id}`, { key: api.keys.staff })).body
const list = async (api: TestApi, path: string, query: object = {}) =>
  (await api.call('GET', path, { key: api.keys.staff, query: { ...query } })).body.data
const settled = async (api: TestApi) =>
  (await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.staff })).body.balance.settled.grains
const settle = (api: TestApi, id: string, body: object) =>
  api.call('POST', `/v1/disputes/${id}/settle`, { key: api.keys.staff, body: { note: 'looked into', ...body } })

test('one payment told many times, in many notices and by a look, is credited once; a month later it changes nothing', async (t) => {
  const api = await open(t)
  const id = await orderId(api)
  const notice = paid(api, id)
  const others = [1, 2].map(() => noticeOf(notice.about))
  const alipay = api.till.gateways.get('alipay')!
  assert.equal(notice.about.kind, 'payment')
  alipay.states.set(id, { state: 'paid', payments: notice.about.kind === 'payment' ? [notice.about.payment] : [] })
  api.clock.advance(5)
  await Promise.all(
    [notice, notice, notice, ...others].map((each) => tell(api, 'alipay', each)).concat(doDue(api, api.till) as never),
  )
  assert.equal(await settled(api), `${200n * YUAN}`)
  const outcomes = (await list(api, '/v1/gateway-notices', { order_id: id })).map((each: any) => each.outcome)
  assert.equal(outcomes.length, 3)
  assert.ok(outcomes.every((outcome: string) => outcome === 'known' || outcome === 'credited'))
  api.clock.set('2026-02-01T00:00:00Z')
  for (const each of [notice, noticeOf(notice.about)]) assert.equal((await tell(api, 'alipay', each)).status, 200)
  assert.equal(await settled(api), `${200n * YUAN}`)
  assert.equal((await list(api, '/v1/payments')).length, 1)
})

test('a payment after the order was cancelled, and a second payment of one order, are credited and flagged', async (t) => {
  const api = await open(t)
  const [late, twice] = [await orderId(api), await orderId(api)]
  await api.call('POST', `/v1/top-up-orders/${late}/cancel`, { key: api.keys.customer })
  await tell(api, 'alipay', paid(api, late))
  assert.equal((await order(api, late)).state, 'paid')
  await Promise.all([tell(api, 'alipay', paid(api, twice)), tell(api, 'alipay', paid(api, twice))])
  const found = await order(api, twice)
  assert.deepEqual([found.state, found.credited.grains], ['paid', `${400n * YUAN}`])
  const flagged = await list(api, '/v1/payments', { flagged: true })
  const flags = Object.fromEntries(flagged.map((each: any) => [each.order_id, each.flag]))
  assert.deepEqual(flags, { [late]: 'late', [twice]: 'second' })
  assert.equal(await settled(api), `${600n * YUAN}`)
})

test('what does not fit its order is never credited but disputed, once however often it is told', async (t) => {
  const api = await open(t)
  const id = await orderId(api)
  const first = await orderId(api)
  await tell(api, 'alipay', paid(api, first, { paymentId: 'taken' }))
  const before = await settled(api)
  for (const [reason, change] of [
    ['wrong_amount', { cash: { currency: 'CNY', minor: 19_999n } }],
    ['wrong_amount', { cash: { currency: 'CNY', minor: 20_001n } }],
    ['wrong_currency', { cash: { currency: 'HKD', minor: 20_000n } }],
    ['wrong_payee', { payee: 'somebody else' }],
    ['unknown_order', { orderId: 'order_of_nobody' }],
    ['other_order', { paymentId: 'taken' }],
  ] as const) {
    const notice = paid(api, id, change)
    await tell(api, 'alipay', notice)
    await tell(api, 'alipay', noticeOf(notice.about))
    const [last] = (await list(api, '/v1/disputes')).filter((each: any) => each.reason === reason)
    assert.ok(last, reason)
    assert.equal(last.account_id, reason === 'unknown_order' ? null : api.lab.accountId)
  }
  assert.equal((await list(api, '/v1/disputes')).length, 6)
  // A channel is part of a payment's name, and an order belongs to one.
  const wechat = api.till.gateways.get('wechat')!
  await tell(api, 'wechat', noticeOf({ kind: 'payment', payment: paymentFor(wechat, id, FULL) }))
  assert.equal((await list(api, '/v1/disputes', { state: 'open' })).length, 7)
  assert.equal((await order(api, id)).state, 'disputed')
  assert.equal(await settled(api), before)
  // The right payment still comes: it is credited.
  await tell(api, 'alipay', paid(api, id))
  assert.equal((await order(api, id)).state, 'paid')
})

test('staff credit a dispute, all that was paid and once, or reject it; what is settled stays', async (t) => {
  const api = await open(t)
  const id = await orderId(api)
  await tell(api, 'alipay', paid(api, id, { cash: { currency: 'CNY', minor: 15_050n } }))
  const [wrong] = await list(api, '/v1/disputes')
  for (const body of [
    { decision: 'credit', amount: '200' },
    { decision: 'credit', account_id: 'acct_nobody' },
  ])
    assert.ok((await settle(api, wrong.dispute_id, body)).status >= 400)
  const answers = await Promise.all([1, 2, 3].map(() => settle(api, wrong.dispute_id, { decision: 'credit' })))
  assert.deepEqual(
    answers.map(({ status }) => status).sort((a, b) => a - b),
    [200, 409, 409],
  )
  assert.ok(answers.every(({ status, body }) => status === 200 || body.code === 'dispute_settled'))
  const done = await order(api, id)
  assert.deepEqual([done.state, done.credited.amount], ['paid', '150.50000000'])
  assert.equal(await settled(api), `${(YUAN * 301n) / 2n}`)
  const [payment] = await list(api, '/v1/payments', { flagged: true })
  assert.deepEqual([payment.flag, payment.found_by, payment.credited.amount], ['settled', 'staff', '150.50000000'])

  const other = await orderId(api)
  await tell(api, 'alipay', paid(api, other, { payee: 'somebody else' }))
  const [foreign] = await list(api, '/v1/disputes', { state: 'open' })
  const rejected = await settle(api, foreign.dispute_id, { decision: 'reject' })
  assert.deepEqual([rejected.body.state, rejected.body.note, rejected.body.credited], ['rejected', 'looked into', null])
  assert.equal((await order(api, other)).state, 'closed')
  assert.equal((await settle(api, 'disp_nobody', { decision: 'reject' })).status, 404)
})

test('a payment of an unknown order is credited to whom staff say, in what it is worth', async (t) => {
  const api = await open(t)
  const other = await openPayer(api.app, 'Other')
  await tell(api, 'alipay', paid(api, 'order_of_nobody'))
  const [dispute] = await list(api, '/v1/disputes')
  assert.equal((await settle(api, dispute.dispute_id, { decision: 'credit' })).body.code, 'bad_request')
  const { body } = await settle(api, dispute.dispute_id, { decision: 'credit', account_id: other.accountId })
  assert.deepEqual([body.state, body.account_id, body.credited.amount], ['credited', other.accountId, '200.00000000'])

  const paypal = api.till.gateways.get('paypal')!
  const dollars = paymentFor(paypal, 'order_of_nobody', { currency: 'USD', minor: 1000n })
  await tell(api, 'paypal', noticeOf({ kind: 'payment', payment: dollars }))
  const [foreign] = await list(api, '/v1/disputes', { state: 'open' })
  const credit = { decision: 'credit', account_id: other.accountId }
  assert.equal((await settle(api, foreign.dispute_id, credit)).body.code, 'bad_request')
  assert.equal((await settle(api, foreign.dispute_id, { ...credit, amount: '70' })).body.credited.amount, '70.00000000')
  assert.equal((await list(api, '/v1/payments', { account_id: other.accountId })).length, 2)
})

test('a notice of a refund that nobody asked for is kept for staff, who can only reject it', async (t) => {
  const api = await open(t)
  const refund = { refundId: 'r1', reference: null, state: 'done', cash: FULL, at: null } as const
  for (let n = 0; n < 2; n++) await tell(api, 'wechat', noticeOf({ kind: 'refund', refund }))
  const [dispute, ...others] = await list(api, '/v1/disputes')
  assert.deepEqual(
    [dispute.kind, dispute.reason, dispute.payment_id, others.length],
    ['refund', 'unknown_refund', 'r1', 0],
  )
  assert.equal((await settle(api, dispute.dispute_id, { decision: 'credit' })).body.code, 'bad_request')
  assert.equal((await settle(api, dispute.dispute_id, { decision: 'reject' })).body.state, 'rejected')
  await tell(api, 'wechat', noticeOf({ kind: 'other', what: 'an order was closed' }))
  assert.equal((await list(api, '/v1/gateway-notices'))[0].outcome, 'none')
})

test('a notice that is not signed is answered sorry, counted, and nothing of it is kept', async (t) => {
  const api = await open(t)
  const id = await orderId(api)
  const answer = await tell(api, 'alipay', paid(api, id), 'forged')
  assert.deepEqual([answer.status, answer.body], [500, 'alipay sorry'])
  assert.equal((await list(api, '/v1/gateway-notices')).length, 0)
  const { body } = await api.call('GET', '/metrics', { key: api.keys.staff })
  assert.match(body, /^corehour_gateway_notices_refused_total\{channel="alipay"\} 1$/m)
  assert.match(body, /^corehour_topup_orders_open 1$/m)
  assert.equal((await tell(api, 'visa' as never, paid(api, id))).status, 404)
  const post = (payload: string | Buffer, headers: object) =>
    api.http.inject({ method: 'POST', url: '/v1/gateways/alipay/notices', headers: { ...headers }, payload })
  for (const [payload, headers] of [
    ['', {}],
    ['{', { signature: 'paper' }],
    [Buffer.from([0xff, 0, 1]), { signature: 'paper', 'content-type': 'application/octet-stream' }],
    ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
  ] as const)
    assert.equal((await post(payload, headers)).statusCode, 500)
  assert.equal((await post('x'.repeat(70_000), { 'content-type': 'text/plain' })).statusCode, 413)
})

test('a wallet that somebody holds: the notice is kept and answered all the same, others are credited, and it is when it is free', async (t) => {
  const api = await open(t)
  const other = await openPayer(api.app, 'Other')
  const mine = await orderId(api)
  const { body } = await api.call('POST', '/v1/top-up-orders', {
    key: api.keys.staff,
    body: { amount: '200', channel: 'alipay', account_id: other.accountId },
  })
  const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = transact(api.app, SYSTEM, async (tx) => {
    await lockWallet(tx, api.lab.accountId)
    held.resolve()
    await free.promise
  })
  await held.promise
  const post = (notice: ReturnType<typeof paid>) =>
    api.http.inject({
      method: 'POST',
      url: '/v1/gateways/alipay/notices',
      headers: { signature: 'paper', 'content-type': 'application/json' },
      payload: writeNotice(notice),
    })
  assert.equal((await post(paid(api, mine))).statusCode, 200)
  assert.equal((await post(paid(api, body.order_id))).statusCode, 200)
  await eventually('the other is credited', async () => (await order(api, body.order_id)).state === 'paid')
  assert.equal((await order(api, mine)).state, 'awaiting')
  free.resolve()
  await holding
  await followed(api.app)
  assert.equal((await order(api, mine)).state, 'paid')
})

test('what the books can not take is for staff, and holds up nobody else', async (t) => {
  const api = await open(t)
  const other = await openPayer(api.app, 'Other')
  for (let n = 0; n < 24; n++) await pay(api.app, api.lab.accountId, 100_000_000n * YUAN)
  await pay(api.app, api.lab.accountId, 99_999_900n * YUAN)
  const full = await orderId(api)
  const { body } = await api.call('POST', '/v1/top-up-orders', {
    key: api.keys.staff,
    body: { amount: '200', channel: 'alipay', account_id: other.accountId },
  })
  await Promise.all([full, body.order_id].map((id) => tell(api, 'alipay', paid(api, id))))
  assert.equal((await order(api, body.order_id)).state, 'paid')
  assert.equal((await order(api, full)).state, 'disputed')
  assert.equal((await list(api, '/v1/disputes'))[0].reason, 'not_creditable')
})

test('PayPal: what the payer agreed to is captured by a notice or by a look, once; after a cancellation it is not', async (t) => {
  const api = await open(t)
  const paypal = api.till.gateways.get('paypal')!
  const dollars = { currency: 'USD', minor: 2875n }
  paypal.before = (call, id) => {
    if (call === 'capture')
      paypal.states.set(id, { state: 'paid', payments: [paymentFor(paypal, id, dollars, { paymentId: `c${id}` })] })
  }
  const [noticed, looked, left] = [
    await orderId(api, 'paypal'),
    await orderId(api, 'paypal'),
    await orderId(api, 'paypal'),
  ]
  for (const id of [noticed, looked, left]) paypal.states.set(id, { state: 'approved' })
  await tell(api, 'paypal', noticeOf({ kind: 'approval', orderId: noticed }))
  assert.equal((await order(api, noticed)).state, 'paid')
  await api.call('POST', `/v1/top-up-orders/${left}/cancel`, { key: api.keys.customer })
  await tell(api, 'paypal', noticeOf({ kind: 'approval', orderId: left }))
  api.clock.advance(5)
  await doDue(api, api.till)
  assert.equal((await order(api, looked)).state, 'paid')
  assert.equal((await order(api, left)).state, 'closed')
  assert.deepEqual(
    paypal.asked.filter(({ call }) => call === 'capture').map((each) => each.orderId),
    [noticed, looked],
  )
  const outcomes = (await list(api, '/v1/gateway-notices')).map((each: any) => each.outcome).sort()
  assert.deepEqual(outcomes, ['looked', 'none'])
})

test('a gateway that hangs holds up no notice of another', async (t) => {
  const api = await open(t)
  const paypal = api.till.gateways.get('paypal')!
  const hanging = await Promise.all(Array.from({ length: 8 }, () => orderId(api, 'paypal')))
  const id = await orderId(api)
  const answers = Promise.withResolvers<void>()
  paypal.before = () => answers.promise
  const post = (channel: string, notice: ReturnType<typeof paid>) =>
    api.http.inject({
      method: 'POST',
      url: `/v1/gateways/${channel}/notices`,
      headers: { signature: 'paper' },
      payload: writeNotice(notice),
    })
  for (const each of hanging) await post('paypal', noticeOf({ kind: 'approval', orderId: each }))
  await eventually('all of them hang', () => paypal.asked.filter(({ call }) => call === 'query').length === 8)
  await post('alipay', paid(api, id))
  await eventually('it is credited', async () => (await order(api, id)).state === 'paid')
  answers.resolve()
  await followed(api.app)
})

test('what was kept and not taken up is taken up by the loop, however often that fails', async (t) => {
  const api = await open(t)
  const paypal = api.till.gateways.get('paypal')!
  const id = await orderId(api, 'paypal')
  paypal.states.set(id, { state: 'approved' })
  paypal.before = unreachable
  const answer = await api.http.inject({
    method: 'POST',
    url: '/v1/gateways/paypal/notices',
    headers: { signature: 'paper' },
    payload: writeNotice(noticeOf({ kind: 'approval', orderId: id })),
  })
  assert.equal(answer.statusCode, 200)
  const tries = async () => (await api.app.database.pool.query('select tries, outcome from gateway_notice')).rows[0]
  await eventually('the first try', async () => (await tries()).tries === 1)
  for (const wait of [10, 20, 40]) {
    await doDue(api, api.till)
    api.clock.advance(wait)
  }
  await doDue(api, api.till)
  assert.equal((await tries()).tries, 4)
  paypal.before = () => {}
  api.clock.advance(600)
  await doDue(api, api.till)
  assert.equal((await tries()).outcome, 'looked')
})
