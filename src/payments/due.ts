import { earlier, instantOf, later, secondsOf } from '../base/index.ts'
import type { TopUpOrder } from './order.ts'

/**
 * While a person waits: after 5 s, then ever more seldom, by half of what the order is old, up to a minute. A notice comes in one or two; who
 * waits for one that is lost waits half as long again at most.
 */
const SOONEST = 5
const SELDOM = 60
/** An order that could not be closed is tried again, ever more seldom up to five minutes. */
const SELDOM_CLOSING = 300
/** Looks after the end for payments that still arrived, in seconds after the expiry: 2 minutes, an hour, a day. */
const LATE = [120, 3600, 86_400]

type Standing = Pick<TopUpOrder, 'state' | 'createdAt' | 'expiresAt' | 'cancelledAt'>

/** When the gateway of an order is asked next, as it stands after a look at `now`; null: not again. */
export function nextLook(order: Standing, now: Temporal.Instant): Temporal.Instant | null {
  const { state, createdAt, expiresAt, cancelledAt } = order
  if (state === 'paid' || state === 'disputed') return null
  if (state === 'opening' || state === 'awaiting') {
    const end = cancelledAt ?? expiresAt
    const ending = Temporal.Instant.compare(now, end) >= 0
    const since = secondsOf(now) - secondsOf(ending ? end : createdAt)
    const pause = Math.min(Math.max(SOONEST, Math.floor(since / 2)), ending ? SELDOM_CLOSING : SELDOM)
    const next = now.add({ seconds: pause })
    return ending ? next : earlier(next, end)
  }
  const late = LATE.find((seconds) => secondsOf(expiresAt) + seconds > secondsOf(now))
  return late === undefined ? null : later(now, instantOf(secondsOf(expiresAt) + late))
}
