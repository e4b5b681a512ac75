import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZipBuffer } from 'node:zlib'
import { openAlipay } from '../clients.fixture.ts'
import { openMerchant } from '../merchant.fixture.ts'

test('an order lives as at Alipay: unknown until scanned, paid, told, refunded in parts', async (context) => {
  const merchant = await openMerchant(context)
  const alipay = openAlipay(merchant)
  const { code, qrCode } = await alipay.open('order_1')
  assert.equal(code, '10000')
  assert.match(qrCode, /^http:\/\/127\.0\.0\.1:\d+\/cashier\/\w+$/)
  assert.equal((await alipay.query('order_1')).subCode, 'ACQ.TRADE_NOT_EXIST')

  await fetch(qrCode)
  assert.equal((await alipay.query('order_1')).tradeStatus, 'WAIT_BUYER_PAY')
  assert.equal(merchant.sandbox.pay('alipay', 'order_1'), 'paid')
  const paid = await alipay.query('order_1')
  assert.deepEqual([paid.tradeStatus, paid.totalAmount], ['TRADE_SUCCESS', '12.34'])

  await merchant.sandbox.settle()
  assert.equal(merchant.received.length, 1)
  const { genuine, content } = await alipay.read(merchant.received[0]!)
  assert.ok(genuine)
  const { appId, sellerId } = merchant.sandbox.settings().alipay
  assert.deepEqual(
    [content.trade_no, content.trade_status, content.app_id, content.seller_id],
    [paid.tradeNo, 'TRADE_SUCCESS', appId, sellerId],
  )

  const refund = (request: string, amount: string) =>
    alipay.call('alipay.trade.refund', { out_trade_no: 'order_1', out_request_no: request, refund_amount: amount })
  const first = await refund('refund_1', '2.34')
  assert.deepEqual([first.fundChange, first.refundFee, first.sendBackFee], ['Y', '2.34', '2.34'])
  assert.equal((await refund('refund_1', '2.34')).fundChange, 'N')
  assert.equal((await refund('refund_1', '2.35')).subCode, 'ACQ.DISCORDANT_REPEAT_REQUEST')
  assert.equal((await refund('refund_2', '10.01')).subCode, 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL')
  assert.equal((await refund('refund_2', '10.00')).refundFee, '12.34')
  assert.equal((await alipay.query('order_1')).tradeStatus, 'TRADE_CLOSED')
  const asked = { out_trade_no: 'order_1', out_request_no: 'refund_1', query_options: ['gmt_refund_pay'] }
  const known = await alipay.call('alipay.trade.fastpay.refund.query', asked)
  assert.deepEqual([known.refundStatus, known.refundAmount], ['REFUND_SUCCESS', '2.34'])
  assert.ok(known.gmtRefundPay)
  const unknown = await alipay.call('alipay.trade.fastpay.refund.query', { ...asked, out_request_no: 'refund_9' })
  assert.deepEqual([unknown.code, unknown.refundStatus], ['10000', undefined])
})

test('orders are refused as Alipay refuses them', async (context) => {
  const merchant = await openMerchant(context)
  const alipay = openAlipay(merchant)
  const openings = { '0': 'ACQ.INVALID_PARAMETER', '0.001': 'ACQ.INVALID_PARAMETER', '-1': 'ACQ.INVALID_PARAMETER' }
  for (const [amount, code] of Object.entries(openings))
    assert.equal((await alipay.open('order_1', amount)).subCode, code, amount)
  assert.equal((await alipay.open('order-1')).subCode, 'ACQ.INVALID_PARAMETER')
  await alipay.open('order_1')
  assert.equal((await alipay.open('order_1', '12.35')).subCode, 'ACQ.CONTEXT_INCONSISTENT')
  assert.equal((await alipay.open('order_1')).code, '10000')

  const close = (orderId: string) => alipay.call('alipay.trade.close', { out_trade_no: orderId })
  assert.equal((await close('order_1')).subCode, 'ACQ.TRADE_NOT_EXIST', 'nobody has scanned it')
  merchant.sandbox.pay('alipay', 'order_1')
  assert.equal((await alipay.open('order_1')).subCode, 'ACQ.TRADE_HAS_SUCCESS')
  assert.equal((await close('order_1')).subCode, 'ACQ.TRADE_STATUS_ERROR')

  const { qrCode } = await alipay.open('order_2')
  await fetch(qrCode)
  assert.equal((await close('order_2')).code, '10000')
  assert.equal((await alipay.query('order_2')).tradeStatus, 'TRADE_CLOSED')
  assert.equal(merchant.sandbox.pay('alipay', 'order_2'), 'closed')
  assert.equal((await alipay.open('order_2')).subCode, 'ACQ.TRADE_HAS_CLOSE')

  await alipay.open('order_3', '1.00', { timeout_express: '5m' })
  await merchant.sandbox.advance(300)
  assert.equal(merchant.sandbox.pay('alipay', 'order_3'), 'expired')
})

test('requests that are not signed by the application are none', async (context) => {
  const merchant = await openMerchant(context)
  const { url, appId } = merchant.sandbox.settings().alipay
  const ask = async (common: object) => {
    const base = { app_id: appId, method: 'alipay.trade.query', charset: 'utf-8', sign_type: 'RSA2', version: '1.0' }
    const query = new URLSearchParams({ ...base, timestamp: '2026-11-27 20:00:00', ...common })
    const answer = await fetch(`${url}?${query}`, { method: 'POST', body: new URLSearchParams({ biz_content: '{}' }) })
    return ((await answer.json()) as { error_response: { sub_code: string } }).error_response.sub_code
  }
  assert.equal(await ask({ sign: 'AAAA' }), 'isv.invalid-signature')
  assert.equal(await ask({}), 'isv.invalid-signature')
  assert.equal(await ask({ app_id: '2021' }), 'isv.invalid-app-id')
  assert.equal(await ask({ method: 'alipay.trade.pay' }), 'isv.invalid-method')
  assert.equal(await ask({ timestamp: 'now' }), 'isv.invalid-timestamp')
})

test('a day has its bill from nine the next morning: a zip of GBK files', async (context) => {
  const merchant = await openMerchant(context)
  const alipay = openAlipay(merchant)
  await alipay.open('order_1')
  merchant.sandbox.pay('alipay', 'order_1')
  const { trade, payments } = merchant.sandbox.look('alipay', 'order_1')
  const refund = { out_trade_no: 'order_1', out_request_no: 'refund_1', refund_amount: '0.34' }
  await alipay.call('alipay.trade.refund', refund)
  const day = Temporal.Instant.from(trade.openedAt).toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString()
  const ask = (bill_date: string) =>
    alipay.call('alipay.data.dataservice.bill.downloadurl.query', { bill_type: 'trade', bill_date })
  assert.equal((await ask(day)).subCode, 'isp.bill_not_exist')
  assert.equal((await ask('2026-02-30')).subCode, 'isv.invalid-arguments')
  await merchant.sandbox.advance(33 * 3600)

  const { billDownloadUrl } = await ask(day)
  const files = new ZipBuffer(Buffer.from(await (await fetch(billDownloadUrl)).arrayBuffer()))
  const texts = [...files].map(([, entry]) => new TextDecoder('gbk').decode(entry.contentSync()))
  const rows = texts[0]!.split('\r\n').filter((line) => !line.startsWith('#'))
  const [heading, paid, back] = rows.map((row) => row.split(',').map((field) => field.trim()))
  assert.equal(paid!.length, heading!.length)
  const named = (row: string[], names: string[]) => names.map((name) => row[heading!.indexOf(name)])
  const names = [
    '支付宝交易号',
    '商户订单号',
    '业务类型',
    '商品名称',
    '订单金额(元)',
    '服务费(元)',
    '退款批次号/请求号',
  ]
  const { paymentId } = payments[0]!
  assert.deepEqual(named(paid!, names), [paymentId, 'order_1', '交易', 'Corehour 充值', '12.34', '-0.07', ''])
  assert.deepEqual(named(back!, names), [paymentId, 'order_1', '退款', 'Corehour 充值', '-0.34', '0.00', 'refund_1'])
  assert.match(texts[1]!, /合计\t,\t,1,1,12\.00,/)
  await merchant.sandbox.advance(31)
  assert.equal((await fetch(billDownloadUrl)).status, 403)
})
