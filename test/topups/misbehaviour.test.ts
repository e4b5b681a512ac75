// Everything that the sandbox can do wrong, through the real clients and over HTTP: one credit for each real payment, and never one that does not fit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../sandbox/index.ts'
import { CHANNELS, type Channel } from '../../src/payments/index.ts'
import { openGateways, openShop, type Shop } from './shop.ts'

const MINUTE = 60

/** Orders, pays, and lets so long pass. */
async function topUp(shop: Shop, channel: Channel, seconds = 10): Promise<any> {
  const { order_id: id } = await shop.order(channel)
  shop.sandbox.pay(channel, id)
  await shop.settle()
  await shop.pass(seconds, 5)
  return shop.see(id)
}

/** Something that goes wrong on the way, after which the order is paid all the same. */
const ON_THE_WAY: { fault: Fault; channels?: readonly Channel[]; refused?: boolean; seconds?: number }[] = [
  { fault: { name: 'notice_lost' } },
  { fault: { name: 'notice_doubled', copies: 3 } },
  { fault: { name: 'notice_late', seconds: 3600 }, seconds: 2 * MINUTE },
  { fault: { name: 'notice_forged' }, refused: true },
  { fault: { name: 'notice_stale' }, channels: ['wechat'], refused: true },
  { fault: { name: 'notice_stale' }, channels: ['alipay', 'paypal'] },
  { fault: { name: 'error_before_effect', times: 2 } },
  { fault: { name: 'error_after_effect', times: 2 } },
  { fault: { name: 'timeout_after_success', times: 2 } },
  { fault: { name: 'error_before_effect', call: 'open', times: 4 }, seconds: MINUTE },
  { fault: { name: 'error_after_effect', call: 'open', times: 4 }, seconds: MINUTE },
  { fault: { name: 'timeout_after_success', call: 'open', times: 4 }, seconds: MINUTE },
  { fault: { name: 'error_after_effect', call: 'capture', times: 4 }, channels: ['paypal'], seconds: MINUTE },
  { fault: { name: 'timeout_after_success', call: 'capture', times: 4 }, channels: ['paypal'], seconds: MINUTE },
]

/** Who tells which application and seller were paid, and where. Alipay's answers are about the trades of who asks; PayPal names no application. */
const TELLS: Record<Channel, Partial<Record<string, readonly ('notice' | 'look')[]>>> = {
  alipay: { wrong_app: ['notice'], wrong_seller: ['notice'] },
  wechat: { wrong_app: ['notice', 'look'], wrong_seller: ['notice', 'look'] },
  paypal: { wrong_seller: ['notice', 'look'] },
}

for (const channel of CHANNELS) {
  test(`${channel}: whatever goes wrong on the way, the order is paid and credited once`, async (t) => {
    const shop = await openShop(t)
    let credited = 0
    for (const { fault, channels = CHANNELS, refused, seconds = 10 } of ON_THE_WAY) {
      if (!channels.includes(channel)) continue
      const what = `${fault.name} ${fault.call ?? ''}`
      shop.sandbox.misbehave({ ...fault, channel })
      const { order_id: id, state } = await shop.order(channel)
      assert.ok(state === 'awaiting' || fault.call === 'open', what)
      // A payer can't pay what was not offered yet.
      if (state === 'opening') await shop.pass(20)
      assert.ok((await shop.see(id)).state === 'awaiting', what)
      shop.sandbox.pay(channel, id)
      await shop.settle()
      await shop.pass(seconds, 5)
      shop.sandbox.behave()
      const found = await shop.see(id)
      assert.deepEqual([found.state, found.credited.amount], ['paid', '200.00000000'], what)
      credited += 200
      assert.equal(await shop.balance(), credited, what)
      const deliveries = shop.sandbox.look(channel, id).notices.flatMap((notice) => notice.deliveries)
      assert.equal(
        deliveries.some(({ status }) => status !== 200n),
        refused ?? false,
        what,
      )
    }
    // An hour on, what was late or is sent again has come, and nothing has changed.
    await shop.pass(2 * 3600, 600)
    assert.equal(await shop.balance(), credited)
    assert.deepEqual(await shop.list('/v1/disputes'), [])
  })

  test(`${channel}: a wrong amount, currency, application or seller is a dispute, by notice and by look, and never a credit`, async (t) => {
    const shop = await openShop(t)
    let disputes = 0
    for (const [name, reason] of [
      ['wrong_amount', 'wrong_amount'],
      ['wrong_currency', 'wrong_currency'],
      ['wrong_app', 'wrong_payee'],
      ['wrong_seller', 'wrong_payee'],
    ] as const) {
      for (const by of ['notice', 'look'] as const) {
        shop.sandbox.misbehave({ name, channel, times: 1 })
        if (by === 'look') shop.sandbox.misbehave({ name: 'notice_lost', channel })
        const found = await topUp(shop, channel)
        shop.sandbox.behave()
        const told = reason !== 'wrong_payee' || (TELLS[channel][name]?.includes(by) ?? false)
        assert.equal(found.state, told ? 'disputed' : 'paid', `${name}, by ${by}`)
        if (!told) continue
        disputes++
        const [dispute] = (await shop.list('/v1/disputes')).filter((each) => each.order_id === found.order_id)
        assert.equal(dispute.reason, reason)
      }
    }
    assert.ok(disputes >= 4)
    assert.equal((await shop.list('/v1/disputes')).length, disputes)
    assert.equal(await shop.balance(), 200 * (8 - disputes))
  })

  test(`${channel}: paid twice, paid after it was closed, and notices the wrong way round: every payment is credited, and flagged`, async (t) => {
    const shop = await openShop(t)
    const { sandbox } = shop
    for (const reordered of [false, true]) {
      sandbox.misbehave({ name: 'second_payment', channel, times: 1 })
      if (reordered) sandbox.misbehave({ name: 'notices_reordered', channel, times: 1 })
      const twice = await topUp(shop, channel)
      sandbox.behave()
      assert.equal(twice.credited.amount, '400.00000000', `reordered: ${reordered}`)
      const flags = (await shop.list('/v1/payments', { order_id: twice.order_id })).map(({ flag }) => flag)
      assert.deepEqual(new Set(flags), new Set([null, 'second']))
    }
    assert.equal(await shop.balance(), 800)

    if (channel === 'paypal') return
    const { order_id: id } = await shop.order(channel)
    // Seen, so that it can be closed.
    await fetch(new URL((await shop.see(id)).qr))
    await shop.api.call('POST', `/v1/top-up-orders/${id}/cancel`, { key: shop.api.keys.customer })
    assert.equal((await shop.see(id)).state, 'closed')
    assert.equal(sandbox.pay(channel, id), 'closed')
    sandbox.misbehave({ name: 'payment_after_close', channel, times: 1 })
    sandbox.misbehave({ name: 'notice_lost', channel })
    assert.equal(sandbox.pay(channel, id), 'paid')
    await shop.pass(40 * MINUTE, MINUTE)
    const late = await shop.see(id)
    assert.deepEqual([late.state, late.credited.amount], ['paid', '200.00000000'], 'a late look found it')
    assert.equal((await shop.list('/v1/payments', { order_id: id }))[0].flag, 'late')
  })
}

test('keys rotate: what WeChat Pay and PayPal sign with a new one is verified, Alipay’s when it stands beside the old', async (t) => {
  const shop = await openShop(t)
  const { alipayPublicKeys: old } = shop.sandbox.settings().alipay
  for (const channel of ['wechat', 'paypal'] as const) {
    await topUp(shop, channel)
    await shop.sandbox.rotate(channel)
    assert.equal((await topUp(shop, channel)).state, 'paid', channel)
  }
  await shop.sandbox.rotate('alipay')
  const { order_id: id, state } = await shop.order('alipay')
  assert.equal(state, 'opening', 'nothing that an unknown key signed is believed')
  const keys = shop.sandbox.settings().alipay.alipayPublicKeys
  assert.ok(keys.length > old.length)
  const { port } = shop.api.http.server.address() as { port: number }
  openGateways(shop.gateways, shop.sandbox, `http://127.0.0.1:${port}`, shop.api)
  await shop.pass(25)
  shop.sandbox.pay('alipay', id)
  await shop.settle()
  assert.equal((await shop.see(id)).state, 'paid')
})

test('a refund that was not asked for here is told, and kept for staff', async (t) => {
  const shop = await openShop(t)
  for (const channel of CHANNELS) {
    const paid = await topUp(shop, channel)
    const [payment] = await shop.list('/v1/payments', { order_id: paid.order_id })
    const { currency, amount } = payment.paid
    const cash = { currency, minor: BigInt(amount.replace('.', '')) }
    await shop.gateways.get(channel)!.refund({
      refundId: `refund_of_somebody_${channel}`,
      orderId: paid.order_id,
      paymentId: payment.payment_id,
      cash,
      paid: cash,
      reason: 'by hand, at the company',
    })
    await shop.pass(MINUTE, 10)
    const [dispute] = await shop.list('/v1/disputes', { state: 'open' })
    assert.deepEqual([dispute.channel, dispute.reason], [channel, 'unknown_refund'])
  }
  assert.equal(await shop.balance(), 600)
})
