import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { AlipaySdk } from 'alipay-sdk'
import { manualClock } from '../../base/index.ts'
import type { GatewayOrder, Gateway, RefundOrder } from '../gateway.ts'
import { openAlipayGateway, type AlipaySettings } from './alipay.ts'
import { signRsa } from './rsa.ts'
import { drawKeys, encodeGbk, makeZip, openVendor, type Seen, type Vendor } from './vendor.fixture.ts'

const [app, vendorKeys, nextKeys] = [drawKeys(), drawKeys(), drawKeys()]
const APP = '2021000000000001'
const SELLER = '2088000000000001'
const clock = manualClock('2026-11-27T12:00:00Z')
let vendor: Vendor
let gateway: Gateway
let settings: AlipaySettings

before(async () => {
  vendor = await openVendor()
  settings = {
    url: `${vendor.url}/gateway.do`,
    appId: APP,
    sellerId: SELLER,
    privateKey: app.privateKey,
    alipayPublicKeys: [vendorKeys.publicKey, nextKeys.publicKey],
    notifyUrl: 'https://corehour.example/notices/alipay',
    timeoutMs: 2_000,
  }
  gateway = openAlipayGateway(settings, clock)
})
beforeEach(() => {
  vendor.seen.length = 0
})
after(() => vendor.close())

/** The vendor's own library, on its side of the wire (with our public key) or on ours. */
const theirs = (alipayPublicKey: string) =>
  new AlipaySdk({ appId: APP, privateKey: app.privateKey, keyType: 'PKCS8', alipayPublicKey, gateway: settings.url! })

const order: GatewayOrder = {
  orderId: 'order_01kb2xk7m4e8s9q0v3w5y7z9ab',
  cash: { currency: 'CNY', minor: 20_050n },
  subject: 'Corehour top-up 充值 A/B=C&D',
  expiresAt: Temporal.Instant.from('2026-11-27T12:30:00Z'),
}
const refundOrder: RefundOrder = {
  refundId: 'refund_01kb2xk7m4e8s9q0v3w5y7z9ab',
  orderId: order.orderId,
  paymentId: '2026112722001400001',
  cash: { currency: 'CNY', minor: 50n },
  paid: order.cash,
  reason: '用户退款',
}

type Body = Record<string, unknown>

/** A reply as Alipay writes it: the signature over the very text of the inner object. */
function signed(method: string, content: Body, key = vendorKeys.privateKey): string {
  const inner = JSON.stringify(content).replaceAll('/', '\\/')
  return `{"${method.replaceAll('.', '_')}_response":${inner},"sign":"${signRsa(inner, createPrivateKey(key))}"}`
}

const methodOf = (seen: Seen) => seen.query.get('method')!
const contentOf = (seen: Seen): Body => JSON.parse(new URLSearchParams(seen.body).get('biz_content')!)
const answerWith = (content: Body) => vendor.answer((seen) => ({ body: signed(methodOf(seen), content) }))
const success = (more: Body) => ({ code: '10000', msg: 'Success', ...more })
const failure = (sub_code: string) => ({ code: '40004', msg: 'Business Failed', sub_code, sub_msg: '失败' })

test('requests are what the vendor signs and verifies itself', async () => {
  answerWith(success({ out_trade_no: order.orderId, qr_code: 'https://qr.alipay.com/bax1' }))
  assert.deepEqual(await gateway.open(order), { qr: 'https://qr.alipay.com/bax1', reference: null })
  const [mine] = vendor.seen
  const params = Object.fromEntries([...mine!.query, ...new URLSearchParams(mine!.body)])
  assert.ok(theirs(app.publicKey).checkNotifySignV2(params))
  assert.ok(!theirs(app.publicKey).checkNotifySignV2({ ...params, method: 'alipay.trade.refund' }))
  assert.equal(mine!.method, 'POST')
  assert.match(mine!.headers['content-type']!, /^application\/x-www-form-urlencoded/)
  // In China, wherever the process runs.
  assert.equal(params.timestamp, '2026-11-27 20:00:00')
  assert.equal(params.notify_url, settings.notifyUrl)
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
  const [, library] = vendor.seen
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
    vendor.answer(() => ({ body }))
    await assert.rejects(gateway.query(order, null), (error: Error) => {
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /sign=|BEGIN/)
      return ['Unavailable', 'Unreadable'].includes(error.name)
    })
  }
  vendor.answer(() => ({ status: 404, body: good }))
  await assert.rejects(gateway.query(order, null), { name: 'Unavailable', message: /answers 404/ })
  // A text within the object that looks like its end, blanks, and the signature first.
  const tricky = success({ out_trade_no: order.orderId, trade_status: 'TRADE_CLOSED', note: '"},"sign":"x"}\\' })
  const parts = /^\{(".*?_response":(\{.*\})),("sign":".*")\}$/.exec(signed('alipay.trade.query', tricky))!
  vendor.answer(() => ({ body: ` { ${parts[3]} ,\n ${parts[1]} } ` }))
  assert.deepEqual(await gateway.query(order, null), { state: 'closed' })
})

test('a new key of Alipay is accepted beside the old one', async () => {
  const body = success({ out_trade_no: order.orderId, trade_status: 'WAIT_BUYER_PAY' })
  vendor.answer(() => ({ body: signed('alipay.trade.query', body, nextKeys.privateKey) }))
  assert.deepEqual(await gateway.query(order, null), { state: 'awaiting' })
})

test('how an order stands', async () => {
  answerWith(failure('ACQ.TRADE_NOT_EXIST'))
  assert.deepEqual(await gateway.query(order, null), { state: 'unknown' })
  assert.deepEqual(await gateway.close(order, null), { state: 'unknown' })
  const paid = success({
    out_trade_no: order.orderId,
    trade_no: '2026112722001400001',
    trade_status: 'TRADE_SUCCESS',
    total_amount: '200.50',
    send_pay_date: '2026-11-27 20:05:00',
  })
  answerWith(paid)
  const payment = {
    orderId: order.orderId,
    paymentId: '2026112722001400001',
    cash: order.cash,
    fee: null,
    payee: `${APP}:${SELLER}`,
    paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
  }
  assert.deepEqual(await gateway.query(order, null), { state: 'paid', payments: [payment] })
  assert.deepEqual(await gateway.capture(order, null), { state: 'paid', payments: [payment] })
  // Paid in the moment in which it was to be closed.
  vendor.answer((seen) => ({
    body: signed(methodOf(seen), methodOf(seen) === 'alipay.trade.close' ? failure('ACQ.TRADE_STATUS_ERROR') : paid),
  }))
  assert.deepEqual(await gateway.close(order, null), { state: 'paid', payments: [payment] })
  answerWith(success({ out_trade_no: order.orderId, trade_status: 'TRADE_CLOSED' }))
  assert.deepEqual(await gateway.close(order, null), { state: 'closed' })
  // Replies are not bound to requests: one about another order is not believed.
  answerWith(success({ out_trade_no: 'order_other', trade_status: 'TRADE_CLOSED' }))
  await assert.rejects(gateway.query(order, null), { name: 'Unavailable', message: /another order/ })
})

test('what is refused for good, and what may pass', async () => {
  answerWith(failure('ACQ.TRADE_HAS_SUCCESS'))
  await assert.rejects(gateway.open(order), { name: 'GatewayRefused', code: 'ACQ.TRADE_HAS_SUCCESS' })
  for (const content of [
    failure('ACQ.SYSTEM_ERROR'),
    { code: '20000', msg: 'Service Currently Unavailable', sub_code: 'isp.unknow-error' },
    { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-signature' },
  ]) {
    answerWith(content)
    await assert.rejects(gateway.open(order), { name: 'Unavailable' })
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
  vendor.answer((seen) =>
    breaks-- > 0 ? 'reset' : { body: signed(methodOf(seen), { ...done, gmt_refund_pay: '2026-11-27 20:10:00' }) },
  )
  assert.deepEqual(await gateway.refund(refundOrder), {
    refundId: refundOrder.refundId,
    reference: refundOrder.paymentId,
    state: 'done',
    cash: refundOrder.cash,
    at: Temporal.Instant.from('2026-11-27T12:10:00Z'),
  })
  assert.equal(vendor.seen.length, 3)
  for (const seen of vendor.seen)
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
    vendor.answer((seen) => ({ body: signed(methodOf(seen), methodOf(seen).endsWith('query') ? query : refund) }))
  const repeated = success({ out_trade_no: order.orderId, fund_change: 'N' })
  answers(repeated, known)
  assert.equal((await gateway.refund(refundOrder)).state, 'done')
  answers(repeated, success({}))
  assert.equal((await gateway.refund(refundOrder)).state, 'underway')
  assert.equal((await gateway.queryRefund(refundOrder)).state, 'unknown')
  answers(failure('ACQ.TRADE_HAS_FINISHED'), known)
  assert.equal((await gateway.refund(refundOrder)).state, 'done')
  answers(failure('ACQ.TRADE_HAS_FINISHED'), success({}))
  await assert.rejects(gateway.refund(refundOrder), { name: 'GatewayRefused', code: 'ACQ.TRADE_HAS_FINISHED' })
  answers(failure('ACQ.SELLER_BALANCE_NOT_ENOUGH'), success({}))
  await assert.rejects(gateway.refund(refundOrder), { name: 'Unavailable' })
})

/** As Alipay sends it: a form, signed without `sign_type`. */
function noticeOf(fields: Record<string, string>, key = vendorKeys.privateKey) {
  const text = (values: Record<string, string>) =>
    Object.keys(values)
      .sort()
      .map((name) => `${name}=${values[name]}`)
      .join('&')
  const values = { ...fields, sign: signRsa(text(fields), createPrivateKey(key)), sign_type: 'RSA2' }
  return values
}
const raw = (values: Record<string, string>) => ({
  method: 'POST',
  path: '/notices/alipay',
  headers: {},
  body: Buffer.from(new URLSearchParams(values).toString()),
})
const told = {
  notify_id: '2026112700222200510',
  notify_time: '2026-11-27 20:05:01',
  notify_type: 'trade_status_sync',
  app_id: APP,
  seller_id: SELLER,
  out_trade_no: order.orderId,
  trade_no: '2026112722001400001',
  trade_status: 'TRADE_SUCCESS',
  total_amount: '200.50',
  refund_fee: '0.00',
  gmt_payment: '2026-11-27 20:05:00',
  subject: 'Corehour 充值 100% + a=b&c',
  fund_bill_list: '[{"amount":"200.50","fundChannel":"PCREDIT"}]',
}

test('a notice of a payment, as the library verifies it too', async () => {
  const values = noticeOf(told)
  assert.ok(theirs(vendorKeys.publicKey).checkNotifySignV2(values))
  const notice = await gateway.readNotice(raw(values))
  assert.deepEqual(notice, {
    noticeId: '2026112700222200510',
    at: Temporal.Instant.from('2026-11-27T12:05:01Z'),
    about: {
      kind: 'payment',
      payment: {
        orderId: order.orderId,
        paymentId: '2026112722001400001',
        cash: order.cash,
        fee: null,
        payee: `${APP}:${SELLER}`,
        paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
      },
    },
  })
  // Another app or seller, rightly signed: it is told, and differs from the gateway's.
  for (const other of [{ app_id: '2021000000000009' }, { seller_id: '2088000000000009' }]) {
    const { about } = await gateway.readNotice(raw(noticeOf({ ...told, ...other })))
    assert.ok(about.kind === 'payment' && about.payment.payee !== gateway.payee)
  }
})

test('notices that are not of a payment', async () => {
  const about = async (more: Record<string, string>) =>
    (await gateway.readNotice(raw(noticeOf({ ...told, ...more })))).about
  const refund = { refund_fee: '0.50', gmt_refund: '2026-11-27 20:10:00.123', out_biz_no: refundOrder.refundId }
  assert.deepEqual(await about(refund), {
    kind: 'refund',
    refund: {
      refundId: refundOrder.refundId,
      reference: '2026112722001400001',
      state: 'done',
      cash: null,
      at: Temporal.Instant.from('2026-11-27T12:10:00.123Z'),
    },
  })
  assert.equal((await about({ ...refund, trade_status: 'TRADE_CLOSED' })).kind, 'refund')
  assert.deepEqual(await about({ trade_status: 'WAIT_BUYER_PAY' }), {
    kind: 'other',
    what: `WAIT_BUYER_PAY ${order.orderId}`,
  })
  assert.equal((await about({ trade_status: 'TRADE_CLOSED' })).kind, 'other')
})

test('a notice that Alipay did not sign, or that is not for us, is refused', async () => {
  const values: Record<string, string> = noticeOf(told)
  const cases: [Record<string, string>, RegExp][] = [
    [{ ...values, total_amount: '2000.50' }, /signature/],
    [{ ...values, app_id: '2021000000000009' }, /signature/],
    [{ ...values, more: 'x' }, /signature/],
    [{ ...values, sign: '' }, /signature/],
    [{ ...values, sign: 'not base64 at all' }, /signature/],
    [noticeOf(told, app.privateKey), /signature/],
    [{ ...values, sign_type: 'RSA' }, /RSA2/],
    [{}, /RSA2/],
    [noticeOf({ ...told, trade_status: 'TRADE_CLOSED', seller_id: '2088000000000009' }), /another app or seller/],
    [noticeOf({ ...told, total_amount: '200.505' }), /plain decimal/],
    [noticeOf({ ...told, notify_time: 'yesterday' }), /a time/],
    [noticeOf({ ...told, trade_no: '' }), /trade_no/],
  ]
  for (const [each, detail] of cases)
    await assert.rejects(
      gateway.readNotice(raw(each)),
      (error: Error & { code: string; details: { detail: string } }) => {
        assert.equal(error.code, 'bad_signature')
        assert.match(error.details.detail, detail)
        return true
      },
    )
  const twice = raw(values)
  twice.body = Buffer.from(`${twice.body}&total_amount=2000.50`)
  await assert.rejects(gateway.readNotice(twice), { code: 'bad_signature' })
  assert.equal(gateway.thanks.body, 'success')
})

const HEAD =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注'
const BILL = [
  '#支付宝业务明细查询',
  '#账号：[20880000000000010156]',
  '#起始日期：[2026年11月26日 00:00:00]   终止日期：[2026年11月27日 00:00:00]',
  '#-----------------------------------------业务明细列表----------------------------------------',
  HEAD,
  `2026112622001400001\t,${order.orderId}\t,交易    ,Corehour 充值,2026-11-26 10:00:00,2026-11-26 10:00:09,\t,\t,\t,\t,*雅雯(185****1234)\t,200.50,200.50,0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,\t,-1.20,0.00,`,
  `2026112622001400001\t,${order.orderId}\t,退款    ,"Corehour, 充值",2026-11-26 10:00:00,2026-11-26 11:00:00,\t,\t,\t,\t,*雅雯(185****1234)\t,-0.50,-0.50,0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,${refundOrder.refundId}\t,0.00,0.00,备注`,
  '#-----------------------------------------业务明细列表结束------------------------------------',
  '#交易合计：1笔，商家实收共200.50元',
  '#导出时间：[2026年11月27日 09:15:03]',
].join('\r\n')

function answerBill(zip: Buffer): void {
  vendor.answer((seen) => {
    if (seen.method === 'GET') return { body: zip }
    return {
      body: signed(methodOf(seen), success({ bill_download_url: `${vendor.url}/bill?token=t&fileType=csv.zip` })),
    }
  })
}
const zipOf = (bill: string) =>
  makeZip([
    {
      name: encodeGbk('20880000000000010156_20261126_业务明细(汇总).csv'),
      body: encodeGbk('#汇总\r\n门店编号,交易订单总笔数\r\n合计,1\r\n'),
    },
    { name: encodeGbk('20880000000000010156_20261126_业务明细.csv'), body: encodeGbk(bill) },
  ])
const DAY = Temporal.PlainDate.from('2026-11-26')

test('a bill in GBK', async () => {
  answerBill(zipOf(BILL))
  assert.deepEqual(await gateway.statement(DAY), [
    {
      kind: 'payment',
      payment: {
        orderId: order.orderId,
        paymentId: '2026112622001400001',
        cash: order.cash,
        fee: { currency: 'CNY', minor: 120n },
        payee: `${APP}:${SELLER}`,
        paidAt: Temporal.Instant.from('2026-11-26T02:00:09Z'),
      },
    },
    {
      kind: 'refund',
      orderId: order.orderId,
      refund: {
        refundId: refundOrder.refundId,
        reference: '2026112622001400001',
        state: 'done',
        cash: { currency: 'CNY', minor: 50n },
        at: Temporal.Instant.from('2026-11-26T03:00:00Z'),
      },
    },
  ])
  assert.deepEqual(contentOf(vendor.seen[0]!), { bill_type: 'trade', bill_date: '2026-11-26' })
  assert.equal(vendor.seen[1]!.headers.authorization, undefined)
})

test('a bill that is not whole, or not understood, is none', async () => {
  const whole = zipOf(BILL)
  const damaged = Buffer.from(whole)
  damaged[80]! ^= 1
  const cases: [Buffer, RegExp][] = [
    [whole.subarray(0, 400), /zip/],
    [damaged, /zip|table/],
    [Buffer.from('<html>'), /zip/],
    [Buffer.alloc(0), /zip/],
    [zipOf(BILL.replace('支付宝交易号', '别的')), /no table/],
    [zipOf(BILL.replace('订单金额（元）', '金额')), /no column 订单金额/],
    [zipOf(BILL.replace('交易    ', '转账    ')), /kind 转账/],
    [zipOf(BILL.replace('Corehour 充值', 'Corehour, 充值')), /does not fit/],
    [zipOf(BILL.slice(0, BILL.indexOf('#-----------------------------------------业务明细列表结束'))), /no end/],
  ]
  for (const [zip, message] of cases) {
    answerBill(zip)
    await assert.rejects(gateway.statement(DAY), { name: 'Unreadable', message })
  }
})

test('a day without a bill: not out yet, or without trades', async () => {
  answerWith(failure('isp.bill_not_exist'))
  assert.deepEqual(await gateway.statement(DAY), [])
  await assert.rejects(gateway.statement(Temporal.PlainDate.from('2026-11-27')), {
    name: 'Unavailable',
    message: /not out/,
  })
})

test('what is no key ends the start, and is not told', () => {
  for (const wrong of [
    { privateKey: 'MIIEsecret' },
    { privateKey: app.publicKey },
    { alipayPublicKeys: ['MIIBsecret'] },
  ])
    assert.throws(
      () => openAlipayGateway({ ...settings, ...wrong }, clock),
      (error: Error) => {
        assert.match(error.message, /not an RSA key in PEM/)
        return !error.message.includes('secret')
      },
    )
})
