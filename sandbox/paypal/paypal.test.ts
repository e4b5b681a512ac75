import assert from 'node:assert/strict'
import { verify, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { CheckoutPaymentIntent, Client, OrdersController, PaymentsController } from '@paypal/paypal-server-sdk'
import { openMerchant, type Merchant, type Received } from '../merchant.fixture.ts'

/** PayPal's own library. It knows only PayPal's addresses, so what it sends is led here. */
function openSdk({ sandbox }: Merchant) {
  const { clientId, clientSecret, url } = sandbox.settings().paypal
  const client = new Client({
    clientCredentialsAuthCredentials: { oAuthClientId: clientId, oAuthClientSecret: clientSecret },
    httpClientOptions: { timeout: 0, retryConfig: { retryOnTimeout: false, maxNumberOfRetries: 0 } as never },
    unstable_httpClientOptions: { adapter: lead(url) },
  })
  return { orders: new OrdersController(client), payments: new PaymentsController(client) }
}

/** An axios adapter that keeps path, method, headers and body, and changes the host. */
function lead(to: string) {
  return async (config: {
    url: string
    method: string
    headers: { toJSON(): Record<string, string> }
    data?: string
  }) => {
    const { pathname, search } = new URL(config.url)
    const { 'Content-Length': _, ...headers } = config.headers.toJSON()
    const answer = await fetch(`${to}${pathname}${search}`, {
      method: config.method,
      headers,
      ...(config.data && { body: config.data }),
    })
    const data = await answer.text()
    return { status: answer.status, statusText: '', headers: Object.fromEntries(answer.headers), data, config }
  }
}

/** Checks an event as PayPal's documents say, with the certificate that it names. */
async function isGenuine({ sandbox }: Merchant, { headers, body }: Received): Promise<boolean> {
  const { webhookId, certificateUrls } = sandbox.settings().paypal
  const at = String(headers['paypal-cert-url'])
  assert.ok(at.startsWith(certificateUrls[0]!))
  const certificate = new X509Certificate(await (await fetch(at)).text())
  const signed = `${headers['paypal-transmission-id']}|${headers['paypal-transmission-time']}|${webhookId}|${crc32(body)}`
  const signature = Buffer.from(String(headers['paypal-transmission-sig']), 'base64')
  assert.match(certificate.subject, /messageverificationcerts\.paypal\.com/)
  return verify('sha256', Buffer.from(signed), certificate.publicKey, signature)
}

const unit = (value: string, currencyCode = 'USD') => ({
  amount: { currencyCode, value },
  customId: 'order_1',
  invoiceId: 'order_1',
  description: 'Corehour top-up',
})

test('an order lives as at PayPal: created, agreed to, captured, told, refunded', async (context) => {
  const merchant = await openMerchant(context)
  const { orders, payments } = openSdk(merchant)
  const create = {
    paypalRequestId: 'open_1',
    body: {
      intent: CheckoutPaymentIntent.Capture,
      purchaseUnits: [unit('12.34')],
      paymentSource: {
        paypal: { experienceContext: { returnUrl: 'http://127.0.0.1:9/back', cancelUrl: 'http://127.0.0.1:9/left' } },
      },
    },
  }
  const { result: order } = await orders.createOrder(create)
  const id = order.id!
  assert.equal(order.status, 'PAYER_ACTION_REQUIRED')
  assert.equal((await orders.createOrder(create)).result.id, id)
  const approve = order.links!.find(({ rel }) => rel === 'payer-action')!.href
  assert.equal((await fetch(approve)).status, 200)
  const issueOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'ok',
      (error) => JSON.parse(error.body).details[0].issue,
    )
  assert.equal(await issueOf(orders.captureOrder({ id, paypalRequestId: 'capture_1' })), 'ORDER_NOT_APPROVED')

  const agreed = await fetch(`${merchant.sandbox.address}/cashier/${id}/pay`, { method: 'POST', redirect: 'manual' })
  assert.equal(agreed.headers.get('location'), `http://127.0.0.1:9/back?token=${id}&PayerID=QYR5Z8XDVJNXQ`)
  assert.equal((await orders.getOrder({ id })).result.status, 'APPROVED')
  const { result: captured } = await orders.captureOrder({ id, paypalRequestId: 'capture_1' })
  const capture = captured.purchaseUnits![0]!.payments!.captures![0]!
  assert.deepEqual(
    [captured.status, capture.amount!.value, capture.sellerReceivableBreakdown!.paypalFee!.value],
    ['COMPLETED', '12.34', '0.84'],
  )
  assert.equal((await orders.captureOrder({ id, paypalRequestId: 'capture_1' })).result.status, 'COMPLETED')
  assert.equal(await issueOf(orders.captureOrder({ id, paypalRequestId: 'capture_2' })), 'ORDER_ALREADY_CAPTURED')

  const captureId = capture.id!
  const refund = (paypalRequestId: string, value: string) =>
    payments.refundCapturedPayment({
      captureId,
      paypalRequestId,
      prefer: 'return=representation',
      body: { amount: { currencyCode: 'USD', value } },
    })
  const { result: first } = await refund('refund_1', '2.34')
  assert.equal(first.status, 'COMPLETED')
  assert.equal((await refund('refund_1', '2.34')).result.id, first.id)
  assert.equal(await issueOf(refund('refund_1', '2.35')), 'DUPLICATE_REQUEST_ID')
  assert.equal(await issueOf(refund('refund_2', '10.01')), 'REFUND_AMOUNT_EXCEEDED')
  assert.equal((await payments.getRefund({ refundId: first.id! })).result.amount!.value, '2.34')

  await merchant.sandbox.settle()
  const kinds = merchant.received.map(({ body }): string => JSON.parse(body).event_type)
  assert.deepEqual(
    new Set(kinds),
    new Set(['CHECKOUT.ORDER.APPROVED', 'PAYMENT.CAPTURE.COMPLETED', 'PAYMENT.CAPTURE.REFUNDED']),
  )
  for (const event of merchant.received) assert.ok(await isGenuine(merchant, event))
})
