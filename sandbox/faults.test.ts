import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Aes } from 'wechatpay-axios-plugin'
import { openAlipay, openPaypal, openWechat, refusalOf, type Read } from './clients.fixture.ts'
import { FAULTS, type FaultName } from './index.ts'
import { openMerchant, type Merchant, type Received } from './merchant.fixture.ts'
import type { Channel } from './store.ts'

const CHANNELS = ['alipay', 'wechat', 'paypal'] as const

/** The three libraries, and for each: what it takes to be paid once. */
function openAll(merchant: Merchant, patienceMs?: number) {
  const alipay = openAlipay(merchant, patienceMs)
  const wechat = openWechat(merchant, patienceMs)
  const paypal = openPaypal(merchant, patienceMs)
  const pay = {
    async alipay(orderId: string) {
      await alipay.open(orderId)
      merchant.sandbox.pay('alipay', orderId)
    },
    async wechat(orderId: string) {
      await wechat.open(orderId)
      merchant.sandbox.pay('wechat', orderId)
    },
    async paypal(orderId: string) {
      const id = await paypal.open(orderId)
      merchant.sandbox.pay('paypal', orderId)
      await paypal.orders.captureOrder({ id })
    },
  }
  const refund = {
    alipay: (orderId: string) =>
      alipay.call('alipay.trade.refund', { out_trade_no: orderId, out_request_no: 'r', refund_amount: '1.00' }),
    async wechat(orderId: string) {
      const amount = { refund: 100, total: 1234, currency: 'CNY' }
      const body = { out_trade_no: orderId, out_refund_no: `r_${orderId}`, amount }
      await wechat.chain('v3/refund/domestic/refunds').post<any>(body)
      await merchant.sandbox.advance(2)
    },
    async paypal(orderId: string) {
      const { paymentId: captureId } = merchant.sandbox.look('paypal', orderId).payments[0]!
      const body = { amount: { currencyCode: 'USD', value: '1.00' } }
      return paypal.payments.refundCapturedPayment({ captureId, paypalRequestId: `r_${orderId}`, body })
    },
  }
  const read = { alipay: alipay.read, wechat: wechat.read, paypal: paypal.read }
  return { alipay, wechat, paypal, pay, refund, read }
}

/** Which notices came, and of each whether it is of a payment. */
function paymentNotices(merchant: Merchant, channel: Channel): Received[] {
  const ofPayment = {
    alipay: 'trade_status=TRADE_SUCCESS',
    wechat: 'TRANSACTION.SUCCESS',
    paypal: 'PAYMENT.CAPTURE.COMPLETED',
  }
  return merchant.received.filter(({ path, body }) => path === `/${channel}` && body.includes(ofPayment[channel]))
}

function amountIn(channel: Channel, { content }: Read): string {
  if (channel === 'alipay') return content.total_amount
  return channel === 'wechat' ? String(content.amount.total) : content.resource.amount.value
}

/** Application and seller as a notice tells them. */
function payeeIn(channel: Channel, { content }: Read): (string | undefined)[] {
  if (channel === 'alipay') return [content.app_id, content.seller_id]
  return channel === 'wechat' ? [content.appid, content.mchid] : [undefined, content.resource.payee.merchant_id]
}

for (const channel of CHANNELS) {
  test(`notices of ${channel} are lost, doubled and late when they are told to`, async (context) => {
    const merchant = await openMerchant(context)
    const { pay } = openAll(merchant)
    const { sandbox } = merchant
    sandbox.misbehave({ name: 'notice_lost', order: 'order_lost' })
    await pay[channel]('order_lost')
    await sandbox.advance(100_000)
    assert.equal(paymentNotices(merchant, channel).length, 0)

    const other = await openMerchant(context)
    other.sandbox.misbehave({ name: 'notice_doubled', order: 'order_three', copies: 3 })
    await openAll(other).pay[channel]('order_three')
    await other.sandbox.settle()
    const three = paymentNotices(other, channel)
    assert.equal(three.length, 3)
    assert.equal(new Set(three.map(({ body }) => body)).size, 1, 'the same, byte for byte')
    assert.deepEqual(other.sandbox.look(channel, 'order_three').notices.at(-1)!.deliveries.length, 3)

    const late = await openMerchant(context)
    late.sandbox.misbehave({ name: 'notice_late', seconds: 100 })
    await openAll(late).pay[channel]('order_late')
    await late.sandbox.advance(99)
    assert.equal(paymentNotices(late, channel).length, 0)
    await late.sandbox.advance(1)
    assert.equal(paymentNotices(late, channel).length, 1)
  })

  test(`notices of ${channel} come out of order, forged and stale when they are told to`, async (context) => {
    const merchant = await openMerchant(context)
    const { sandbox, received } = merchant
    const { pay, refund, read } = openAll(merchant)
    sandbox.misbehave({ name: 'notices_reordered', channel, times: channel === 'paypal' ? 2 : 1 })
    if (channel === 'paypal') {
      // The agreement is held back by the payment, and would be by nothing later.
      await pay.paypal('order_1')
      await sandbox.advance(5)
      const kinds = received.map(({ body }) => JSON.parse(body).event_type)
      assert.deepEqual(kinds, ['PAYMENT.CAPTURE.COMPLETED', 'CHECKOUT.ORDER.APPROVED'])
    } else {
      await pay[channel]('order_1')
      await sandbox.settle()
      assert.equal(received.length, 0, 'held back')
      await refund[channel]('order_1')
      await sandbox.advance(5)
      assert.equal(received.length, 2)
      const last = await read[channel](received[1]!)
      assert.ok(channel === 'alipay' ? !last.content.refund_fee : last.content.kind === 'TRANSACTION.SUCCESS')
    }

    received.length = 0
    sandbox.behave()
    sandbox.misbehave({ name: 'notice_forged', order: 'order_forged' })
    await pay[channel]('order_forged')
    await sandbox.settle()
    const [forged] = paymentNotices(merchant, channel)
    assert.equal((await read[channel](forged!)).genuine, false)

    received.length = 0
    sandbox.misbehave({ name: 'notice_stale', order: 'order_stale', seconds: 3600 })
    await pay[channel]('order_stale')
    await sandbox.settle()
    const [stale] = paymentNotices(merchant, channel)
    assert.ok((await read[channel](stale!)).genuine)
    const age = Temporal.Now.instant().since(sentAt(channel, stale!)).total('seconds')
    assert.ok(age > 3500 && age < 3700, `it says that it was sent ${age} s ago`)
  })

  test(`payments of ${channel} are wrong where they are told to be, in notice and answer`, async (context) => {
    const merchant = await openMerchant(context)
    const { sandbox } = merchant
    const all = openAll(merchant)
    const wrong: FaultName[] = ['wrong_amount', 'wrong_currency', 'wrong_app', 'wrong_seller']
    for (const name of wrong) {
      merchant.received.length = 0
      sandbox.misbehave({ name, order: `order_${name}` })
      await all.pay[channel](`order_${name}`)
      await sandbox.settle()
      const notice = await all.read[channel](paymentNotices(merchant, channel)[0]!)
      assert.ok(notice.genuine, name)
      const right = channel === 'wechat' ? '1234' : '12.34'
      const { alipay, wechat, paypal } = sandbox.settings()
      const payee = { alipay: [alipay.appId, alipay.sellerId], wechat: [wechat.appId, wechat.mchId] }
      const [app, seller] = channel === 'paypal' ? [undefined, paypal.merchantId] : payee[channel]
      const [toldApp, toldSeller] = payeeIn(channel, notice)
      assert.equal(amountIn(channel, notice) === right, name !== 'wrong_amount', name)
      assert.equal(JSON.stringify(notice.content).includes('HKD'), name === 'wrong_currency', name)
      assert.equal(toldSeller === seller, name !== 'wrong_seller', name)
      // PayPal's events name no application.
      assert.equal(toldApp === app, channel === 'paypal' || name !== 'wrong_app', name)
    }
    const amount = {
      alipay: async () => (await all.alipay.query('order_wrong_amount')).totalAmount,
      wechat: async () => (await all.wechat.query('order_wrong_amount')).amount.total / 100,
      async paypal() {
        const { number: id } = sandbox.look('paypal', 'order_wrong_amount').trade
        const { result } = await all.paypal.orders.getOrder({ id })
        return result.purchaseUnits![0]!.payments!.captures![0]!.amount!.value
      },
    }
    assert.equal(String(await amount[channel]()), '12.33')
  })

  test(`an order of ${channel} is paid twice, and after its end, where it is told to`, async (context) => {
    const merchant = await openMerchant(context)
    const { sandbox } = merchant
    const { pay, paypal } = openAll(merchant)
    sandbox.misbehave({ name: 'second_payment', order: 'order_twice' })
    await pay[channel]('order_twice')
    await sandbox.settle()
    assert.equal(new Set(sandbox.look(channel, 'order_twice').payments.map(({ paymentId }) => paymentId)).size, 2)
    assert.equal(paymentNotices(merchant, channel).length, 2)

    // Of one that is paid already, the payer pays once more later.
    await pay[channel]('order_again')
    assert.equal(sandbox.pay(channel, 'order_again'), 'already')
    sandbox.misbehave({ name: 'payment_after_close', order: 'order_again' })
    assert.equal(sandbox.pay(channel, 'order_again'), channel === 'paypal' ? 'approved' : 'paid')
    if (channel === 'paypal') assert.ok(paypal)
    else assert.equal(sandbox.look(channel, 'order_again').payments.length, 2)
  })
}

/** When a notice says that it was sent. */
function sentAt(channel: Channel, { headers, body }: Received): Temporal.Instant {
  if (channel === 'paypal') return Temporal.Instant.from(String(headers['paypal-transmission-time']))
  if (channel === 'wechat') return Temporal.Instant.fromEpochMilliseconds(Number(headers['wechatpay-timestamp']) * 1000)
  const time = new URLSearchParams(body).get('notify_time')!.replace(' ', 'T')
  return Temporal.PlainDateTime.from(time).toZonedDateTime('Asia/Shanghai').toInstant()
}

test('WeChat Pay probes with a signature that must be refused, and then sends the notice', async (context) => {
  const merchant = await openMerchant(context)
  const { wechat, pay } = openAll(merchant)
  merchant.answers(401, '{"code":"FAIL"}')
  merchant.sandbox.misbehave({ name: 'notice_probed', channel: 'wechat' })
  await pay.wechat('order_1')
  await merchant.sandbox.settle()
  merchant.answers(200)
  await merchant.sandbox.advance(15)
  const [probe, notice] = merchant.received
  assert.match(String(probe!.headers['wechatpay-signature']), /^WECHATPAY\/SIGNTEST\//)
  assert.deepEqual([(await wechat.read(probe!)).genuine, (await wechat.read(notice!)).genuine], [false, true])
})

test('a closed order is paid all the same where it is told to be', async (context) => {
  const merchant = await openMerchant(context)
  const { alipay, wechat } = openAll(merchant)
  const { sandbox } = merchant
  await alipay.open('order_1', '12.34', { timeout_express: '1m' })
  await wechat.open('order_1')
  const { mchId: mchid } = sandbox.settings().wechat
  await wechat.chain('v3/pay/transactions/out-trade-no/order_1/close').post<any>({ mchid })
  await sandbox.advance(60)
  assert.deepEqual([sandbox.pay('alipay', 'order_1'), sandbox.pay('wechat', 'order_1')], ['expired', 'closed'])
  sandbox.misbehave({ name: 'payment_after_close' })
  assert.deepEqual([sandbox.pay('alipay', 'order_1'), sandbox.pay('wechat', 'order_1')], ['paid', 'paid'])
  assert.equal((await alipay.query('order_1')).tradeStatus, 'TRADE_SUCCESS')
  assert.equal((await wechat.query('order_1')).trade_state, 'SUCCESS')
})

test('calls fail before and after they take effect, or never answer', async (context) => {
  const merchant = await openMerchant(context)
  const { sandbox } = merchant
  const { alipay, wechat, paypal, pay } = openAll(merchant, 1_500)
  const open = {
    alipay: (orderId: string) => alipay.open(orderId),
    wechat: (orderId: string) => wechat.open(orderId),
    paypal: (orderId: string) => paypal.open(orderId),
  }
  const isKnown = (channel: Channel, orderId: string) => {
    try {
      return sandbox.look(channel, orderId).trade.orderId === orderId
    } catch {
      return false
    }
  }
  for (const channel of CHANNELS) {
    sandbox.misbehave({ name: 'error_before_effect', channel, order: 'order_before', call: 'open', times: 1 })
    assert.match(await refusalOf(open[channel]('order_before')), /502/, channel)
    assert.equal(isKnown(channel, 'order_before'), false, channel)
    await open[channel]('order_before')
    sandbox.misbehave({ name: 'error_after_effect', channel, order: 'order_after', times: 1 })
    assert.match(await refusalOf(open[channel]('order_after')), /502/, channel)
    assert.equal(isKnown(channel, 'order_after'), true, channel)
    sandbox.misbehave({ name: 'timeout_after_success', channel, order: 'order_silent', times: 1 })
    assert.match(await refusalOf(open[channel]('order_silent')), /time|ECONNABORTED|abort/i, channel)
    assert.equal(isKnown(channel, 'order_silent'), true, channel)
    await open[channel]('order_silent')
  }
  // Of one call alone: a refund that was done, and whose answer never came, is done once.
  await pay.alipay('order_1')
  sandbox.misbehave({ name: 'timeout_after_success', channel: 'alipay', call: 'refund', times: 1 })
  const refund = () =>
    alipay.call('alipay.trade.refund', { out_trade_no: 'order_1', out_request_no: 'r', refund_amount: '1.00' })
  assert.notEqual(await refusalOf(refund()), 'ok')
  assert.equal((await refund()).fundChange, 'N')
})

test('a refund that the payer can not take is told in the way of each gateway', async (context) => {
  const merchant = await openMerchant(context)
  const { sandbox } = merchant
  const { alipay, wechat, pay, refund } = openAll(merchant)
  for (const channel of CHANNELS) await pay[channel]('order_1')
  sandbox.misbehave({ name: 'refund_abnormal', order: 'order_1' })
  assert.equal(
    (await alipay.call('alipay.trade.refund', { out_trade_no: 'order_1', refund_amount: '12.34' })).subCode,
    'ACQ.BUYER_ERROR',
  )
  await refund.wechat('order_1')
  await sandbox.settle()
  const { data } = await wechat.chain('v3/refund/domestic/refunds/r_order_1').get()
  assert.equal(data.status, 'ABNORMAL')
  const told = await wechat.read(merchant.received.filter(({ path }) => path === '/wechat').at(-1)!)
  assert.equal(told.content.kind, 'REFUND.ABNORMAL')
  const { result } = (await refund.paypal('order_1'))!
  assert.equal(result.status, 'FAILED')
})

test('keys are changed: new ones sign, and who knows only the old ones takes nothing', async (context) => {
  const merchant = await openMerchant(context)
  const { sandbox, received } = merchant
  const before = openAll(merchant)
  for (const channel of CHANNELS) await sandbox.rotate(channel)
  await assert.rejects(before.alipay.open('order_1'), /验签失败|verify|sign/i)
  const after = openAll(merchant)
  for (const channel of CHANNELS) await after.pay[channel]('order_1')
  await sandbox.settle()
  const [notice] = paymentNotices(merchant, 'alipay')
  assert.deepEqual(
    [(await before.read.alipay(notice!)).genuine, (await after.read.alipay(notice!)).genuine],
    [false, true],
  )
  assert.equal(sandbox.settings().alipay.alipayPublicKeys.length, 2)

  // WeChat Pay's is a platform certificate now, which its clients fetch, sealed.
  const { data } = await after.wechat.chain('v3/certificates').get()
  const [{ serial_no: serial, encrypt_certificate: sealed }] = data.data
  const { ciphertext, nonce, associated_data: about } = sealed
  const certificate = Aes.AesGcm.decrypt(ciphertext, sandbox.settings().wechat.apiV3Key, nonce, about)
  const told = paymentNotices(merchant, 'wechat')[0]!
  assert.equal(told.headers['wechatpay-serial'], serial)
  assert.ok((await after.wechat.read(told, { [serial]: certificate })).genuine)

  const certificates = new Set(received.flatMap(({ headers }) => headers['paypal-cert-url'] ?? []))
  assert.equal(certificates.size, 1)
  assert.ok((await after.read.paypal(paymentNotices(merchant, 'paypal')[0]!)).genuine)
})

test('a fault is used up by its times, and everything has its words', async (context) => {
  const merchant = await openMerchant(context)
  const { alipay } = openAll(merchant)
  merchant.sandbox.misbehave({ name: 'error_before_effect', times: 2 })
  const codes = [await refusalOf(alipay.open('order_1')), await refusalOf(alipay.open('order_1'))]
  assert.ok(codes.every((code) => /502/.test(code)))
  assert.equal(await refusalOf(alipay.open('order_1')), 'ok')
  merchant.sandbox.misbehave({ name: 'error_before_effect' })
  merchant.sandbox.behave()
  assert.equal(await refusalOf(alipay.open('order_1')), 'ok')
  for (const [name, words] of Object.entries(FAULTS)) assert.ok(words.length > 10, name)
})
