import assert from 'node:assert/strict'
import { createHash, createPrivateKey } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin'
import { manualClock, secondsOf, systemClock, type Clock, type ManualClock } from '../../base/index.ts'
import type { Gateway, GatewayOrder, RawNotice, RefundOrder } from '../gateway.ts'
import { makeCertificate } from '../../../sandbox/certificate.ts'
import { drawKeys, openVendor, type Answer, type Seen, type Vendor } from './vendor.fixture.ts'
import { openWechatGateway, type WechatSettings } from './wechat.ts'

const [merchant, vendorKeys, oldKeys, newKeys] = [drawKeys(), drawKeys(), drawKeys(), drawKeys()]
const PUBLIC_ID = 'PUB_KEY_ID_0119000000012026112700000000000001'
const [OLD, NEW] = ['4A00000000000000000000000000000000000001', '4B00000000000000000000000000000000000002']
const certificateOf = (keys: { privateKey: string }, serial: string) =>
  makeCertificate(createPrivateKey(keys.privateKey), serial, 'Tenpay.com sign')
const APP = 'wx0000000000000001'
const MERCHANT = '1900000001'
const API_KEY = '0123456789abcdef0123456789abcdef'
let vendor: Vendor
let clock: ManualClock
let gateway: Gateway
let settings: WechatSettings

before(async () => {
  vendor = await openVendor()
})
beforeEach(() => {
  vendor.seen.length = 0
  clock = manualClock('2026-11-27T12:00:00Z')
  settings = {
    url: vendor.url,
    appId: APP,
    mchId: MERCHANT,
    serial: '5F00000000000000000000000000000000000001',
    privateKey: merchant.privateKey,
    apiV3Key: API_KEY,
    publicKeys: { [PUBLIC_ID]: vendorKeys.publicKey },
    notifyUrl: 'https://corehour.example/notices/wechat',
    timeoutMs: 2_000,
  }
  gateway = openWechatGateway(settings, clock)
})
after(() => vendor.close())

const order: GatewayOrder = {
  orderId: 'order_01kb2xk7m4e8s9q0v3w5y7z9ab',
  cash: { currency: 'CNY', minor: 20_050n },
  subject: 'Corehour 充值',
  expiresAt: Temporal.Instant.from('2026-11-27T12:30:00Z'),
}
const refundOrder: RefundOrder = {
  refundId: 'refund_01kb2xk7m4e8s9q0v3w5y7z9ab',
  orderId: order.orderId,
  paymentId: '4200000000202611270000000001',
  cash: { currency: 'CNY', minor: 50n },
  paid: order.cash,
  reason: '用户退款',
}

type Signer = { serial: string; key: string; at?: number }
const CURRENT: Signer = { serial: PUBLIC_ID, key: vendorKeys.privateKey }

/** Headers of what WeChat Pay signs, by the vendor's own library. */
function signatureOf(body: string, { serial, key, at }: Signer, now: Clock = clock): Record<string, string> {
  const timestamp = String(at ?? secondsOf(now.now()))
  const nonce = Formatter.nonce()
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': Rsa.sign(Formatter.response(timestamp, nonce, body), Rsa.from(key, Rsa.KEY_TYPE_PRIVATE)),
  }
}
function signed(
  content: object | string,
  { status = 200, by = CURRENT, now = clock as Clock } = {},
): Exclude<Answer, string> {
  const body = typeof content === 'string' ? content : JSON.stringify(content)
  return { status, headers: { 'content-type': 'application/json', ...signatureOf(body, by, now) }, body }
}
const refusal = (status: number, code: string, by = CURRENT) => signed({ code, message: '失败' }, { status, by })
const isUnavailable = (message: RegExp) => ({ name: /Unavailable|Unreadable/, message })

/** What the vendor's library makes of a request's signature. */
function assertSigned(seen: Seen): void {
  const authorization = seen.headers.authorization!
  const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(authorization)![1]!
  assert.match(authorization, /^WECHATPAY2-SHA256-RSA2048 /)
  assert.deepEqual([value('mchid'), value('serial_no')], [MERCHANT, settings.serial])
  const text = Formatter.request(seen.method, seen.path, value('timestamp'), value('nonce_str'), seen.body)
  assert.ok(Rsa.verify(text, value('signature'), Rsa.from(merchant.publicKey, Rsa.KEY_TYPE_PUBLIC)), 'signed by us')
  assert.equal(seen.headers['user-agent'], 'corehour')
  assert.equal(seen.headers['wechatpay-serial'], PUBLIC_ID)
}

const transaction = {
  appid: APP,
  mchid: MERCHANT,
  out_trade_no: order.orderId,
  transaction_id: refundOrder.paymentId,
  trade_type: 'NATIVE',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  success_time: '2026-11-27T20:05:00+08:00',
  payer: { openid: 'o1' },
  amount: { total: 20_050, payer_total: 20_000, currency: 'CNY', payer_currency: 'CNY' },
}
const payment = {
  orderId: order.orderId,
  paymentId: refundOrder.paymentId,
  cash: order.cash,
  fee: null,
  payee: `${APP}:${MERCHANT}`,
  paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
}

test('requests are signed as the vendor signs them', async () => {
  vendor.answer(() => signed({ code_url: 'weixin://wxpay/bizpayurl?pr=1' }))
  assert.deepEqual(await gateway.open(order), { qr: 'weixin://wxpay/bizpayurl?pr=1', reference: null })
  const [mine] = vendor.seen
  assertSigned(mine!)
  assert.equal(`${mine!.method} ${mine!.path}`, 'POST /v3/pay/transactions/native')
  assert.deepEqual(JSON.parse(mine!.body), {
    appid: APP,
    mchid: MERCHANT,
    description: 'Corehour 充值',
    out_trade_no: order.orderId,
    time_expire: '2026-11-27T20:30:00+08:00',
    notify_url: settings.notifyUrl,
    amount: { total: 20_050, currency: 'CNY' },
  })
})

test("the library takes our test server's replies, and we take them", async () => {
  // It knows no clock but the machine's.
  const library = new Wechatpay({
    mchid: MERCHANT,
    serial: settings.serial,
    privateKey: merchant.privateKey,
    certs: { [PUBLIC_ID]: vendorKeys.publicKey },
    baseURL: vendor.url,
  })
  vendor.answer(() => signed(transaction, { now: systemClock }))
  const path = `/v3/pay/transactions/out-trade-no/${order.orderId}`
  const { data } = await library.v3.pay.transactions.outTradeNo['{no}'].get({
    no: order.orderId,
    params: { mchid: MERCHANT },
  })
  assert.equal(data.out_trade_no, order.orderId)
  assert.deepEqual(await openWechatGateway(settings, systemClock).query(order, null), {
    state: 'paid',
    payments: [payment],
  })
  const [theirs, ours] = vendor.seen
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
    [signed(transaction, { by: { ...CURRENT, at: secondsOf(clock.now()) - 301 } }), /within 300 s/],
    [signed(transaction, { by: { ...CURRENT, at: secondsOf(clock.now()) + 301 } }), /within 300 s/],
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
    vendor.answer(() => answer)
    await assert.rejects(gateway.query(order, null), isUnavailable(message), String(message))
  }
  for (const at of [-300, 300]) {
    vendor.answer(() => signed(transaction, { by: { ...CURRENT, at: secondsOf(clock.now()) + at } }))
    assert.equal((await gateway.query(order, null)).state, 'paid')
  }
})

test('how an order stands', async () => {
  const stands = async (answer: Answer) => {
    vendor.answer(() => answer)
    return gateway.query(order, null)
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
    vendor.answer((seen) => (seen.path.endsWith('/close') ? close : signed(state)))
    return gateway.close(order, null)
  }
  // 204 has no body; its signature is over an empty one.
  const done = { status: 204, headers: signatureOf('', CURRENT) }
  assert.deepEqual(await closing(done, { ...transaction, trade_state: 'CLOSED' }), { state: 'closed' })
  const [close] = vendor.seen
  assertSigned(close!)
  assert.deepEqual(JSON.parse(close!.body), { mchid: MERCHANT })
  assert.deepEqual(await closing(refusal(400, 'ORDERPAID'), transaction), { state: 'paid', payments: [payment] })
  await assert.rejects(closing({ status: 204 }, transaction), isUnavailable(/not signed/))
})

const refunded = {
  refund_id: '50000000002026112700000001',
  out_refund_no: refundOrder.refundId,
  transaction_id: refundOrder.paymentId,
  out_trade_no: order.orderId,
  status: 'PROCESSING',
  create_time: '2026-11-27T20:10:00+08:00',
  amount: { total: 20_050, refund: 50, payer_total: 20_000, payer_refund: 50, currency: 'CNY' },
}
const underway = {
  refundId: refundOrder.refundId,
  reference: refunded.refund_id,
  state: 'underway',
  cash: refundOrder.cash,
  at: null,
}

test('a refund is asked for under one number, however often it takes', async () => {
  let breaks = 2
  vendor.answer(() => (breaks-- > 0 ? { status: 502, body: '<html>' } : signed(refunded)))
  assert.deepEqual(await gateway.refund(refundOrder), underway)
  assert.equal(vendor.seen.length, 3)
  const nonces = new Set(vendor.seen.map((seen) => /nonce_str="([^"]+)"/.exec(seen.headers.authorization!)![1]))
  assert.equal(nonces.size, 3)
  for (const seen of vendor.seen) {
    assertSigned(seen)
    assert.deepEqual(JSON.parse(seen.body), {
      transaction_id: refundOrder.paymentId,
      out_refund_no: refundOrder.refundId,
      reason: '用户退款',
      notify_url: settings.notifyUrl,
      amount: { refund: 50, total: 20_050, currency: 'CNY' },
    })
  }
})

test('how a refund stands, and a no that comes after it was done', async () => {
  const stands = async (answer: Answer) => {
    vendor.answer(() => answer)
    return gateway.queryRefund(refundOrder)
  }
  const at = Temporal.Instant.from('2026-11-27T12:20:00Z')
  const success = { ...refunded, status: 'SUCCESS', success_time: '2026-11-27T20:20:00+08:00' }
  assert.deepEqual(await stands(signed(success)), { ...underway, state: 'done', at })
  assert.equal((await stands(signed({ ...refunded, status: 'CLOSED' }))).state, 'failed')
  assert.equal((await stands(signed({ ...refunded, status: 'ABNORMAL' }))).state, 'abnormal')
  assert.equal((await stands(refusal(404, 'RESOURCE_NOT_EXISTS'))).state, 'unknown')
  await assert.rejects(stands(signed({ ...refunded, out_refund_no: 'other' })), isUnavailable(/another refund/))

  const refund = (no: Answer, query: Answer) => {
    vendor.answer((seen) => (seen.method === 'POST' ? no : query))
    return gateway.refund(refundOrder)
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

/** A notice, encrypted and signed by the vendor's library. */
function noticeOf(type: string, content: object, by: Signer = CURRENT, more: object = {}): RawNotice {
  const resource = {
    original_type: 'transaction',
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Aes.AesGcm.encrypt(JSON.stringify(content), API_KEY, 'fdasflkja484', 'transaction'),
    associated_data: 'transaction',
    nonce: 'fdasflkja484',
    ...more,
  }
  const body = JSON.stringify({
    id: 'EV-2026112720050001',
    create_time: '2026-11-27T20:05:01+08:00',
    resource_type: 'encrypt-resource',
    event_type: type,
    summary: '支付成功',
    resource,
  })
  return { method: 'POST', path: '/notices/wechat', headers: signatureOf(body, by), body: Buffer.from(body) }
}

test('notices of a payment and of a refund', async () => {
  assert.deepEqual(await gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction)), {
    noticeId: 'EV-2026112720050001',
    at: Temporal.Instant.from('2026-11-27T12:05:01Z'),
    about: { kind: 'payment', payment },
  })
  const { about: other } = await gateway.readNotice(
    noticeOf('TRANSACTION.SUCCESS', { ...transaction, mchid: '1900000009' }),
  )
  assert.ok(other.kind === 'payment' && other.payment.payee !== gateway.payee)

  const { status: _, create_time: __, ...told } = refunded
  const amount = { total: 20_050, refund: 50, payer_total: 20_000, payer_refund: 50 }
  const refundNotice = (type: string, state: string) =>
    gateway.readNotice(noticeOf(`REFUND.${type}`, { ...told, amount, mchid: MERCHANT, refund_status: state }))
  assert.deepEqual((await refundNotice('ABNORMAL', 'ABNORMAL')).about, {
    kind: 'refund',
    refund: { ...underway, state: 'abnormal' },
  })
  assert.deepEqual((await refundNotice('CLOSED', 'CLOSED')).about, {
    kind: 'refund',
    refund: { ...underway, state: 'failed' },
  })
  assert.deepEqual((await gateway.readNotice(noticeOf('COUPON.USE', {}))).about, { kind: 'other', what: 'COUPON.USE' })
  assert.equal(vendor.seen.length, 0)
})

test('a notice that WeChat Pay did not sign, or encrypt for us, is refused', async () => {
  const good = noticeOf('TRANSACTION.SUCCESS', transaction)
  const head = (name: string, value: string) => ({
    ...good,
    headers: { ...good.headers, [`wechatpay-${name}`]: value },
  })
  const { ciphertext } = JSON.parse(good.body.toString()).resource
  const bytes = Buffer.from(ciphertext, 'base64')
  const flipped = (place: number) => {
    const changed = Buffer.from(bytes)
    changed[place < 0 ? changed.length + place : place]! ^= 1
    return { ciphertext: changed.toString('base64') }
  }
  const sealed = (more: object) => noticeOf('TRANSACTION.SUCCESS', transaction, CURRENT, more)
  const month = { ...CURRENT, at: secondsOf(clock.now()) - 30 * 86_400 }
  const { status: _, ...told } = refunded
  const cases: [RawNotice, RegExp][] = [
    [{ ...good, body: Buffer.from(good.body.toString().replace('EV-', 'EW-')) }, /signature is wrong/],
    [head('signature', 'WECHATPAY/SIGNTEST/dGVzdA=='), /a test one/],
    [head('signature', ''), /not signed/],
    [head('serial', 'PUB_KEY_ID_09'), /serial is not one/],
    [noticeOf('TRANSACTION.SUCCESS', transaction, month), /within 300 s/],
    [noticeOf('TRANSACTION.SUCCESS', transaction, { ...CURRENT, key: merchant.privateKey }), /signature is wrong/],
    // Rightly signed, but changed where it is encrypted: an amount, the tag, what goes with it.
    [sealed(flipped(90)), /does not open/],
    [sealed(flipped(-1)), /does not open/],
    [sealed({ ciphertext: bytes.subarray(0, -16).toString('base64') }), /does not open/],
    [sealed({ ciphertext: 'AAAA' }), /without its tag/],
    [sealed({ associated_data: 'refund' }), /does not open/],
    [sealed({ nonce: 'fdasflkja485' }), /does not open/],
    [sealed({ algorithm: 'AEAD_AES_128_GCM' }), /unknown cipher/],
    [noticeOf('TRANSACTION.SUCCESS', { ...transaction, success_time: 'soon' }), /success_time/],
    [noticeOf('REFUND.SUCCESS', { ...told, mchid: '1900000009', refund_status: 'SUCCESS' }), /another merchant/],
  ]
  for (const [notice, detail] of cases)
    await assert.rejects(gateway.readNotice(notice), (error: Error & { code: string; details: { detail: string } }) => {
      assert.equal(error.code, 'bad_signature', String(detail))
      assert.match(error.details.detail, detail)
      return true
    })
  assert.equal(vendor.seen.length, 0)
})

/** The list of certificates: encrypted with the APIv3 key, and signed by one of them. */
function certificatesBy(signer: Signer, now: Clock = clock): Answer {
  const listed: [string, { privateKey: string }][] = [
    [OLD, oldKeys],
    [NEW, newKeys],
  ]
  const data = listed.map(([serial, keys]) => ({
    serial_no: serial,
    effective_time: '2020-01-01T08:00:00+08:00',
    expire_time: '2099-12-31T08:00:00+08:00',
    encrypt_certificate: {
      algorithm: 'AEAD_AES_256_GCM',
      nonce: '61f9c719728a',
      associated_data: 'certificate',
      ciphertext: Aes.AesGcm.encrypt(certificateOf(keys, serial), API_KEY, '61f9c719728a', 'certificate'),
    },
  }))
  return signed({ data }, { by: signer, now })
}
const byOld = { serial: OLD, key: oldKeys.privateKey }
const byNew = { serial: NEW, key: newKeys.privateKey }
const asked = () => vendor.seen.filter(({ path }) => path === '/v3/certificates').length

test('what is signed with a platform certificate is verified with one that is fetched, also beside a public key', async () => {
  for (const publicKeys of [{}, settings.publicKeys]) {
    vendor.seen.length = 0
    gateway = openWechatGateway({ ...settings, publicKeys }, clock)
    vendor.answer((seen) =>
      seen.path === '/v3/certificates' ? certificatesBy(byOld) : signed(transaction, { by: byOld }),
    )
    const all = await Promise.all([1, 2, 3].map(() => gateway.query(order, null)))
    assert.deepEqual(all[2], { state: 'paid', payments: [payment] })
    assert.equal(asked(), 1)
    // The next certificate is known before it is used.
    assert.equal((await gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, byNew))).about.kind, 'payment')
    await assert.rejects(
      gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, { ...byNew, key: oldKeys.privateKey })),
      { code: 'bad_signature' },
    )
    assert.equal(asked(), 1)
  }
})

test('unknown serials ask for certificates once a minute; a failure is no refusal', async () => {
  vendor.answer(() => certificatesBy(byOld))
  const invented = () =>
    gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, { ...byOld, serial: 'AA'.repeat(20) }))
  for (let i = 0; i < 5; i++) await assert.rejects(invented(), { code: 'bad_signature' })
  assert.equal(asked(), 1)
  clock.advance(61)
  vendor.answer(() => ({ status: 500 }))
  await assert.rejects(invented(), { name: 'Unavailable' })
  await assert.rejects(invented(), { name: 'Unavailable' })
  assert.equal(asked(), 2)
  // What is known already goes on counting, for hours and when it can't be fetched anew.
  clock.advance(13 * 3600)
  assert.equal((await gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, byOld))).about.kind, 'payment')
  assert.equal(asked(), 3)
})

test('certificates that WeChat Pay did not sign, or that have ended, are none', async () => {
  const fails = async (answer: Answer, name: RegExp) => {
    gateway = openWechatGateway(settings, clock)
    vendor.answer(() => answer)
    await assert.rejects(gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, byOld)), (error: Error) => {
      assert.match(`${error.name} ${error.message}`, name)
      return true
    })
  }
  await fails(certificatesBy({ ...byOld, key: merchant.privateKey }), /Unavailable .*signature is wrong/)
  await fails(certificatesBy({ ...byOld, serial: 'AA'.repeat(20) }), /Unavailable .*signature is wrong/)
  await fails(certificatesBy({ ...byOld, at: secondsOf(clock.now()) - 301 }), /Unavailable .*within 300 s/)
  await fails(signed({ code: 'RESOURCE_NOT_EXISTS' }, { status: 404 }), /Unavailable .*answer 404/)
  clock.set('2100-01-01T12:00:00Z')
  await fails(certificatesBy(byOld), /Refusal .*serial is not one/)
})

const HEAD =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const BILL = [
  `\uFEFF${HEAD}`,
  `\`2026-11-26 10:00:09,\`${APP},\`${MERCHANT},\`0,\`,\`${refundOrder.paymentId},\`${order.orderId},\`o1,\`NATIVE,\`SUCCESS,\`OTHERS,\`CNY,\`200.50,\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`Corehour, 充值,\`,\`1.20000,\`0.60%,\`200.50,\`0.00,\``,
  `\`2026-11-26 11:00:00,\`${APP},\`${MERCHANT},\`0,\`,\`${refundOrder.paymentId},\`${order.orderId},\`o1,\`NATIVE,\`REFUND,\`OTHERS,\`CNY,\`0.00,\`0.00,\`50000000002026112700000001,\`${refundOrder.refundId},\`0.50,\`0.00,\`ORIGINAL,\`SUCCESS,\`Corehour, 充值,\`,\`0.00000,\`0.60%,\`0.00,\`0.50,\``,
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  '`2,`200.50,`0.50,`0.00,`1.20000,`200.50,`0.50',
  '',
].join('\r\n')
const DAY = Temporal.PlainDate.from('2026-11-26')

function answerBill(bill: string, hash = createHash('sha1').update(bill).digest('hex')): void {
  const told = { download_url: `${vendor.url}/v3/billdownload/file?token=t`, hash_type: 'SHA1', hash_value: hash }
  // Files are not signed.
  vendor.answer((seen) => (seen.path.startsWith('/v3/billdownload') ? { body: bill } : signed(told)))
}

test('a bill in yuan, as the library reads it too', async () => {
  answerBill(BILL)
  const rows = await gateway.statement(DAY)
  assert.deepEqual(rows, [
    {
      kind: 'payment',
      payment: {
        ...payment,
        fee: { currency: 'CNY', minor: 120n },
        paidAt: Temporal.Instant.from('2026-11-26T02:00:09Z'),
      },
    },
    {
      kind: 'refund',
      orderId: order.orderId,
      refund: { ...underway, state: 'done', at: Temporal.Instant.from('2026-11-26T03:00:00Z') },
    },
  ])
  answerBill(BILL.replace('1.20000', '1.20300'))
  const [finer] = await gateway.statement(DAY)
  assert.ok(finer!.kind === 'payment' && finer.payment.fee === null)
  assert.equal(vendor.seen[0]!.path, '/v3/bill/tradebill?bill_date=2026-11-26&bill_type=ALL')
  for (const seen of vendor.seen) assertSigned(seen)
  const theirs = Formatter.castCsvBill(Buffer.from(BILL)) as { rows: Record<string, string>[] }
  assert.deepEqual(
    theirs.rows.map((row) => [row['商户订单号'], row['商户退款单号'], row['商品名称'], row['申请退款金额']]),
    [
      [order.orderId, '0', 'Corehour, 充值', '0.00'],
      [order.orderId, refundOrder.refundId, 'Corehour, 充值', '0.50'],
    ],
  )
})

test('a bill that is not whole, or not understood, is none', async () => {
  const cases: [string, RegExp][] = [
    [BILL.replace('`2,`', '`3,`'), /as many rows/],
    [BILL.slice(0, BILL.indexOf('总交易单数')), /no sums/],
    [BILL.replace('订单金额,申请', '金额,申请'), /no column 订单金额/],
    [BILL.replace('`REFUND', '`GIFT'), /kind GIFT/],
    [BILL.replace('`ORIGINAL,`SUCCESS', '`ORIGINAL,`NEWS'), /state NEWS/],
    [BILL.replace(',`OTHERS', ''), /does not fit/],
    ['', /no sums/],
  ]
  for (const [bill, message] of cases) {
    answerBill(bill)
    await assert.rejects(gateway.statement(DAY), { name: 'Unreadable', message })
  }
  answerBill(BILL, '00'.repeat(20))
  await assert.rejects(gateway.statement(DAY), isUnavailable(/another hash/))
})

test('a day without a bill: being made, not out yet, or without trades', async () => {
  vendor.answer(() => refusal(400, 'NO_STATEMENT_EXIST'))
  assert.deepEqual(await gateway.statement(DAY), [])
  await assert.rejects(gateway.statement(Temporal.PlainDate.from('2026-11-27')), isUnavailable(/not out/))
  vendor.answer(() => refusal(400, 'STATEMENT_CREATING'))
  await assert.rejects(gateway.statement(DAY), isUnavailable(/not out/))
})

test('settings that are none end the start, and are not told', () => {
  assert.throws(() => openWechatGateway({ ...settings, apiV3Key: 'tooshort' }, clock), {
    message: /APIv3 key has not 32 bytes/,
  })
  assert.throws(() => openWechatGateway({ ...settings, privateKey: 'secret' }, clock), {
    message: /^(?!.*secret).*not an RSA key/,
  })
})
