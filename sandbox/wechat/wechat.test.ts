import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin'
import { openMerchant, type Merchant, type Received } from '../merchant.fixture.ts'

/** WeChat Pay's own interceptors, which verify every answer. */
function openClient({ sandbox }: Merchant) {
  const { url, mchId: mchid, serial, privateKey, publicKeys } = sandbox.settings().wechat
  // It puts its own keys into what it is given.
  return new Wechatpay({ mchid, serial, privateKey, certs: { ...publicKeys }, baseURL: url })
}

async function openOrder(merchant: Merchant, orderId: string, total = 1234) {
  const { appId: appid, mchId: mchid } = merchant.sandbox.settings().wechat
  const client = openClient(merchant)
  const body = {
    appid,
    mchid,
    description: 'Corehour 充值',
    out_trade_no: orderId,
    notify_url: `${merchant.address}/wechat`,
    amount: { total, currency: 'CNY' },
  }
  const { data } = await client.chain('v3/pay/transactions/native').post<any>(body)
  return { client, body, codeUrl: data.code_url as string }
}

/** Opens a notice with the library's own helpers; throws where its signature is not by the key that it names. */
function openNotice({ sandbox }: Merchant, { headers, body }: Received) {
  const { apiV3Key, publicKeys } = sandbox.settings().wechat
  const text = Formatter.response(String(headers['wechatpay-timestamp']), String(headers['wechatpay-nonce']), body)
  const key = publicKeys[String(headers['wechatpay-serial'])]!
  assert.ok(Rsa.verify(text, String(headers['wechatpay-signature']), Rsa.from(key, Rsa.KEY_TYPE_PUBLIC)))
  const { event_type: kind, resource } = JSON.parse(body)
  const { ciphertext, nonce, associated_data: about } = resource
  return { kind, content: JSON.parse(Aes.AesGcm.decrypt(ciphertext, apiV3Key, nonce, about)) }
}

test('an order lives as at WeChat Pay: unpaid, paid, told, refunded later', async (context) => {
  const merchant = await openMerchant(context)
  const { client, codeUrl } = await openOrder(merchant, 'order_1')
  const { mchId: mchid, appId } = merchant.sandbox.settings().wechat
  const query = async () =>
    (await client.chain('v3/pay/transactions/out-trade-no/order_1').get({ params: { mchid } })).data
  assert.match(codeUrl, /\/cashier\/wx\d+$/)
  assert.equal((await query()).trade_state, 'NOTPAY')
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'paid')
  const paid = await query()
  assert.deepEqual([paid.trade_state, paid.amount.total, paid.appid], ['SUCCESS', 1234, appId])

  await merchant.sandbox.settle()
  const notice = openNotice(merchant, merchant.received[0]!)
  assert.equal(notice.kind, 'TRANSACTION.SUCCESS')
  assert.equal(notice.content.transaction_id, paid.transaction_id)

  const refund = (no: string, amount: number) =>
    client.chain('v3/refund/domestic/refunds').post<any>({
      out_trade_no: 'order_1',
      out_refund_no: no,
      notify_url: `${merchant.address}/wechat/refund`,
      amount: { refund: amount, total: 1234, currency: 'CNY' },
    })
  const { data: asked } = await refund('refund_1', 234)
  assert.equal(asked.status, 'PROCESSING')
  assert.equal((await refund('refund_1', 234)).data.refund_id, asked.refund_id)
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'ok',
      (error) => `${error.response.status} ${error.response.data.code}`,
    )
  assert.equal(await codeOf(refund('refund_1', 235)), '400 INVALID_REQUEST')
  assert.equal(await codeOf(refund('refund_2', 1001)), '400 INVALID_REQUEST')
  await merchant.sandbox.advance(2)
  const { data: done } = await client.chain('v3/refund/domestic/refunds/refund_1').get()
  assert.equal(done.status, 'SUCCESS')
  const told = openNotice(merchant, merchant.received[1]!)
  assert.deepEqual([told.kind, told.content.refund_id], ['REFUND.SUCCESS', asked.refund_id])
  assert.equal(await codeOf(client.chain('v3/refund/domestic/refunds/refund_9').get()), '404 RESOURCE_NOT_EXISTS')
})

test('a day has its bill from ten the next morning, with a hash and an absolute address', async (context) => {
  // The library goes by the machine's clock: yesterday is made with a clock that stood there, and opened with signatures of then.
  let behind = Temporal.Duration.from({ hours: 34 })
  const merchant = await openMerchant(context, { clock: { now: () => Temporal.Now.instant().subtract(behind) } })
  const at = Temporal.Now.instant().subtract(behind)
  await openThen(merchant, 'order_1', at)
  assert.equal(merchant.sandbox.pay('wechat', 'order_1'), 'paid')
  behind = Temporal.Duration.from({ hours: 0 })

  const client = openClient(merchant)
  const day = at.toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString()
  const { data } = await client.chain('v3/bill/tradebill').get({ params: { bill_date: day, bill_type: 'ALL' } })
  assert.equal(new URL(data.download_url).origin, merchant.sandbox.address)
  const params = { token: new URL(data.download_url).searchParams.get('token') }
  const { data: file } = await client.chain('v3/billdownload/file').get({ params, responseType: 'arraybuffer' })
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
  const early = client.chain('v3/bill/tradebill').get({ params: { bill_date: today } })
  await assert.rejects(early, (error: any) => error.response.data.code === 'INVALID_REQUEST')
})

/** Opens an order as of another time, with the library's parts. */
async function openThen(merchant: Merchant, orderId: string, at: Temporal.Instant): Promise<void> {
  const { url, appId: appid, mchId: mchid, serial, privateKey } = merchant.sandbox.settings().wechat
  const path = '/v3/pay/transactions/native'
  const content = { appid, mchid, description: '充值', out_trade_no: orderId, notify_url: `${merchant.address}/wechat` }
  const body = JSON.stringify({ ...content, amount: { total: 1234 } })
  const [timestamp, nonce] = [Math.floor(at.epochMilliseconds / 1000), Formatter.nonce()]
  const signature = Rsa.sign(
    Formatter.request('POST', path, timestamp, nonce, body),
    Rsa.from(privateKey, Rsa.KEY_TYPE_PRIVATE),
  )
  const authorization = Formatter.authorization(mchid, nonce, signature, timestamp, serial)
  const headers = { authorization, accept: 'application/json', 'content-type': 'application/json' }
  const answer = await fetch(url + path, { method: 'POST', body, headers })
  assert.equal(answer.status, 200)
}
