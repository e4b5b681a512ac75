import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CheckoutPaymentIntent,
  Client,
  OrdersController,
  PaymentsController,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
} from '@paypal/paypal-server-sdk'
import { openPaypalGateway } from './paypal.ts'
import {
  capture,
  CLIENT,
  desk,
  json,
  MERCHANT,
  money,
  openDesk,
  order,
  orderWith,
  payment,
  REFERENCE,
  refund,
  refundOrder,
  refusal,
} from './paypal.fixture.ts'
import type { Answer } from './vendor.fixture.ts'

openDesk()

/** PayPal's own library. It knows only PayPal's addresses: what it sends is led to our server. */
function openSdk() {
  const lead = async (config: {
    url: string
    method: string
    headers: { toJSON(): Record<string, string> }
    data?: string
  }) => {
    const { pathname, search } = new URL(config.url)
    const { 'Content-Length': _, ...headers } = config.headers.toJSON()
    const { method, data: body = null } = config
    const answer = await fetch(`${desk.vendor.url}${pathname}${search}`, { method, headers, body })
    const head = Object.fromEntries(answer.headers)
    return { status: answer.status, statusText: '', headers: head, data: await answer.text(), config }
  }
  const client = new Client({
    clientCredentialsAuthCredentials: { oAuthClientId: CLIENT.clientId, oAuthClientSecret: CLIENT.clientSecret },
    unstable_httpClientOptions: { adapter: lead },
  })
  return { orders: new OrdersController(client), payments: new PaymentsController(client) }
}

test('an order is opened as the library opens it', async () => {
  desk.answer(() => json(orderWith('PAYER_ACTION_REQUIRED')))
  assert.deepEqual(await desk.gateway.open(order), {
    approveUrl: 'https://www.paypal.com/checkoutnow?token=1',
    reference: REFERENCE,
  })
  const { result } = await openSdk().orders.createOrder({
    paypalRequestId: order.orderId,
    prefer: 'return=representation',
    body: {
      intent: CheckoutPaymentIntent.Capture,
      purchaseUnits: [
        {
          customId: order.orderId,
          invoiceId: order.orderId,
          description: order.subject,
          amount: { currencyCode: 'USD', value: '28.05' },
          payee: { merchantId: MERCHANT },
        },
      ],
      paymentSource: {
        paypal: {
          experienceContext: {
            returnUrl: desk.settings.returnUrl,
            cancelUrl: desk.settings.cancelUrl,
            userAction: PaypalExperienceUserAction.PayNow,
            shippingPreference: PaypalWalletContextShippingPreference.NoShipping,
          },
        },
      },
    },
  })
  assert.equal(result.id, REFERENCE)
  const [mine, theirs] = desk.calls()
  assert.deepEqual(JSON.parse(mine!.body), JSON.parse(theirs!.body))
  for (const name of ['paypal-request-id', 'prefer', 'content-type'] as const)
    assert.equal(mine!.headers[name], theirs!.headers[name], name)
  assert.deepEqual([mine!.method, mine!.path], [theirs!.method, theirs!.path])
  assert.match(mine!.headers.authorization!, /^Bearer A21AA\d$/)
})

test('currencies without decimals', async () => {
  desk.answer(() => json(orderWith('PAYER_ACTION_REQUIRED')))
  for (const currency of ['JPY', 'TWD', 'HUF']) await desk.gateway.open({ ...order, cash: { currency, minor: 2_805n } })
  const amounts = desk.calls().map(({ body }) => JSON.parse(body).purchase_units[0].amount)
  assert.deepEqual(amounts, [money('2805', 'JPY'), money('2805', 'TWD'), money('2805', 'HUF')])
})

test('one token serves until it ends or is taken back', async () => {
  desk.answer(() => json(orderWith('APPROVED')))
  await Promise.all([1, 2, 3].map(() => desk.gateway.query(order, REFERENCE)))
  assert.equal(desk.tokens.length, 1)
  desk.clock.advance(32_400 - 61)
  await desk.gateway.query(order, REFERENCE)
  assert.equal(desk.tokens.length, 1)
  desk.clock.advance(2)
  await desk.gateway.query(order, REFERENCE)
  assert.equal(desk.tokens.length, 2)
  // Taken back at PayPal: a new one is asked for, once.
  desk.answer(({ headers }) =>
    headers.authorization === 'Bearer A21AA2' ? json(orderWith('APPROVED')) : json({ error: 'invalid_token' }, 401),
  )
  assert.deepEqual(await desk.gateway.query(order, REFERENCE), { state: 'approved' })
  desk.answer(() => json({ error: 'invalid_token' }, 401))
  await assert.rejects(desk.gateway.query(order, REFERENCE), {
    name: 'Unavailable',
    message: /answers 401 invalid_token/,
  })
  assert.equal(desk.tokens.length, 4)
})

test('wrong credentials are told, and not what they are', async () => {
  desk.answer(() => json(orderWith('APPROVED')))
  const gateway = openPaypalGateway({ ...desk.settings, clientSecret: 'othersecret' }, desk.clock)
  await assert.rejects(gateway.query(order, REFERENCE), (error: Error) => {
    assert.match(error.message, /token: refused with 401/)
    return error.name === 'Unavailable' && !error.message.includes('othersecret')
  })
})

test('how an order stands', async () => {
  const stands = async (answer: Answer) => {
    desk.answer(() => answer)
    return desk.gateway.query(order, REFERENCE)
  }
  assert.deepEqual(await stands(json(orderWith('PAYER_ACTION_REQUIRED'))), { state: 'awaiting' })
  assert.deepEqual(await stands(json(orderWith('CREATED'))), { state: 'awaiting' })
  assert.deepEqual(await stands(json(orderWith('APPROVED'))), { state: 'approved' })
  assert.deepEqual(await stands(json(orderWith('VOIDED'))), { state: 'closed' })
  assert.deepEqual(await stands(refusal(404, 'INVALID_RESOURCE_ID', 'RESOURCE_NOT_FOUND')), { state: 'unknown' })
  assert.deepEqual(await desk.gateway.query(order, null), { state: 'unknown' })
  const captured = (status: string) => json(orderWith('COMPLETED', { captures: [{ ...capture, status }] }))
  for (const status of ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'])
    assert.deepEqual(await stands(captured(status)), { state: 'paid', payments: [payment] })
  assert.deepEqual(await stands(captured('PENDING')), { state: 'awaiting' })
  assert.deepEqual(await stands(captured('DECLINED')), { state: 'closed' })
  await assert.rejects(stands(json({ ...orderWith('APPROVED'), purchase_units: [{ custom_id: 'order_other' }] })), {
    name: 'Unavailable',
    message: /another order/,
  })
  await assert.rejects(stands({ body: '<html>' }), { name: 'Unreadable' })
  await assert.rejects(stands({ status: 403, body: '<html>' }), { name: 'Unreadable' })
  await assert.rejects(stands(json({ name: 'NOT_AUTHORIZED', message: 'no' }, 403)), { name: 'Unavailable' })
})

test('an order that the payer agreed to is captured; what came of it is asked for', async () => {
  const paid = json(orderWith('COMPLETED', { captures: [capture] }))
  const capturing = (answer: Answer, then: Answer) => {
    desk.answer((seen) => (seen.path.endsWith('/capture') ? answer : then))
    return desk.gateway.capture(order, REFERENCE)
  }
  assert.deepEqual(await capturing(paid, paid), { state: 'paid', payments: [payment] })
  const [mine] = desk.calls()
  assert.equal(`${mine!.method} ${mine!.path}`, `POST /v2/checkout/orders/${REFERENCE}/capture`)
  // The answer was lost, and the second attempt is told that it was done.
  let breaks = 1
  desk.answer((seen) => {
    if (!seen.path.endsWith('/capture')) return paid
    return breaks-- > 0 ? 'reset' : refusal(422, 'ORDER_ALREADY_CAPTURED')
  })
  assert.deepEqual(await desk.gateway.capture(order, REFERENCE), { state: 'paid', payments: [payment] })
  assert.deepEqual(await capturing(refusal(422, 'ORDER_NOT_APPROVED'), json(orderWith('CREATED'))), {
    state: 'awaiting',
  })
  // Another card may be chosen, and agreed to again.
  const approved = json(orderWith('APPROVED'))
  assert.deepEqual(await capturing(refusal(422, 'INSTRUMENT_DECLINED'), approved), { state: 'awaiting' })
  await assert.rejects(capturing(refusal(422, 'PAYEE_ACCOUNT_RESTRICTED'), approved), {
    name: 'GatewayRefused',
    code: 'PAYEE_ACCOUNT_RESTRICTED',
  })
  assert.deepEqual(await desk.gateway.capture(order, null), { state: 'unknown' })
})

test('what nobody agreed to is closed, but not what is under review', async () => {
  const closing = (answer: Answer) => {
    desk.answer(() => answer)
    return desk.gateway.close(order, REFERENCE)
  }
  assert.deepEqual(await closing(json(orderWith('APPROVED'))), { state: 'approved' })
  assert.deepEqual(await closing(json(orderWith('CREATED'))), { state: 'closed' })
  assert.deepEqual(await closing(refusal(404, 'INVALID_RESOURCE_ID')), { state: 'closed' })
  const captured = (status: string) => json(orderWith('COMPLETED', { captures: [{ ...capture, status }] }))
  assert.deepEqual(await closing(captured('COMPLETED')), { state: 'paid', payments: [payment] })
  assert.deepEqual(await closing(captured('PENDING')), { state: 'awaiting' })
  assert.equal(
    desk.calls().every(({ method }) => method === 'GET'),
    true,
  )
})

const done = {
  refundId: refundOrder.refundId,
  reference: refund.id,
  state: 'done',
  cash: refundOrder.cash,
  at: Temporal.Instant.from('2026-11-27T12:10:00Z'),
}

test('a refund is asked for as the library asks, under one number, however often it takes', async () => {
  let breaks = 2
  desk.answer((seen) => {
    if (seen.method === 'POST') return breaks-- > 0 ? 'reset' : json(refund, 201)
    return json(seen.path.includes('/captures/') ? capture : orderWith('COMPLETED', { captures: [capture] }))
  })
  assert.deepEqual(await desk.gateway.refund(refundOrder), done)
  await openSdk().payments.refundCapturedPayment({
    captureId: refundOrder.paymentId,
    paypalRequestId: refundOrder.refundId,
    prefer: 'return=representation',
    body: {
      amount: { currencyCode: 'USD', value: '0.50' },
      invoiceId: refundOrder.refundId,
      customId: order.orderId,
      noteToPayer: 'A refund',
    },
  })
  const posts = desk.calls().filter(({ method }) => method === 'POST')
  assert.equal(posts.length, 4)
  for (const each of posts) {
    assert.equal(each.path, `/v2/payments/captures/${refundOrder.paymentId}/refund`)
    assert.equal(each.headers['paypal-request-id'], refundOrder.refundId)
    assert.deepEqual(JSON.parse(each.body), JSON.parse(posts[3]!.body))
  }
})

test('a refund that PayPal knows is not asked for again, however long ago that was', async () => {
  let listed: object[] = [{ ...refund, invoice_id: 'refund_other' }, refund]
  const answers = (post: Answer) =>
    desk.answer((seen) => {
      if (seen.method === 'POST') return post
      return json(
        seen.path.includes('/captures/') ? capture : orderWith('COMPLETED', { captures: [capture], refunds: listed }),
      )
    })
  answers(refusal(422, 'CAPTURE_FULLY_REFUNDED'))
  assert.deepEqual(await desk.gateway.refund(refundOrder), done)
  assert.deepEqual(await desk.gateway.queryRefund(refundOrder), done)
  assert.ok(desk.calls().every(({ method }) => method === 'GET'))
  listed = []
  assert.equal((await desk.gateway.queryRefund(refundOrder)).state, 'unknown')
  await assert.rejects(desk.gateway.refund(refundOrder), { name: 'GatewayRefused', code: 'CAPTURE_FULLY_REFUNDED' })
  answers(refusal(422, 'REFUND_FAILED_INSUFFICIENT_FUNDS'))
  await assert.rejects(desk.gateway.refund(refundOrder), { name: 'Unavailable' })
  answers(refusal(409, 'PREVIOUS_REQUEST_IN_PROGRESS', 'RESOURCE_CONFLICT'))
  await assert.rejects(desk.gateway.refund(refundOrder), { name: 'Unavailable' })
  for (const [status, state] of [
    ['PENDING', 'underway'],
    ['FAILED', 'failed'],
    ['CANCELLED', 'failed'],
  ] as const) {
    listed = [{ ...refund, status }]
    assert.equal((await desk.gateway.queryRefund(refundOrder)).state, state)
  }
})
