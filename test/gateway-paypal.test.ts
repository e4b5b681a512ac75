import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openPaypalGateway } from '../src/payments/index.ts'
import { openLife, orderAt, payAtCashier, refundOf } from './gatewayLife.ts'

const back = { returnUrl: 'http://127.0.0.1:9/back', cancelUrl: 'http://127.0.0.1:9/left' }
const open = (context: TestContext, currency = 'USD') =>
  openLife(context, ({ paypal }, _notifyUrl, clock) =>
    openPaypalGateway({ ...paypal, ...back, currency, timeoutMs: 1_000 }, clock),
  )

test('PayPal: opened, agreed to, captured, told, refunded in parts, on the statement', async (context) => {
  const life = await open(context)
  const { gateway } = life
  const order = orderAt(life)
  const offer = await gateway.open(order)
  const { reference } = offer
  assert.equal((await gateway.open(order)).reference, reference)
  assert.deepEqual(await gateway.query(order, reference), { state: 'awaiting' })
  assert.deepEqual(await gateway.capture(order, reference), { state: 'awaiting' })
  await payAtCashier(life, offer)
  assert.deepEqual(life.notices.at(-1)!.about, { kind: 'approval', orderId: order.orderId })
  assert.deepEqual(await gateway.query(order, reference), { state: 'approved' })

  const state = await gateway.capture(order, reference)
  assert.ok(state.state === 'paid')
  const [payment] = state.payments
  assert.ok(payment?.fee && payment.fee.minor > 0n)
  assert.deepEqual(
    { ...payment, paymentId: '', fee: null },
    {
      orderId: order.orderId,
      paymentId: '',
      cash: order.cash,
      fee: null,
      payee: gateway.payee,
      paidAt: life.clock.now(),
    },
  )
  assert.deepEqual(await gateway.capture(order, reference), state)
  assert.deepEqual(await gateway.query(order, reference), state)
  assert.deepEqual(await gateway.close(order, reference), state)
  await life.sandbox.settle()
  assert.deepEqual(life.notices.at(-1)!.about, { kind: 'payment', payment })

  await life.pass(60)
  const first = refundOf(order, payment.paymentId, 805n)
  assert.equal((await gateway.queryRefund(first)).state, 'unknown')
  const refunded = await gateway.refund(first)
  assert.deepEqual(
    { ...refunded, reference: '' },
    { refundId: first.refundId, reference: '', state: 'done', cash: first.cash, at: life.clock.now() },
  )
  // Also when PayPal has forgotten the request's number.
  await life.pass(50 * 86_400)
  assert.deepEqual(await gateway.refund(first), refunded)
  assert.deepEqual(await gateway.queryRefund(first), refunded)
  assert.deepEqual(life.notices.at(-1)!.about, { kind: 'refund', refund: refunded })
  const rest = refundOf(order, payment.paymentId, 2_000n)
  assert.equal((await gateway.refund(rest)).state, 'done')
  await assert.rejects(gateway.refund(refundOf(order, payment.paymentId, 1n)), { name: 'GatewayRefused' })
  assert.equal(life.sandbox.look('paypal', order.orderId).refunds.length, 2)
  assert.deepEqual(life.refused, [])

  const day = (at: Temporal.Instant) => at.toZonedDateTimeISO('UTC').toPlainDate()
  const paidOn = day(payment.paidAt)
  assert.deepEqual(await gateway.statement(paidOn), [
    { kind: 'payment', payment },
    { kind: 'refund', orderId: order.orderId, refund: refunded },
  ])
  assert.deepEqual(await gateway.statement(paidOn.add({ days: 1 })), [])
  await assert.rejects(gateway.statement(day(life.clock.now())), { name: 'Unavailable' })
})

test('PayPal: what is closed takes nothing; what nobody pays is forgotten', async (context) => {
  const life = await open(context)
  const order = orderAt(life)
  const offer = await life.gateway.open(order)
  await payAtCashier(life, offer)
  assert.deepEqual(await life.gateway.close(order, offer.reference), { state: 'approved' })
  assert.equal(life.sandbox.look('paypal', order.orderId).payments.length, 0)
  const lying = orderAt(life)
  const { reference } = await life.gateway.open(lying)
  assert.deepEqual(await life.gateway.close(lying, reference), { state: 'closed' })
  await life.pass(4 * 3600)
  assert.deepEqual(await life.gateway.query(lying, reference), { state: 'unknown' })
  assert.deepEqual(await life.gateway.close(lying, reference), { state: 'closed' })
})

test('PayPal: a currency without decimals', async (context) => {
  const life = await open(context, 'JPY')
  const order = orderAt(life, 3_000n)
  const offer = await life.gateway.open(order)
  await payAtCashier(life, offer)
  const state = await life.gateway.capture(order, offer.reference)
  assert.ok(state.state === 'paid')
  assert.deepEqual(state.payments[0]!.cash, { currency: 'JPY', minor: 3_000n })
  const refund = await life.gateway.refund(refundOf(order, state.payments[0]!.paymentId, 1_000n))
  assert.deepEqual(refund.cash, { currency: 'JPY', minor: 1_000n })
})

test('PayPal: whatever goes wrong on the way', async (context) => {
  const life = await open(context)
  const { sandbox, gateway } = life
  const order = orderAt(life)
  const offer = await gateway.open(order)
  for (const name of ['error_before_effect', 'error_after_effect', 'timeout_after_success'] as const) {
    sandbox.misbehave({ name, channel: 'paypal', call: 'open', times: 1 })
    assert.equal((await gateway.open(order)).reference, offer.reference)
  }
  sandbox.misbehave({ name: 'notice_forged', channel: 'paypal', times: 1 })
  await payAtCashier(life, offer)
  assert.deepEqual(life.refused, ['bad_signature'])
  sandbox.misbehave({ name: 'timeout_after_success', channel: 'paypal', call: 'capture', times: 1 })
  const state = await gateway.capture(order, offer.reference)
  assert.ok(state.state === 'paid' && state.payments.length === 1)
  const refund = refundOf(order, state.payments[0]!.paymentId, 100n)
  for (const name of ['timeout_after_success', 'error_after_effect'] as const) {
    sandbox.misbehave({ name, channel: 'paypal', call: 'refund', times: 1 })
    assert.equal((await gateway.refund(refund)).state, 'done')
  }
  assert.equal(sandbox.look('paypal', order.orderId).refunds.length, 1)
})

test('PayPal: another seller, amount or currency is told as it is', async (context) => {
  const life = await open(context)
  const { sandbox, gateway } = life
  for (const name of ['wrong_seller', 'wrong_amount', 'wrong_currency'] as const) {
    const order = orderAt(life)
    sandbox.misbehave({ name, channel: 'paypal', order: order.orderId })
    const offer = await gateway.open(order)
    await payAtCashier(life, offer)
    await gateway.capture(order, offer.reference)
    await sandbox.settle()
    const about = life.notices.at(-1)!.about
    assert.ok(about.kind === 'payment', name)
    const { payee, cash } = about.payment
    assert.equal(payee === gateway.payee, name !== 'wrong_seller', name)
    assert.equal(cash.minor === order.cash.minor, name !== 'wrong_amount', name)
    assert.equal(cash.currency === 'USD', name !== 'wrong_currency', name)
  }
})

test('PayPal: a new certificate, without being told', async (context) => {
  const life = await open(context)
  for (let rotation = 0; rotation < 2; rotation++) {
    const order = orderAt(life)
    await payAtCashier(life, await life.gateway.open(order))
    assert.equal(life.notices.length, rotation + 1)
    await life.sandbox.rotate('paypal')
  }
  assert.deepEqual(life.refused, [])
})
