import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAlipay, openPaypal, openWechat } from './clients.fixture.ts'
import { openMerchant, type Merchant } from './merchant.fixture.ts'
import type { Channel } from './store.ts'

const DAY = 86_400

/** Seconds from one send of an order's last notice to the next, as the sandbox keeps them. */
function gaps({ sandbox }: Merchant, channel: Channel): number[] {
  const { deliveries } = sandbox.look(channel, 'order_1').notices.at(-1)!
  const at = deliveries.map((delivery) => Temporal.Instant.from(delivery.at))
  return at.slice(1).map((next, place) => next.since(at[place]!).total('seconds'))
}

test('Alipay sends eight times within 25 hours, until it hears success', async (context) => {
  const merchant = await openMerchant(context)
  const alipay = openAlipay(merchant)
  merchant.answers(200, 'fail')
  await alipay.open('order_1')
  merchant.sandbox.pay('alipay', 'order_1')
  await merchant.sandbox.advance(2 * DAY)
  assert.deepEqual(gaps(merchant, 'alipay'), [240, 600, 600, 3600, 7200, 21_600, 54_000])
  assert.equal(merchant.received.length, 8)
  const ids = merchant.received.map(({ body }) => new URLSearchParams(body).get('notify_id'))
  assert.equal(new Set(ids).size, 1, 'one notice')
  for (const received of merchant.received) assert.ok((await alipay.read(received)).genuine)
})

test('WeChat Pay sends sixteen times within a day, until it hears 200 or 204', async (context) => {
  const merchant = await openMerchant(context)
  const wechat = openWechat(merchant)
  merchant.answers(500, '{"code":"FAIL"}')
  await wechat.open('order_1')
  merchant.sandbox.pay('wechat', 'order_1')
  await merchant.sandbox.advance(2 * DAY)
  const minutes = [3, 10, 20, 30, 30, 30, 60, 180, 180, 180, 360, 360].map((each) => each * 60)
  assert.deepEqual(gaps(merchant, 'wechat'), [15, 15, 30, ...minutes])
  const ids = merchant.received.map(({ body }) => JSON.parse(body).id)
  assert.equal(new Set(ids).size, 1, 'one notice')
  for (const received of merchant.received) assert.ok((await wechat.read(received)).genuine)
})

test('PayPal sends 25 times more within three days, until it hears 2xx', async (context) => {
  const merchant = await openMerchant(context)
  const paypal = openPaypal(merchant)
  merchant.answers(404)
  await paypal.open('order_1')
  merchant.sandbox.pay('paypal', 'order_1')
  await merchant.sandbox.advance(4 * DAY)
  const all = gaps(merchant, 'paypal')
  assert.equal(all.length, 25)
  assert.deepEqual(all.slice(0, 4), [60, 120, 240, 480])
  const hours = all.reduce((sum, each) => sum + each, 0) / 3600
  assert.ok(hours > 71 && hours < 73, `${hours} h`)
  assert.equal(new Set(merchant.received.map(({ headers }) => headers['paypal-transmission-id'])).size, 1)
})

test('each gateway stops where it is thanked in its way, and nowhere else', async (context) => {
  const merchant = await openMerchant(context)
  const { sandbox } = merchant
  const [alipay, wechat, paypal] = [openAlipay(merchant), openWechat(merchant), openPaypal(merchant)]
  const open = { alipay: alipay.open, wechat: wechat.open, paypal: paypal.open }
  const answers: [Channel, number, string, boolean][] = [
    ['alipay', 200, 'success', true],
    ['alipay', 200, 'SUCCESS', false],
    ['alipay', 204, '', false],
    ['alipay', 500, 'success', false],
    ['wechat', 200, '', true],
    ['wechat', 204, '', true],
    ['wechat', 202, '', false],
    ['wechat', 400, '{"code":"FAIL"}', false],
    ['paypal', 202, '', true],
    ['paypal', 302, '', false],
    ['paypal', 500, '', false],
  ]
  for (const [place, [channel, status, body, thanked]] of answers.entries()) {
    merchant.answers(status, body)
    await open[channel](`order_${place}`)
    sandbox.pay(channel, `order_${place}`)
    await sandbox.settle()
    const [notice] = sandbox.look(channel, `order_${place}`).notices
    assert.equal(notice!.answeredAt !== null, thanked, `${channel} ${status} ${body}`)
    assert.equal(notice!.dueAt === null, thanked, `${channel} ${status} ${body}`)
  }
})

test('a merchant that is away is told when it is back', async (context) => {
  const merchant = await openMerchant(context)
  const alipay = openAlipay(merchant)
  await alipay.open('order_1', '12.34', {})
  const { sandbox } = merchant
  merchant.answers(503)
  sandbox.pay('alipay', 'order_1')
  await sandbox.settle()
  merchant.answers(200, 'success')
  await sandbox.advance(239)
  assert.equal(merchant.received.length, 1)
  await sandbox.advance(1)
  assert.equal(merchant.received.length, 2)
  await sandbox.advance(DAY)
  assert.equal(merchant.received.length, 2, 'and no more once it has thanked')
})

test('a thousand payments at once, each told three times, are all told', async (context) => {
  const merchant = await openMerchant(context)
  const { sandbox } = merchant
  const alipay = openAlipay(merchant)
  sandbox.misbehave({ name: 'notice_doubled', copies: 3 })
  const orders = Array.from({ length: 1000 }, (_, place) => `order_${place}`)
  for (let from = 0; from < orders.length; from += 50)
    await Promise.all(orders.slice(from, from + 50).map((orderId) => alipay.open(orderId)))
  for (const orderId of orders) assert.equal(sandbox.pay('alipay', orderId), 'paid')
  await sandbox.settle()
  const told = new Map<string, number>()
  for (const { body } of merchant.received) {
    const orderId = new URLSearchParams(body).get('out_trade_no')!
    told.set(orderId, (told.get(orderId) ?? 0) + 1)
  }
  assert.deepEqual([told.size, ...new Set(told.values())], [1000, 3])
})
