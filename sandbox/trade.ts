import { addSeconds } from './clock.ts'
import { nowOf, type Stand } from './stand.ts'
import type { Payment, Trade } from './store.ts'

type Asked = 'number' | 'channel' | 'orderId' | 'currency' | 'minor' | 'subject' | 'notifyUrl' | 'expiresAt' | 'details'

/** A trade as it is asked for, which nobody has looked at yet. */
export function newTrade(stand: Stand, asked: Pick<Trade, Asked>): Trade {
  return {
    ...asked,
    reference: null,
    openedAt: nowOf(stand),
    scannableUntil: asked.expiresAt,
    seenAt: null,
    approvedAt: null,
    declinedAt: null,
    closedAt: null,
  }
}

export function isExpired(stand: Stand, trade: Trade): boolean {
  return trade.expiresAt <= nowOf(stand)
}

/** How much of a payment was given back, refunds under way included. */
export function refundedOf(stand: Stand, payment: Payment): bigint {
  return stand.store
    .refundsOf(payment.paymentId)
    .filter((refund) => refund.state !== 'abnormal')
    .reduce((sum, refund) => sum + refund.minor, 0n)
}

/** Whether a payment is too old to be given back. */
export function isPastRefund(stand: Stand, payment: Payment, days: number): boolean {
  return addSeconds(payment.paidAt, days * 86_400) < nowOf(stand)
}
