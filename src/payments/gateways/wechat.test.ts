import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wechatpay } from 'wechatpay-axios-plugin'
import { secondsOf, systemClock } from '../../base/index.ts'
import type { Answer } from './vendor.fixture.ts'
import { openWechatGateway } from './wechat.ts'
import {
  APP,
  assertSigned,
  CURRENT,
  desk,
  isUnavailable,
  merchant,
  MERCHANT,
  openDesk,
  order,
  payment,
  PUBLIC_ID,
  refunded,
  refundOrder,
  refusal,
  signatureOf,
  signed,
  transaction,
  underway,
  vendorKeys,
} from './wechat.fixture.ts'

openDesk()

test('requests are signed as the vendor signs them', async () => {
  desk.vendor.answer(() => signed({ code_url: 'weixin://wxpay/bizpayurl?pr=1' }))
  assert.deepEqual(await desk.gateway.open(order), { qr: 'weixin://wxpay/bizpayurl?pr=1', reference: null })
  const [mine] = desk.vendor.seen
  assertSigned(mine!)
  assert.equal(`${mine!.method} ${mine!.path}`, 'POST /v3/pay/transactions/native')
  assert.deepEqual(JSON.parse(mine!.body), {
    appid: APP,
    mchid: MERCHANT,
    description: 'Corehour 充值',
    out_trade_no: order.orderId,
    time_expire: '2026-11-27T20:30:00+08:00',
    notify_url: desk.settings.notifyUrl,
    amount: { total: 20_050, currency: 'CNY' },
  })
})

test("the library takes our test server's replies, and we take them", async () => {
  // It knows no clock but the machine's.
  const library = new Wechatpay({
    mchid: MERCHANT,
    serial: desk.settings.serial,
    privateKey: merchant.privateKey,
    certs: { [PUBLIC_ID]: vendorKeys.publicKey },
    baseURL: desk.vendor.url,
  })
  desk.vendor.answer(() => signed(transaction, { now: systemClock }))
  const path = `/v3/pay/transactions/out-trade-no/${order.orderId}`
  const { data } = await library.chain(path.slice(1)).get({ params: { mchid: MERCHANT } })
  assert.equal(data.out_trade_no, order.orderId)
  assert.deepEqual(await openWechatGateway(desk.settings, systemClock).query(order, null), {
    state: 'paid',
    payments: [payment],
  })
  const [theirs, ours] = desk.vendor.seen
  assert.deepEqual([theirs!.path, ours!.path], [`${path}?mchid=${MERCHANT}`, `${path}?mchid=${MERCHANT}`])
})

test('a reply that WeChat Pay did not sign, or long ago, decides nothing', async () => {
  const good = signed(transaction)
  const changed = (headers: Record<string, string>) => ({ ...good, headers: { ...good.headers, ...headers } })
  const cases: [Answer, RegExp][] = [
    [{ ...good, body: (good.body as string).replace('20050', '20051') }, /signature is wrong/],
    [changed({ 'wechatpay-nonce': 'other' }), /signature is wrong/],
    [changed({ 'wechatpay-signature': 'WECHATPAY/SIGNTEST/AAAA' }), /a test one/],
    [changed({ 'wechatpay-signature': '' }), /not signed/],
    [{ ...good, headers: {} }, /not signed/],
    [changed({ 'wechatpay-timestamp': 'now' }), /within 300 s/],
    [signed(transaction, { by: { ...CURRENT, at: secondsOf(desk.clock.now()) - 301 } }), /within 300 s/],
    [signed(transaction, { by: { ...CURRENT, at: secondsOf(desk.clock.now()) + 301 } }), /within 300 s/],
    [signed(transaction, { by: { ...CURRENT, serial: 'PUB_KEY_ID_09' } }), /serial is not one/],
    [signed(transaction, { by: { ...CURRENT, key: merchant.privateKey } }), /signature is wrong/],
    [signed('<html>'), /not JSON/],
    [signed({ ...transaction, out_trade_no: 'order_other' }), /another order/],
    [signed({ ...transaction, amount: { total: 200.5, currency: 'CNY' } }), /total/],
    [signed({ ...transaction, trade_state: 'NEWS' }), /trade_state NEWS/],
    // A proxy's no, and one for which WeChat Pay could not tell who asks.
    [{ status: 403, body: '<html>Forbidden</html>' }, /answers 403: it is not signed/],
    [{ status: 404, body: '{"code":"ORDER_NOT_EXIST"}' }, /answers 404: it is not signed/],
    [refusal(401, 'SIGN_ERROR'), /SIGN_ERROR/],
  ]
  for (const [answer, message] of cases) {
    desk.vendor.answer(() => answer)
    await assert.rejects(desk.gateway.query(order, null), isUnavailable(message), String(message))
  }
  for (const at of [-300, 300]) {
    desk.vendor.answer(() => signed(transaction, { by: { ...CURRENT, at: secondsOf(desk.clock.now()) + at } }))
    assert.equal((await desk.gateway.query(order, null)).state, 'paid')
  }
})

test('how an order stands', async () => {
  const stands = async (answer: Answer) => {
    desk.vendor.answer(() => answer)
    return desk.gateway.query(order, null)
  }
  assert.deepEqual(await stands(signed({ ...transaction, trade_state: 'REFUND' })), {
    state: 'paid',
    payments: [payment],
  })
  const unpaid = { appid: APP, mchid: MERCHANT, out_trade_no: order.orderId }
  assert.deepEqual(await stands(signed({ ...unpaid, trade_state: 'NOTPAY' })), { state: 'awaiting' })
  assert.deepEqual(await stands(signed({ ...unpaid, trade_state: 'CLOSED' })), { state: 'closed' })
  assert.deepEqual(await stands(refusal(404, 'ORDER_NOT_EXIST')), { state: 'unknown' })
  assert.deepEqual(await stands(refusal(400, 'ORDER_CLOSED')), { state: 'closed' })
  await assert.rejects(stands(refusal(400, 'PARAM_ERROR')), { name: 'GatewayRefused', code: 'PARAM_ERROR' })
})

test('an order is closed, and what it has become is asked for', async () => {
  const closing = (close: Answer, state: object) => {
    desk.vendor.answer((seen) => (seen.path.endsWith('/close') ? close : signed(state)))
    return desk.gateway.close(order, null)
  }
  // 204 has no body; its signature is over an empty one.
  const done = { status: 204, headers: signatureOf('', CURRENT) }
  assert.deepEqual(await closing(done, { ...transaction, trade_state: 'CLOSED' }), { state: 'closed' })
  const [close] = desk.vendor.seen
  assertSigned(close!)
  assert.deepEqual(JSON.parse(close!.body), { mchid: MERCHANT })
  assert.deepEqual(await closing(refusal(400, 'ORDERPAID'), transaction), { state: 'paid', payments: [payment] })
  await assert.rejects(closing({ status: 204 }, transaction), isUnavailable(/not signed/))
})

test('a refund is asked for under one number, however often it takes', async () => {
  let breaks = 2
  desk.vendor.answer(() => (breaks-- > 0 ? { status: 502, body: '<html>' } : signed(refunded)))
  assert.deepEqual(await desk.gateway.refund(refundOrder), underway)
  assert.equal(desk.vendor.seen.length, 3)
  const nonces = new Set(desk.vendor.seen.map((seen) => /nonce_str="([^"]+)"/.exec(seen.headers.authorization!)![1]))
  assert.equal(nonces.size, 3)
  for (const seen of desk.vendor.seen) {
    assertSigned(seen)
    assert.deepEqual(JSON.parse(seen.body), {
      transaction_id: refundOrder.paymentId,
      out_refund_no: refundOrder.refundId,
      reason: '用户退款',
      notify_url: desk.settings.notifyUrl,
      amount: { refund: 50, total: 20_050, currency: 'CNY' },
    })
  }
})

test('how a refund stands, and a no that comes after it was done', async () => {
  const stands = async (answer: Answer) => {
    desk.vendor.answer(() => answer)
    return desk.gateway.queryRefund(refundOrder)
  }
  const at = Temporal.Instant.from('2026-11-27T12:20:00Z')
  const success = { ...refunded, status: 'SUCCESS', success_time: '2026-11-27T20:20:00+08:00' }
  assert.deepEqual(await stands(signed(success)), { ...underway, state: 'done', at })
  assert.equal((await stands(signed({ ...refunded, status: 'CLOSED' }))).state, 'failed')
  assert.equal((await stands(signed({ ...refunded, status: 'ABNORMAL' }))).state, 'abnormal')
  assert.equal((await stands(refusal(404, 'RESOURCE_NOT_EXISTS'))).state, 'unknown')
  await assert.rejects(stands(signed({ ...refunded, out_refund_no: 'other' })), isUnavailable(/another refund/))

  const refund = (no: Answer, query: Answer) => {
    desk.vendor.answer((seen) => (seen.method === 'POST' ? no : query))
    return desk.gateway.refund(refundOrder)
  }
  assert.equal((await refund(refusal(400, 'INVALID_REQUEST'), signed(success))).state, 'done')
  const missing = refusal(404, 'RESOURCE_NOT_EXISTS')
  await assert.rejects(refund(refusal(400, 'INVALID_REQUEST'), missing), {
    name: 'GatewayRefused',
    code: 'INVALID_REQUEST',
  })
  await assert.rejects(refund(missing, missing), isUnavailable(/does not find/))
  await assert.rejects(refund(refusal(403, 'NOT_ENOUGH'), missing), isUnavailable(/NOT_ENOUGH/))
})

test('settings that are none end the start, and are not told', () => {
  assert.throws(() => openWechatGateway({ ...desk.settings, apiV3Key: 'tooshort' }, desk.clock), {
    message: /APIv3 key has not 32 bytes/,
  })
  assert.throws(() => openWechatGateway({ ...desk.settings, privateKey: 'secret' }, desk.clock), {
    message: /^(?!.*secret).*not an RSA key/,
  })
})
