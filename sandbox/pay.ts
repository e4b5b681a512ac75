import { queueNotice } from './notices.ts'
import { tellApproval } from './paypal/events.ts'
import { nowOf, placeOf, type Stand } from './stand.ts'
import type { Payment, Trade } from './store.ts'
import { isExpired } from './trade.ts'
import { VENDORS } from './vendor.ts'

export type PayOutcome = 'paid' | 'approved' | 'closed' | 'expired' | 'already'

/** A payer looks at a trade: Alipay makes its trade only now. */
export function see(stand: Stand, trade: Trade): Trade {
  if (trade.seenAt) return trade
  const at = nowOf(stand)
  const reference = trade.channel === 'alipay' ? VENDORS.alipay.drawPaymentId(at) : null
  const seen = { ...trade, seenAt: at, reference: trade.reference ?? reference }
  stand.store.put('trade', seen)
  return seen
}

/** A payer pays: money moves with Alipay and WeChat Pay; with PayPal the payer agrees, and the merchant captures. */
export function pay(stand: Stand, looked: Trade): PayOutcome {
  return stand.store.together(() => {
    const trade = see(stand, looked)
    const refused = judge(stand, trade)
    if (refused && !stand.faults.take('payment_after_close', placeOf(trade))) return refused
    if (trade.channel !== 'paypal') {
      takePayment(stand, trade)
      return 'paid'
    }
    const approved = { ...trade, approvedAt: nowOf(stand), declinedAt: null }
    stand.store.put('trade', approved)
    queueNotice(stand, approved, tellApproval(stand, approved))
    return 'approved'
  })
}

/** A payer doesn't want to. The trade stays open: they may think better of it. */
export function decline(stand: Stand, trade: Trade): void {
  stand.store.put('trade', { ...trade, declinedAt: nowOf(stand) })
}

/** Moves a trade's money and tells the merchant. Misbehaviour makes the payment differ, or makes two of it. */
export function takePayment(stand: Stand, trade: Trade): void {
  const twice = stand.faults.take('second_payment', placeOf(trade)) !== undefined
  for (let left = twice ? 2 : 1; left > 0; left--) {
    const payment = makePayment(stand, trade)
    stand.store.put('payment', payment)
    queueNotice(stand, trade, VENDORS[trade.channel].tellPayment(stand, trade, payment))
  }
}

function judge(stand: Stand, trade: Trade): PayOutcome | undefined {
  if (trade.closedAt) return 'closed'
  if (trade.approvedAt || stand.store.paymentsOf(trade.number).length > 0) return 'already'
  return isExpired(stand, trade) || trade.scannableUntil <= nowOf(stand) ? 'expired' : undefined
}

function makePayment(stand: Stand, trade: Trade): Payment {
  const vendor = VENDORS[trade.channel]
  const at = nowOf(stand)
  const strikes = (name: 'wrong_amount' | 'wrong_currency' | 'wrong_app' | 'wrong_seller') =>
    stand.faults.take(name, placeOf(trade))
  const amount = strikes('wrong_amount')
  const { app, seller } = vendor.payee(stand)
  const minor = trade.minor + (amount ? BigInt(amount.minor ?? -1) : 0n)
  const first = stand.store.paymentsOf(trade.number).length === 0
  return {
    paymentId: (first && trade.reference) || vendor.drawPaymentId(at),
    channel: trade.channel,
    number: trade.number,
    orderId: trade.orderId,
    currency: strikes('wrong_currency') ? 'HKD' : trade.currency,
    minor,
    fee: vendor.feeOf(minor),
    app: strikes('wrong_app') ? another(app) : app,
    seller: strikes('wrong_seller') ? another(seller) : seller,
    paidAt: at,
  }
}

/** Another id of the same form. */
function another(id: string): string {
  return id.slice(0, -1) + (id.endsWith('0') ? '1' : '0')
}
