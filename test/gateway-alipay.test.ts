import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openAlipayGateway } from '../src/payments/index.ts'
import { openLife, orderAt, payAtCashier, paymentTold, refundOf } from './gatewayLife.ts'

const open = (context: TestContext) =>
  openLife(context, ({ alipay }, notifyUrl, clock) =>
    openAlipayGateway({ ...alipay, notifyUrl, timeoutMs: 1_000 }, clock),
  )

test('Alipay: opened, paid at the cashier, told, refunded in parts, on the statement', async (context) => {
  const life = await open(context)
  const { gateway } = life
  const order = orderAt(life)
  const offer = await gateway.open(order)
  assert.deepEqual(await gateway.open(order), offer)
  assert.deepEqual(await gateway.query(order, null), { state: 'unknown' })
  await payAtCashier(life, offer)

  const payment = paymentTold(life, order)
  assert.deepEqual(await gateway.query(order, null), { state: 'paid', payments: [payment] })
  assert.deepEqual(await gateway.close(order, null), { state: 'paid', payments: [payment] })

  await life.pass(60)
  const first = refundOf(order, payment.paymentId, 805n)
  assert.equal((await gateway.queryRefund(first)).state, 'unknown')
  const refunded = await gateway.refund(first)
  assert.deepEqual(refunded, {
    refundId: first.refundId,
    reference: payment.paymentId,
    state: 'done',
    cash: first.cash,
    at: life.clock.now(),
  })
  assert.deepEqual(await gateway.refund(first), refunded)
  assert.deepEqual(await gateway.queryRefund(first), refunded)
  const rest = refundOf(order, payment.paymentId, 2_000n)
  assert.equal((await gateway.refund(rest)).state, 'done')
  await assert.rejects(gateway.refund(refundOf(order, payment.paymentId, 1n)), { name: 'GatewayRefused' })
  await life.sandbox.settle()
  const refunds = life.notices.flatMap(({ about }) => (about.kind === 'refund' ? [about.refund.refundId] : []))
  assert.deepEqual(refunds, [first.refundId, rest.refundId])
  assert.deepEqual(life.refused, [])
  assert.equal(life.sandbox.look('alipay', order.orderId).refunds.length, 2)

  const day = life.clock.now().toZonedDateTimeISO('Asia/Shanghai').toPlainDate()
  await assert.rejects(gateway.statement(day), { name: 'Unavailable' })
  await life.pass(24 * 3600)
  const rows = await gateway.statement(day)
  assert.deepEqual(
    rows.map((row) => (row.kind === 'payment' ? { ...row.payment, fee: null } : [row.orderId, row.refund])),
    [payment, [order.orderId, refunded], [order.orderId, { ...refunded, refundId: rest.refundId, cash: rest.cash }]],
  )
  assert.ok(rows[0]!.kind === 'payment' && rows[0]!.payment.fee!.minor > 0n)
  assert.deepEqual(await gateway.statement(day.subtract({ days: 1 })), [])
})

test('Alipay: closed once it was scanned; before that it can only expire', async (context) => {
  const life = await open(context)
  const [unseen, seen] = [orderAt(life), orderAt(life)]
  await life.gateway.open(unseen)
  assert.deepEqual(await life.gateway.close(unseen, null), { state: 'unknown' })
  const offer = await life.gateway.open(seen)
  await fetch('qr' in offer ? offer.qr : '')
  assert.deepEqual(await life.gateway.query(seen, null), { state: 'awaiting' })
  assert.deepEqual(await life.gateway.close(seen, null), { state: 'closed' })
  assert.deepEqual(await life.gateway.close(seen, null), { state: 'closed' })
  await life.pass(1_801)
  assert.equal(life.sandbox.pay('alipay', unseen.orderId) === 'paid', false)
})

test('Alipay: whatever goes wrong on the way', async (context) => {
  const life = await open(context)
  const { sandbox, gateway } = life
  const order = orderAt(life)
  for (const name of ['error_before_effect', 'error_after_effect', 'timeout_after_success'] as const) {
    sandbox.misbehave({ name, channel: 'alipay', call: 'open', times: 1 })
    assert.ok('qr' in (await gateway.open(order)))
  }
  sandbox.misbehave({ name: 'error_before_effect', channel: 'alipay', call: 'query', times: 3 })
  await assert.rejects(gateway.query(order, null), { name: 'Unavailable' })
  // A notice that somebody else signed is refused each time it comes; the query tells what it would have told.
  sandbox.misbehave({ name: 'notice_forged', channel: 'alipay', times: 1 })
  await payAtCashier(life, await gateway.open(order))
  await life.pass(241)
  assert.deepEqual([life.refused, life.notices], [['bad_signature', 'bad_signature'], []])
  sandbox.misbehave({ name: 'notice_doubled', channel: 'alipay', times: 1 })
  await payAtCashier(life, await gateway.open(orderAt(life)))
  assert.deepEqual(
    life.notices.map(({ noticeId }) => noticeId),
    Array(2).fill(life.notices[0]?.noticeId),
  )

  const state = await gateway.query(order, null)
  assert.ok(state.state === 'paid')
  const refund = refundOf(order, state.payments[0]!.paymentId, 100n)
  for (const name of ['timeout_after_success', 'error_after_effect'] as const) {
    sandbox.misbehave({ name, channel: 'alipay', call: 'refund', times: 1 })
    assert.equal((await gateway.refund(refund)).state, 'done')
  }
  assert.equal(sandbox.look('alipay', order.orderId).refunds.length, 1)
})

test('Alipay: another app, seller, amount or currency is told as it is', async (context) => {
  const life = await open(context)
  const { sandbox, gateway } = life
  for (const name of ['wrong_app', 'wrong_seller', 'wrong_amount', 'wrong_currency'] as const) {
    const order = orderAt(life)
    sandbox.misbehave({ name, channel: 'alipay', order: order.orderId })
    await payAtCashier(life, await gateway.open(order))
    const about = life.notices.at(-1)!.about
    assert.ok(about.kind === 'payment' && about.payment.orderId === order.orderId)
    const { payee, cash } = about.payment
    assert.equal(payee === gateway.payee, name === 'wrong_amount' || name === 'wrong_currency', name)
    assert.equal(cash.minor === order.cash.minor, name !== 'wrong_amount', name)
    assert.equal(cash.currency === 'CNY', name !== 'wrong_currency', name)
  }
})

test('Alipay: a new key', async (context) => {
  const life = await open(context)
  const order = orderAt(life)
  await life.gateway.open(order)
  await life.sandbox.rotate('alipay')
  await assert.rejects(life.gateway.query(order, null), { name: 'Unavailable', message: /not signed/ })
  const { alipay } = life.sandbox.settings()
  const next = openAlipayGateway({ ...alipay, notifyUrl: 'http://127.0.0.1:9/' }, life.clock)
  assert.deepEqual(await next.query(order, null), { state: 'unknown' })
})
