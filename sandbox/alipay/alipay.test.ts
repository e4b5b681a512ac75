import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ZipBuffer } from 'node:zlib'
import { AlipaySdk } from 'alipay-sdk'
import { openMerchant, type Merchant } from '../merchant.fixture.ts'

// alipay-sdk writes its timestamps in the process's time zone, and Alipay reads them in China's.
before(() => void (process.env.TZ = 'Asia/Shanghai'))

/** Alipay's own library, told to check every signature. */
function openSdk({ sandbox }: Merchant) {
  const { url, appId, privateKey, alipayPublicKeys } = sandbox.settings().alipay
  const alipayPublicKey = alipayPublicKeys.at(-1)!
  const sdk = new AlipaySdk({ appId, privateKey, keyType: 'PKCS8', alipayPublicKey, gateway: url })
  return {
    verify: (body: string) => sdk.checkNotifySignV2(Object.fromEntries(new URLSearchParams(body))),
    call: (method: string, bizContent: object, more: object = {}) =>
      sdk.exec(method, { ...more, bizContent }, { validateSign: true }) as Promise<Record<string, any>>,
  }
}

async function openOrder(merchant: Merchant, orderId: string, amount = '12.34') {
  const sdk = openSdk(merchant)
  const bizContent = { out_trade_no: orderId, total_amount: amount, subject: 'Corehour 充值' }
  const answer = await sdk.call('alipay.trade.precreate', bizContent, { notifyUrl: `${merchant.address}/alipay` })
  return { sdk, answer }
}

test('an order lives as at Alipay: unknown until scanned, paid, told, refunded in parts', async (context) => {
  const merchant = await openMerchant(context)
  const { sdk, answer } = await openOrder(merchant, 'order_1')
  assert.equal(answer.code, '10000')
  assert.match(answer.qrCode, /^http:\/\/127\.0\.0\.1:\d+\/cashier\/\w+$/)
  const query = () => sdk.call('alipay.trade.query', { out_trade_no: 'order_1' })
  assert.equal((await query()).subCode, 'ACQ.TRADE_NOT_EXIST')

  await fetch(answer.qrCode)
  assert.equal((await query()).tradeStatus, 'WAIT_BUYER_PAY')
  assert.equal(merchant.sandbox.pay('alipay', 'order_1'), 'paid')
  const paid = await query()
  assert.equal(paid.tradeStatus, 'TRADE_SUCCESS')
  assert.equal(paid.totalAmount, '12.34')

  await merchant.sandbox.settle()
  assert.equal(merchant.received.length, 1)
  const notice = Object.fromEntries(new URLSearchParams(merchant.received[0]!.body))
  assert.ok(sdk.verify(merchant.received[0]!.body))
  assert.equal(notice.trade_no, paid.tradeNo)
  assert.equal(notice.seller_id, merchant.sandbox.settings().alipay.sellerId)

  const refund = (request: string, amount: string) =>
    sdk.call('alipay.trade.refund', { out_trade_no: 'order_1', out_request_no: request, refund_amount: amount })
  const first = await refund('refund_1', '2.34')
  assert.deepEqual([first.fundChange, first.refundFee, first.sendBackFee], ['Y', '2.34', '2.34'])
  assert.equal((await refund('refund_1', '2.34')).fundChange, 'N')
  assert.equal((await refund('refund_1', '2.35')).subCode, 'ACQ.DISCORDANT_REPEAT_REQUEST')
  assert.equal((await refund('refund_2', '10.01')).subCode, 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL')
  assert.equal((await refund('refund_2', '10.00')).refundFee, '12.34')
  assert.equal((await query()).tradeStatus, 'TRADE_CLOSED')
  const asked = { out_trade_no: 'order_1', out_request_no: 'refund_1', query_options: ['gmt_refund_pay'] }
  const known = await sdk.call('alipay.trade.fastpay.refund.query', asked)
  assert.deepEqual([known.refundStatus, known.refundAmount], ['REFUND_SUCCESS', '2.34'])
  assert.ok(known.gmtRefundPay)
  const unknown = await sdk.call('alipay.trade.fastpay.refund.query', { ...asked, out_request_no: 'refund_9' })
  assert.deepEqual([unknown.code, unknown.refundStatus], ['10000', undefined])
})

test('a day has its bill from nine the next morning: a zip of GBK files', async (context) => {
  const merchant = await openMerchant(context)
  const { sdk } = await openOrder(merchant, 'order_1')
  merchant.sandbox.pay('alipay', 'order_1')
  const { trade, payments } = merchant.sandbox.look('alipay', 'order_1')
  await sdk.call('alipay.trade.refund', { out_trade_no: 'order_1', out_request_no: 'refund_1', refund_amount: '0.34' })
  const day = Temporal.Instant.from(trade.openedAt).toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString()
  const ask = () => sdk.call('alipay.data.dataservice.bill.downloadurl.query', { bill_type: 'trade', bill_date: day })
  assert.equal((await ask()).subCode, 'isp.bill_not_exist')
  await merchant.sandbox.advance(33 * 3600)

  const { billDownloadUrl } = await ask()
  const files = new ZipBuffer(Buffer.from(await (await fetch(billDownloadUrl)).arrayBuffer()))
  const texts = [...files].map(([, entry]) => new TextDecoder('gbk').decode(entry.contentSync()))
  const rows = texts[0]!.split('\r\n').filter((line) => !line.startsWith('#'))
  const [heading, paid, back] = rows.map((row) => row.split(',').map((field) => field.trim()))
  assert.equal(heading![0], '支付宝交易号')
  assert.equal(paid!.length, heading!.length)
  const named = (row: string[], name: string) => row[heading!.indexOf(name)]
  assert.equal(named(paid!, '支付宝交易号'), payments[0]!.paymentId)
  assert.deepEqual(
    [paid!, back!].map((row) => [named(row, '业务类型'), named(row, '订单金额（元）') ?? named(row, '订单金额(元)')]),
    [
      ['交易', '12.34'],
      ['退款', '-0.34'],
    ],
  )
  assert.equal(named(paid!, '服务费(元)'), '-0.07')
  assert.equal(named(back!, '退款批次号/请求号'), 'refund_1')
  assert.match(texts[1]!, /业务汇总列表/)
  await merchant.sandbox.advance(31)
  assert.equal((await fetch(billDownloadUrl)).status, 403)
})
