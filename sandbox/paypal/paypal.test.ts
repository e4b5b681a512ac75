import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPaypal, refusalOf } from '../clients.fixture.ts'
import { openMerchant, type Merchant } from '../merchant.fixture.ts'

test('an order lives as at PayPal: created, agreed to, captured, told, refunded', async (context) => {
  const merchant = await openMerchant(context)
  const { orders, payments, open, read } = openPaypal(merchant)
  const id = await open('order_1')
  assert.equal(await open('order_1'), id, 'the same request again makes nothing more')
  assert.equal((await orders.getOrder({ id })).result.status, 'PAYER_ACTION_REQUIRED')
  assert.equal(await refusalOf(orders.captureOrder({ id })), '422 ORDER_NOT_APPROVED')

  const agreed = await fetch(`${merchant.sandbox.address}/cashier/${id}/pay`, { method: 'POST', redirect: 'manual' })
  assert.equal(agreed.headers.get('location'), `http://127.0.0.1:9/back?token=${id}&PayerID=QYR5Z8XDVJNXQ`)
  assert.equal((await orders.getOrder({ id })).result.status, 'APPROVED')
  const { result: captured } = await orders.captureOrder({ id, paypalRequestId: 'capture_1' })
  const capture = captured.purchaseUnits![0]!.payments!.captures![0]!
  const { amount, sellerReceivableBreakdown: breakdown } = capture
  assert.deepEqual([captured.status, amount!.value, breakdown!.paypalFee!.value], ['COMPLETED', '12.34', '0.84'])
  assert.equal((await orders.captureOrder({ id, paypalRequestId: 'capture_1' })).result.status, 'COMPLETED')
  assert.equal(await refusalOf(orders.captureOrder({ id })), '422 ORDER_ALREADY_CAPTURED')

  const captureId = capture.id!
  const refund = (paypalRequestId: string, value: string) =>
    payments.refundCapturedPayment({
      captureId,
      paypalRequestId,
      prefer: 'return=representation',
      body: { amount: { currencyCode: 'USD', value }, invoiceId: paypalRequestId },
    })
  const { result: first } = await refund('refund_1', '2.34')
  assert.equal(first.status, 'COMPLETED')
  assert.equal((await refund('refund_1', '2.34')).result.id, first.id)
  assert.equal(await refusalOf(refund('refund_1', '2.35')), '422 DUPLICATE_REQUEST_ID')
  assert.equal(await refusalOf(refund('refund_2', '10.01')), '422 REFUND_AMOUNT_EXCEEDED')
  assert.equal((await payments.getRefund({ refundId: first.id! })).result.amount!.value, '2.34')
  const { refunds, captures } = (await orders.getOrder({ id })).result.purchaseUnits![0]!.payments!
  assert.deepEqual([refunds![0]!.invoiceId, captures![0]!.status], ['refund_1', 'PARTIALLY_REFUNDED'])
  await refund('refund_2', '10.00')
  assert.equal(await refusalOf(refund('refund_3', '0.01')), '422 CAPTURE_FULLY_REFUNDED')

  await merchant.sandbox.settle()
  const read1 = await Promise.all(merchant.received.map(read))
  assert.deepEqual(new Set(read1.map(({ genuine }) => genuine)), new Set([true]))
  assert.deepEqual(
    new Set(read1.map(({ content }) => `${content.event_type} ${content.resource_type}`)),
    new Set([
      'CHECKOUT.ORDER.APPROVED checkout-order',
      'PAYMENT.CAPTURE.COMPLETED capture',
      'PAYMENT.CAPTURE.REFUNDED refund',
    ]),
  )
})

test('orders are refused as PayPal refuses them', async (context) => {
  const merchant = await openMerchant(context)
  const { orders, open } = openPaypal(merchant)
  assert.equal(await refusalOf(open('order_1', '1.00', 'CNY')), '422 CURRENCY_NOT_SUPPORTED')
  assert.equal(await refusalOf(open('order_1', '1.00', 'JPY')), '422 DECIMAL_PRECISION')
  assert.equal(await refusalOf(open('order_1', '1.001')), '422 DECIMAL_PRECISION')
  assert.equal(await refusalOf(open('order_1', '0.00')), '422 DECIMAL_PRECISION')
  assert.ok(await open('order_1', '100', 'JPY'))
  assert.equal(await refusalOf(open('order_1', '101', 'JPY')), '422 DUPLICATE_REQUEST_ID')
  assert.equal(await refusalOf(orders.getOrder({ id: '0NOSUCHORDER00000' })), '404 INVALID_RESOURCE_ID')

  const declined = await open('order_2')
  const left = await fetch(`${merchant.sandbox.address}/cashier/${declined}/decline`, {
    method: 'POST',
    redirect: 'manual',
  })
  assert.equal(left.headers.get('location'), `http://127.0.0.1:9/left?token=${declined}`)
  assert.equal((await orders.getOrder({ id: declined })).result.status, 'PAYER_ACTION_REQUIRED')
  await merchant.sandbox.advance(3 * 3600)
  assert.equal(await refusalOf(orders.getOrder({ id: declined })), '404 INVALID_RESOURCE_ID', 'it was forgotten')
  assert.equal(merchant.sandbox.pay('paypal', 'order_2'), 'expired')
})

test('the transaction search tells payments, fees and refunds three hours later', async (context) => {
  const merchant = await openMerchant(context)
  const { orders, payments, open } = openPaypal(merchant)
  const id = await open('order_1')
  merchant.sandbox.pay('paypal', 'order_1')
  const { result } = await orders.captureOrder({ id })
  const captureId = result.purchaseUnits![0]!.payments!.captures![0]!.id!
  const body = { amount: { currencyCode: 'USD', value: '2.34' }, invoiceId: 'refund_1' }
  const { result: refund } = await payments.refundCapturedPayment({ captureId, paypalRequestId: 'refund_1', body })
  const from = Temporal.Now.instant().subtract({ hours: 1 })
  const search = async (to: Temporal.Instant, more: object = {}): Promise<Record<string, any>> => {
    const range = {
      start_date: from.toString({ smallestUnit: 'second' }),
      end_date: to.toString({ smallestUnit: 'second' }),
    }
    const answer = await ask(merchant, `/v1/reporting/transactions?${new URLSearchParams({ ...range, ...more })}`)
    return { status: answer.status, ...((await answer.json()) as Record<string, any>) }
  }
  const to = from.add({ hours: 24 })
  assert.deepEqual((await search(to)).transaction_details, [])
  await merchant.sandbox.advance(3 * 3600 + 1)
  const { transaction_details: found, total_items: total } = await search(to)
  assert.equal(total, 2)
  const told = found.map(({ transaction_info: info }: Record<string, any>) => [
    info.transaction_id,
    info.transaction_event_code,
    info.transaction_amount.value,
    info.fee_amount?.value,
    info.transaction_status,
    info.invoice_id,
    info.custom_field,
    info.paypal_reference_id,
  ])
  assert.deepEqual(
    new Set(told),
    new Set([
      [captureId, 'T0006', '12.34', '-0.84', 'F', 'order_1', 'order_1', undefined],
      [refund.id, 'T1107', '-2.34', undefined, 'S', 'refund_1', 'order_1', captureId],
    ]),
  )
  const second = await search(to, { page: '2', page_size: '1' })
  assert.deepEqual([second.transaction_details.length, second.total_pages], [1, 2])
  assert.equal((await search(from.add({ hours: 32 * 24 }))).status, 400)
})

test('who has no token is told so, and tokens end', async (context) => {
  const merchant = await openMerchant(context)
  const { url, clientId } = merchant.sandbox.settings().paypal
  const order = `${url}/v2/checkout/orders/0NOSUCHORDER00000`
  assert.equal((await fetch(order)).status, 401)
  assert.equal((await fetch(order, { headers: { authorization: 'Bearer abc.def' } })).status, 401)
  const basic = `Basic ${Buffer.from(`${clientId}:wrong`).toString('base64')}`
  const grant = { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }) }
  assert.equal((await fetch(`${url}/v1/oauth2/token`, { ...grant, headers: { authorization: basic } })).status, 401)
  const headers = { authorization: `Bearer ${await token(merchant)}` }
  assert.equal((await fetch(order, { headers })).status, 404)
  await merchant.sandbox.advance(32_400)
  assert.equal((await fetch(order, { headers })).status, 401)
})

async function ask(merchant: Merchant, path: string): Promise<Response> {
  return fetch(merchant.sandbox.address + path, { headers: { authorization: `Bearer ${await token(merchant)}` } })
}

async function token({ sandbox }: Merchant): Promise<string> {
  const { url, clientId, clientSecret } = sandbox.settings().paypal
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const answer = await fetch(`${url}/v1/oauth2/token`, { method: 'POST', headers: { authorization }, body })
  return ((await answer.json()) as { access_token: string }).access_token
}
