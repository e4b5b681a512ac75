import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import { openWechat, refusalOf } from '../clients.fixture.ts'
import { openMerchant, type Merchant } from '../merchant.fixture.ts'

test('an order lives as at WeChat Pay: unpaid, paid, told, refunded later', async (context) => {
  const merchant = await openMerchant(context)
  const wechat = openWechat(merchant)
  const { appId, mchId } = merchant.sandbox.settings().wechat
  assert.match(await wechat.open('order_1'), /\/cashier\/wx\d+$/)
  assert.equal((await wechat.query('order_1')).trade_state, 'NOTPAY')
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'paid')
  const paid = await wechat.query('order_1')
  assert.deepEqual([paid.trade_state, paid.amount.total, paid.appid, paid.mchid], ['SUCCESS', 1234, appId, mchId])

  await merchant.sandbox.settle()
  const notice = await wechat.read(merchant.received[0]!)
  assert.ok(notice.genuine)
  const { kind, transaction_id: transaction } = notice.content
  assert.deepEqual([kind, transaction], ['TRANSACTION.SUCCESS', paid.transaction_id])

  const refund = (no: string, amount: number) =>
    wechat.chain('v3/refund/domestic/refunds').post<any>({
      out_trade_no: 'order_1',
      out_refund_no: no,
      notify_url: `${merchant.address}/wechat/refund`,
      amount: { refund: amount, total: 1234, currency: 'CNY' },
    })
  const { data: asked } = await refund('refund_1', 234)
  assert.equal(asked.status, 'PROCESSING')
  assert.equal((await refund('refund_1', 234)).data.refund_id, asked.refund_id)
  assert.equal(await refusalOf(refund('refund_1', 235)), '400 INVALID_REQUEST')
  assert.equal(await refusalOf(refund('refund_2', 1001)), '400 INVALID_REQUEST')
  await merchant.sandbox.advance(2)
  const { data: done } = await wechat.chain('v3/refund/domestic/refunds/refund_1').get()
  assert.equal(done.status, 'SUCCESS')
  const told = await wechat.read(merchant.received[1]!)
  assert.deepEqual([told.content.kind, told.content.refund_id], ['REFUND.SUCCESS', asked.refund_id])
  assert.equal((await wechat.query('order_1')).trade_state, 'REFUND')
  const unknown = wechat.chain('v3/refund/domestic/refunds/refund_9').get()
  assert.equal(await refusalOf(unknown), '404 RESOURCE_NOT_EXISTS')
})

test('orders are refused as WeChat Pay refuses them', async (context) => {
  const merchant = await openMerchant(context)
  const wechat = openWechat(merchant)
  const { mchId: mchid } = merchant.sandbox.settings().wechat
  const close = (orderId: string) =>
    wechat.chain(`v3/pay/transactions/out-trade-no/${orderId}/close`).post<any>({ mchid })
  assert.equal(await refusalOf(wechat.query('order_1')), '404 ORDER_NOT_EXIST')
  assert.equal(await refusalOf(wechat.open('order_1', 0)), '400 PARAM_ERROR')
  assert.equal(await refusalOf(wechat.open('order_1', 12.5)), '400 PARAM_ERROR')
  assert.equal(await refusalOf(wechat.open('order_1', 1, { appid: 'wx0' })), '400 APPID_MCHID_NOT_MATCH')
  assert.equal(await refusalOf(wechat.open('order_1', 1, { notify_url: 'http://127.0.0.1:9/?a=b' })), '400 PARAM_ERROR')
  await wechat.open('order_1')
  assert.equal(await refusalOf(wechat.open('order_1', 1235)), '403 OUT_TRADE_NO_USED')
  assert.equal((await close('order_1')).status, 204)
  assert.equal((await wechat.query('order_1')).trade_state, 'CLOSED')
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'closed')
  assert.equal(await refusalOf(wechat.open('order_1')), '400 ORDER_CLOSED')

  await wechat.open('order_2')
  merchant.sandbox.pay('wechat', 'order_2')
  assert.equal(await refusalOf(close('order_2')), '400 INVALID_REQUEST')
  assert.equal(await refusalOf(wechat.open('order_2')), '400 INVALID_REQUEST')
})

test('a code lives two hours, and another is given to who asks again', async (context) => {
  let ahead = 0
  const merchant = await openMerchant(context, { clock: { now: () => Temporal.Now.instant().add({ seconds: ahead }) } })
  const wechat = openWechat(merchant)
  const time_expire = Temporal.Now.instant().add({ hours: 3 }).toString({ smallestUnit: 'second' })
  await wechat.open('order_1', 1234, { time_expire })
  ahead = 2 * 3600
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'expired')
  ahead = 0
  await wechat.open('order_1', 1234, { time_expire })
  ahead = 2 * 3600 - 60
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'paid')
})

test('requests that the merchant did not sign are none', async (context) => {
  const merchant = await openMerchant(context)
  const { url, mchId, serial } = merchant.sandbox.settings().wechat
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(`${url}/v3/pay/transactions/out-trade-no/order_1?mchid=${mchId}`, { headers })
    return `${answer.status} ${((await answer.json()) as { code: string }).code}`
  }
  const forged = Formatter.authorization(mchId, 'word', 'AAAA', Formatter.timestamp(), serial)
  assert.equal(await ask({}), '401 SIGN_ERROR')
  assert.equal(await ask({ authorization: forged }), '401 SIGN_ERROR')
  const old = signature(
    merchant,
    `/v3/pay/transactions/out-trade-no/order_1?mchid=${mchId}`,
    Formatter.timestamp() - 400,
  )
  assert.equal(await ask({ authorization: old }), '401 SIGN_ERROR')
  const now = signature(merchant, `/v3/pay/transactions/out-trade-no/order_1?mchid=${mchId}`, Formatter.timestamp())
  assert.equal(await ask({ authorization: now }), '404 ORDER_NOT_EXIST')
})

test('a day has its bill from ten the next morning, with a hash and an absolute address', async (context) => {
  // The library goes by the machine's clock: yesterday is made with a clock that stood there, and opened with signatures of then.
  let behind = Temporal.Duration.from({ hours: 34 })
  const merchant = await openMerchant(context, { clock: { now: () => Temporal.Now.instant().subtract(behind) } })
  const at = Temporal.Now.instant().subtract(behind)
  await openThen(merchant, 'order_1', at)
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'paid')
  behind = Temporal.Duration.from({ hours: 0 })

  const wechat = openWechat(merchant)
  const day = at.toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString()
  const { data } = await wechat.chain('v3/bill/tradebill').get({ params: { bill_date: day, bill_type: 'ALL' } })
  assert.equal(new URL(data.download_url).origin, merchant.sandbox.address)
  const params = { token: new URL(data.download_url).searchParams.get('token') }
  const { data: file } = await wechat.chain('v3/billdownload/file').get({ params, responseType: 'arraybuffer' })
  assert.equal(createHash('sha1').update(file).digest('hex'), data.hash_value)
  const { rows, summary } = Formatter.castCsvBill(file) as {
    rows: Record<string, string>[]
    summary: Record<string, string>
  }
  const { payments } = merchant.sandbox.look('wechat', 'order_1')
  assert.deepEqual(
    rows.map((row) => [row['微信订单号'], row['商户订单号'], row['交易状态'], row['订单金额'], row['手续费']]),
    [[payments[0]!.paymentId, 'order_1', 'SUCCESS', '12.34', '0.07']],
  )
  assert.equal(summary['订单总金额'], '12.34')
  const today = Temporal.Now.plainDateISO('Asia/Shanghai').toString()
  const early = wechat.chain('v3/bill/tradebill').get({ params: { bill_date: today } })
  await assert.rejects(early, (error: any) => error.response.data.code === 'INVALID_REQUEST')
})

/** Opens an order as of another time, with the library's parts. */
async function openThen(merchant: Merchant, orderId: string, at: Temporal.Instant): Promise<void> {
  const { url, appId: appid, mchId: mchid } = merchant.sandbox.settings().wechat
  const path = '/v3/pay/transactions/native'
  const content = { appid, mchid, description: '充值', out_trade_no: orderId, notify_url: `${merchant.address}/wechat` }
  const body = JSON.stringify({ ...content, amount: { total: 1234 } })
  const authorization = signature(merchant, path, Math.floor(at.epochMilliseconds / 1000), body)
  const headers = { authorization, accept: 'application/json', 'content-type': 'application/json' }
  const answer = await fetch(url + path, { method: 'POST', body, headers })
  assert.equal(answer.status, 200)
}

/** Of a GET, or of a POST with a body. */
function signature(merchant: Merchant, path: string, timestamp: number, body?: string): string {
  const { mchId, serial, privateKey } = merchant.sandbox.settings().wechat
  const nonce = Formatter.nonce()
  const text = Formatter.request(body === undefined ? 'GET' : 'POST', path, timestamp, nonce, body ?? '')
  const signed = Rsa.sign(text, Rsa.from(privateKey, Rsa.KEY_TYPE_PRIVATE))
  return Formatter.authorization(mchId, nonce, signed, timestamp, serial)
}
