// Random schedules of orders, payers who pay late, twice or not at all, cancellations and misbehaviour, several of them at once: one credit for each real
// payment that fits, a dispute for each that does not, and a clean audit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Fault } from '../../sandbox/index.ts'
import { CHANNELS, type Channel } from '../../src/payments/index.ts'
import { openShop, type Shop } from './shop.ts'

const DAY = 86_400

/** What may go wrong with an order. That a second payment's only notice is lost is left out: no look follows a paid order, and a day's statement finds it. */
const FAULTS: readonly Fault[] = [
  { name: 'notice_lost' },
  { name: 'notice_doubled', copies: 3 },
  { name: 'notice_late', seconds: 900 },
  { name: 'notice_forged', times: 1 },
  { name: 'notices_reordered', times: 1 },
  { name: 'second_payment', times: 1 },
  { name: 'wrong_amount', times: 1 },
  { name: 'wrong_currency', times: 1 },
  { name: 'payment_after_close', times: 1 },
  { name: 'error_before_effect', times: 3 },
  { name: 'error_after_effect', times: 3 },
]

type Step =
  | { do: 'order'; channel: Channel; fault: Fault | null }
  | { do: 'pay' | 'cancel' | 'both'; order: number }
  | { do: 'pass'; seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('order' as const),
    channel: fc.constantFrom(...CHANNELS),
    fault: fc.option(fc.constantFrom(...FAULTS), { freq: 9 }),
  }),
  fc.record({
    do: fc.constantFrom('pay' as const, 'pay' as const, 'cancel' as const, 'both' as const),
    order: fc.oneof(fc.constant(0), fc.nat(7)),
  }),
  fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(1, 5, 20, 120, 1200, 2400) }),
)

type Placed = { channel: Channel; id: string }

async function perform(shop: Shop, placed: Placed[], what: Step): Promise<void> {
  if (what.do === 'pass') return shop.pass(what.seconds)
  if (what.do === 'order') {
    const { order_id: id } = await shop.order(what.channel)
    placed.push({ channel: what.channel, id })
    if (what.fault) shop.sandbox.misbehave({ ...what.fault, order: id })
    return
  }
  // The newest most often.
  const order = placed.at(-1 - (what.order % Math.max(1, placed.length)))
  if (!order) return
  const pay = () => {
    try {
      shop.sandbox.pay(order.channel, order.id)
    } catch {
      // It was never opened there.
    }
    return shop.sandbox.settle()
  }
  const cancel = () => shop.api.call('POST', `/v1/top-up-orders/${order.id}/cancel`, { key: shop.api.keys.customer })
  await Promise.all([...(what.do === 'cancel' ? [] : [pay()]), ...(what.do === 'pay' ? [] : [cancel(), shop.pass(5)])])
}

/** What the gateways really took, against what the books have of it. */
async function assertOneCreditEach(shop: Shop, placed: readonly Placed[]): Promise<void> {
  let fitting = 0
  for (const { channel, id } of placed) {
    const order = await shop.see(id)
    const asked = BigInt(order.charged.amount.replace('.', ''))
    const real = realPayments(shop, channel, id)
    const fit = real.filter((each) => each.minor === asked && each.currency === order.charged.currency)
    const credited = await shop.list('/v1/payments', { order_id: id })
    const idsOf = (ids: string[]) => ids.toSorted((a, b) => (a < b ? -1 : 1))
    assert.deepEqual(
      idsOf(credited.map((each) => each.payment_id)),
      idsOf(fit.map((each) => each.paymentId)),
      `${channel} ${id}`,
    )
    fitting += fit.length
    const disputes = (await shop.list('/v1/disputes', { limit: 1000 })).filter((each) => each.order_id === id)
    assert.equal(disputes.length, real.length - fit.length, `${channel} ${id}`)
    assert.equal(order.state === 'paid', fit.length > 0, `${channel} ${id} is ${order.state}`)
  }
  assert.equal(await shop.balance(), 200 * fitting)
}

function realPayments({ sandbox }: Shop, channel: Channel, id: string) {
  try {
    return sandbox.look(channel, id).payments
  } catch {
    return []
  }
}

test('whatever is paid however, and whatever goes wrong: one credit for each real payment', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 14, maxLength: 24, size: 'max' }), async (steps) => {
      const closing: (() => Promise<void>)[] = []
      const shop = await openShop({ after: (work) => void closing.push(work) })
      try {
        const placed: Placed[] = []
        for (const each of steps) await perform(shop, placed, each)
        shop.sandbox.behave()
        // Past every expiry, late look and repeated notice.
        await shop.pass(3600, 60)
        await shop.pass(2 * DAY, DAY / 8)
        await assertOneCreditEach(shop, placed)
      } finally {
        for (const work of closing) await work()
      }
    }),
    { seed: 2026, numRuns: 16, endOnFailure: true },
  )
  t.diagnostic('16 schedules')
})
