import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlipaySdk } from 'alipay-sdk'
import { openAlipayGateway } from './alipay.ts'
import {
  answerWith,
  APP,
  app,
  contentOf,
  failure,
  methodOf,
  nextKeys,
  openDesk,
  order,
  refundOrder,
  SELLER,
  signed,
  success,
  vendorKeys,
  type Body,
} from './alipay.fixture.ts'
import type { Seen } from './vendor.fixture.ts'

const desk = openDesk()

/** The vendor's own library, on its side of the wire (with our public key) or on ours. */
const theirs = (alipayPublicKey: string) =>
  new AlipaySdk({
    appId: APP,
    privateKey: app.privateKey,
    keyType: 'PKCS8',
    alipayPublicKey,
    gateway: desk.settings.url!,
  })

test('requests are what the vendor signs and verifies itself', async () => {
  answerWith(desk, success({ out_trade_no: order.orderId, qr_code: 'https://qr.alipay.com/bax1' }))
  assert.deepEqual(await desk.gateway.open(order), { qr: 'https://qr.alipay.com/bax1', reference: null })
  const [mine] = desk.vendor.seen
  const params = Object.fromEntries([...mine!.query, ...new URLSearchParams(mine!.body)])
  assert.ok(theirs(app.publicKey).checkNotifySignV2(params))
  assert.ok(!theirs(app.publicKey).checkNotifySignV2({ ...params, method: 'alipay.trade.refund' }))
  assert.equal(mine!.method, 'POST')
  assert.match(mine!.headers['content-type']!, /^application\/x-www-form-urlencoded/)
  // In China, wherever the process runs.
  assert.equal(params.timestamp, '2026-11-27 20:00:00')
  assert.equal(params.notify_url, desk.settings.notifyUrl)
  assert.deepEqual(contentOf(mine!), {
    out_trade_no: order.orderId,
    seller_id: SELLER,
    total_amount: '200.50',
    subject: 'Corehour top-up 充值 A B C D',
    time_expire: '2026-11-27 20:30:00',
  })
  // The library puts the same names in the same places, and takes our test server's replies.
  const found = await theirs(vendorKeys.publicKey).exec(
    'alipay.trade.precreate',
    { notify_url: 'x', bizContent: { out_trade_no: order.orderId } },
    { validateSign: true },
  )
  assert.equal(found.qrCode, 'https://qr.alipay.com/bax1')
  const names = (seen: Seen) => [[...seen.query.keys()].sort(), [...new URLSearchParams(seen.body).keys()]]
  const [, library] = desk.vendor.seen
  assert.deepEqual(names(mine!), [[...names(library!)[0]!, 'format'].sort(), names(library!)[1]])
})

test('a reply that Alipay did not sign decides nothing', async () => {
  const good = signed('alipay.trade.query', success({ out_trade_no: order.orderId, trade_status: 'TRADE_CLOSED' }))
  const refusal = signed('alipay.trade.query', failure('ACQ.TRADE_NOT_EXIST'))
  const cases: [string, RegExp][] = [
    [good.replace('TRADE_CLOSED', 'TRADE_FINISHED'), /not signed/],
    [refusal.replace('NOT_EXIST', 'NOT_EXISTS'), /not signed/],
    [good.replace(/"sign":"[^"]+"/, '"sign":""'), /not signed/],
    [good.replace(/,"sign":"[^"]+"/, ''), /not signed/],
    [signed('alipay.trade.query', success({}), app.privateKey), /not signed/],
    // A second member of the name, of which one is signed and the other might be read.
    [good.replace(/^\{/, '{"alipay_trade_query_response":{"code":"10000"},'), /stands twice/],
    ['<html>Bad Gateway</html>', /not JSON/],
    [good.slice(0, -5), /not JSON/],
    ['[]', /not an object/],
    ['{"sign":"x"}', /no alipay_trade_query_response/],
    ['{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}', /not signed by Alipay: isv.invalid-app-id/],
  ]
  for (const [body, message] of cases) {
    desk.vendor.answer(() => ({ body }))
    await assert.rejects(desk.gateway.query(order, null), (error: Error) => {
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /sign=|BEGIN/)
      return ['Unavailable', 'Unreadable'].includes(error.name)
    })
  }
  desk.vendor.answer(() => ({ status: 404, body: good }))
  await assert.rejects(desk.gateway.query(order, null), { name: 'Unavailable', message: /answers 404/ })
  // A text within the object that looks like its end, blanks, and the signature first.
  const tricky = success({ out_trade_no: order.orderId, trade_status: 'TRADE_CLOSED', note: '"},"sign":"x"}\\' })
  const parts = /^\{(".*?_response":(\{.*\})),("sign":".*")\}$/.exec(signed('alipay.trade.query', tricky))!
  desk.vendor.answer(() => ({ body: ` { ${parts[3]} ,\n ${parts[1]} } ` }))
  assert.deepEqual(await desk.gateway.query(order, null), { state: 'closed' })
})

test('a new key of Alipay is accepted beside the old one', async () => {
  const body = success({ out_trade_no: order.orderId, trade_status: 'WAIT_BUYER_PAY' })
  desk.vendor.answer(() => ({ body: signed('alipay.trade.query', body, nextKeys.privateKey) }))
  assert.deepEqual(await desk.gateway.query(order, null), { state: 'awaiting' })
})

test('how an order stands', async () => {
  answerWith(desk, failure('ACQ.TRADE_NOT_EXIST'))
  assert.deepEqual(await desk.gateway.query(order, null), { state: 'unknown' })
  assert.deepEqual(await desk.gateway.close(order, null), { state: 'unknown' })
  const paid = success({
    out_trade_no: order.orderId,
    trade_no: '2026112722001400001',
    trade_status: 'TRADE_SUCCESS',
    total_amount: '200.50',
    send_pay_date: '2026-11-27 20:05:00',
  })
  answerWith(desk, paid)
  const payment = {
    orderId: order.orderId,
    paymentId: '2026112722001400001',
    cash: order.cash,
    fee: null,
    payee: `${APP}:${SELLER}`,
    paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
  }
  assert.deepEqual(await desk.gateway.query(order, null), { state: 'paid', payments: [payment] })
  assert.deepEqual(await desk.gateway.capture(order, null), { state: 'paid', payments: [payment] })
  // Paid in the moment in which it was to be closed.
  desk.vendor.answer((seen) => ({
    body: signed(methodOf(seen), methodOf(seen) === 'alipay.trade.close' ? failure('ACQ.TRADE_STATUS_ERROR') : paid),
  }))
  assert.deepEqual(await desk.gateway.close(order, null), { state: 'paid', payments: [payment] })
  answerWith(desk, success({ out_trade_no: order.orderId, trade_status: 'TRADE_CLOSED' }))
  assert.deepEqual(await desk.gateway.close(order, null), { state: 'closed' })
  // Replies are not bound to requests: one about another order is not believed.
  answerWith(desk, success({ out_trade_no: 'order_other', trade_status: 'TRADE_CLOSED' }))
  await assert.rejects(desk.gateway.query(order, null), { name: 'Unavailable', message: /another order/ })
})

test('what is refused for good, and what may pass', async () => {
  answerWith(desk, failure('ACQ.TRADE_HAS_SUCCESS'))
  await assert.rejects(desk.gateway.open(order), { name: 'GatewayRefused', code: 'ACQ.TRADE_HAS_SUCCESS' })
  for (const content of [
    failure('ACQ.SYSTEM_ERROR'),
    { code: '20000', msg: 'Service Currently Unavailable', sub_code: 'isp.unknow-error' },
    { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-signature' },
  ]) {
    answerWith(desk, content)
    await assert.rejects(desk.gateway.open(order), { name: 'Unavailable' })
  }
})

test('a refund is asked for under one number, however often it takes', async () => {
  const done = success({
    out_trade_no: order.orderId,
    trade_no: refundOrder.paymentId,
    fund_change: 'Y',
    refund_fee: '0.50',
  })
  let breaks = 2
  desk.vendor.answer((seen) =>
    breaks-- > 0 ? 'reset' : { body: signed(methodOf(seen), { ...done, gmt_refund_pay: '2026-11-27 20:10:00' }) },
  )
  assert.deepEqual(await desk.gateway.refund(refundOrder), {
    refundId: refundOrder.refundId,
    reference: refundOrder.paymentId,
    state: 'done',
    cash: refundOrder.cash,
    at: Temporal.Instant.from('2026-11-27T12:10:00Z'),
  })
  assert.equal(desk.vendor.seen.length, 3)
  for (const seen of desk.vendor.seen)
    assert.deepEqual(contentOf(seen), {
      trade_no: refundOrder.paymentId,
      out_request_no: refundOrder.refundId,
      refund_amount: '0.50',
      refund_reason: '用户退款',
    })
})

test('a refund that moved nothing, or is refused, is what the query says of it', async () => {
  const known = success({
    trade_no: refundOrder.paymentId,
    out_request_no: refundOrder.refundId,
    refund_status: 'REFUND_SUCCESS',
    refund_amount: '0.50',
    gmt_refund_pay: '2026-11-27 20:10:00',
  })
  const answers = (refund: Body, query: Body) =>
    desk.vendor.answer((seen) => ({ body: signed(methodOf(seen), methodOf(seen).endsWith('query') ? query : refund) }))
  const repeated = success({ out_trade_no: order.orderId, fund_change: 'N' })
  answers(repeated, known)
  assert.equal((await desk.gateway.refund(refundOrder)).state, 'done')
  answers(repeated, success({}))
  assert.equal((await desk.gateway.refund(refundOrder)).state, 'underway')
  assert.equal((await desk.gateway.queryRefund(refundOrder)).state, 'unknown')
  answers(failure('ACQ.TRADE_HAS_FINISHED'), known)
  assert.equal((await desk.gateway.refund(refundOrder)).state, 'done')
  answers(failure('ACQ.TRADE_HAS_FINISHED'), success({}))
  await assert.rejects(desk.gateway.refund(refundOrder), { name: 'GatewayRefused', code: 'ACQ.TRADE_HAS_FINISHED' })
  answers(failure('ACQ.SELLER_BALANCE_NOT_ENOUGH'), success({}))
  await assert.rejects(desk.gateway.refund(refundOrder), { name: 'Unavailable' })
})

test('what is no key ends the start, and is not told', () => {
  for (const wrong of [
    { privateKey: 'MIIEsecret' },
    { privateKey: app.publicKey },
    { alipayPublicKeys: ['MIIBsecret'] },
  ])
    assert.throws(
      () => openAlipayGateway({ ...desk.settings, ...wrong }, desk.clock),
      (error: Error) => {
        assert.match(error.message, /not an RSA key in PEM/)
        return !error.message.includes('secret')
      },
    )
})
