import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openWechatGateway } from '../src/payments/index.ts'
import { openLife, orderAt, payAtCashier, paymentTold, refundOf } from './gatewayLife.ts'

const open = (context: TestContext) =>
  openLife(context, ({ wechat }, notifyUrl, clock) =>
    openWechatGateway({ ...wechat, notifyUrl, timeoutMs: 1_000 }, clock),
  )

test('WeChat Pay: opened, paid at the cashier, told, refunded in parts, on the statement', async (context) => {
  const life = await open(context)
  const { gateway } = life
  const order = orderAt(life)
  const offer = await gateway.open(order)
  assert.ok('qr' in (await gateway.open(order)))
  assert.deepEqual(await gateway.query(order, null), { state: 'awaiting' })
  await payAtCashier(life, offer)

  const payment = paymentTold(life, order)
  assert.deepEqual(await gateway.query(order, null), { state: 'paid', payments: [payment] })
  assert.deepEqual(await gateway.close(order, null), { state: 'paid', payments: [payment] })

  const first = refundOf(order, payment.paymentId, 805n)
  assert.equal((await gateway.queryRefund(first)).state, 'unknown')
  const underway = await gateway.refund(first)
  assert.deepEqual(
    { ...underway, reference: '' },
    { refundId: first.refundId, reference: '', state: 'underway', cash: first.cash, at: null },
  )
  assert.deepEqual(await gateway.refund(first), underway)
  await life.pass(600)
  const done = await gateway.queryRefund(first)
  assert.equal(done.state, 'done')
  const refunds = life.notices.flatMap(({ about }) => (about.kind === 'refund' ? [about.refund] : []))
  assert.deepEqual(refunds, [done])
  const rest = refundOf(order, payment.paymentId, 2_000n)
  await gateway.refund(rest)
  await life.pass(600)
  assert.equal((await gateway.queryRefund(rest)).state, 'done')
  assert.equal((await gateway.query(order, null)).state, 'paid')
  await assert.rejects(gateway.refund(refundOf(order, payment.paymentId, 1n)), { name: 'GatewayRefused' })
  assert.deepEqual(life.refused, [])

  const day = life.clock.now().toZonedDateTimeISO('Asia/Shanghai').toPlainDate()
  await assert.rejects(gateway.statement(day), { name: 'Unavailable' })
  await life.pass(24 * 3600)
  const rows = await gateway.statement(day)
  assert.deepEqual(
    rows.map((row) =>
      row.kind === 'payment'
        ? { ...row.payment, fee: null }
        : [row.orderId, row.refund.refundId, row.refund.cash, row.refund.state],
    ),
    [payment, [order.orderId, first.refundId, first.cash, 'done'], [order.orderId, rest.refundId, rest.cash, 'done']],
  )
  assert.deepEqual(await gateway.statement(day.subtract({ days: 1 })), [])
})

test('WeChat Pay: closed, and not paid after that', async (context) => {
  const life = await open(context)
  const order = orderAt(life)
  assert.deepEqual(await life.gateway.query(order, null), { state: 'unknown' })
  await life.gateway.open(order)
  assert.deepEqual(await life.gateway.close(order, null), { state: 'closed' })
  assert.deepEqual(await life.gateway.close(order, null), { state: 'closed' })
  assert.notEqual(life.sandbox.pay('wechat', order.orderId), 'paid')
})

test('WeChat Pay: whatever goes wrong on the way', async (context) => {
  const life = await open(context)
  const { sandbox, gateway } = life
  const order = orderAt(life)
  for (const name of ['error_before_effect', 'error_after_effect', 'timeout_after_success'] as const) {
    sandbox.misbehave({ name, channel: 'wechat', call: 'open', times: 1 })
    assert.ok('qr' in (await gateway.open(order)))
  }
  for (const name of ['notice_forged', 'notice_stale'] as const) {
    sandbox.misbehave({ name, channel: 'wechat', times: 1 })
    const other = orderAt(life)
    await payAtCashier(life, await gateway.open(other))
    assert.equal((await gateway.query(other, null)).state, 'paid')
  }
  assert.deepEqual([life.refused, life.notices], [['bad_signature', 'bad_signature'], []])
  await payAtCashier(life, await gateway.open(order))
  // The same notice a month later is stale.
  const kept = life.raw.at(-1)!
  await life.pass(30 * 86_400)
  await assert.rejects(gateway.readNotice(kept), { code: 'bad_signature' })

  const state = await gateway.query(order, null)
  assert.ok(state.state === 'paid')
  const refund = refundOf(order, state.payments[0]!.paymentId, 100n)
  for (const name of ['timeout_after_success', 'error_after_effect'] as const) {
    sandbox.misbehave({ name, channel: 'wechat', call: 'refund', times: 1 })
    assert.match((await gateway.refund(refund)).state, /underway|done/)
  }
  assert.equal(sandbox.look('wechat', order.orderId).refunds.length, 1)
  await life.pass(600)
  sandbox.misbehave({ name: 'refund_abnormal', channel: 'wechat', times: 1 })
  const bad = refundOf(order, state.payments[0]!.paymentId, 100n)
  await gateway.refund(bad)
  await life.pass(600)
  assert.equal((await gateway.queryRefund(bad)).state, 'abnormal')
})

test('WeChat Pay: another app, seller, amount or currency is told as it is', async (context) => {
  const life = await open(context)
  const { sandbox, gateway } = life
  for (const name of ['wrong_app', 'wrong_seller', 'wrong_amount', 'wrong_currency'] as const) {
    const order = orderAt(life)
    sandbox.misbehave({ name, channel: 'wechat', order: order.orderId })
    await payAtCashier(life, await gateway.open(order))
    const state = await gateway.query(order, null)
    const about = life.notices.at(-1)!.about
    assert.ok(about.kind === 'payment' && state.state === 'paid')
    assert.deepEqual(state.payments, [about.payment])
    const { payee, cash } = about.payment
    assert.equal(payee === gateway.payee, name === 'wrong_amount' || name === 'wrong_currency', name)
    assert.equal(cash.minor === order.cash.minor, name !== 'wrong_amount', name)
    assert.equal(cash.currency === 'CNY', name !== 'wrong_currency', name)
  }
})

test('WeChat Pay: from its public key to a certificate, and to the next, without being told', async (context) => {
  const life = await open(context)
  for (let rotation = 0; rotation < 3; rotation++) {
    const order = orderAt(life)
    await payAtCashier(life, await life.gateway.open(order))
    assert.equal((await life.gateway.query(order, null)).state, 'paid')
    assert.equal(life.notices.length, rotation + 1)
    await life.sandbox.rotate('wechat')
    life.clock.advance(61)
  }
  assert.deepEqual(life.refused, [])
})
