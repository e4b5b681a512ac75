import type { Channel, Gateway, Payment } from './gateway.ts'
import { isOpen, type TopUpOrder } from './order.ts'
import type { DisputeReason } from './dispute.ts'

/** What a gateway says was paid, and how we came to know. */
export type Heard = { channel: Channel; payment: Payment; foundBy: 'notice' | 'look' }

/** Why staff look at a payment that was credited all the same. */
export type Flag = 'late' | 'second' | 'settled'

export type Verdict =
  | { outcome: 'known' }
  | { outcome: 'credited'; order: TopUpOrder; flag: Flag | null }
  | { outcome: 'disputed'; order: TopUpOrder | undefined; reason: DisputeReason }

/** A payment that is in the books: credited, or in dispute. */
export type Known = { channel: Channel; paymentId: string; orderId: string | null; disputed: boolean }

/**
 * What is to be done about a payment: the one rule of what is credited. It is compared with the order as it stands and with the
 * gateway's own payee; `known` is what the books have under the same number.
 */
export function judge(
  { channel, payment }: Heard,
  order: TopUpOrder | undefined,
  { payee }: Gateway,
  known: Known | undefined,
): Verdict {
  if (known?.disputed || (known && known.orderId === payment.orderId)) return { outcome: 'known' }
  const dispute = (reason: DisputeReason): Verdict => ({ outcome: 'disputed', order, reason })
  if (!order || order.channel !== channel) return { outcome: 'disputed', order: undefined, reason: 'unknown_order' }
  if (known) return dispute('other_order')
  if (payment.payee !== payee) return dispute('wrong_payee')
  if (payment.cash.currency !== order.charged.currency) return dispute('wrong_currency')
  if (payment.cash.minor !== order.charged.minor) return dispute('wrong_amount')
  const flag = order.state === 'paid' ? 'second' : isOpen(order) && order.cancelledAt === null ? null : 'late'
  return { outcome: 'credited', order, flag }
}
