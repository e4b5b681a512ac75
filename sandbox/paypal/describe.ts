import { utcSeconds } from '../clock.ts'
import type { Stand } from '../stand.ts'
import type { Payment, Refund, Trade } from '../store.ts'
import { isExpired, refundedOf } from '../trade.ts'
import { moneyOf } from './money.ts'

/** What of an order its merchant sent beside the amount. */
export type Details = {
  reference_id: string
  custom_id?: string
  invoice_id?: string
  description?: string
  return_url?: string
  cancel_url?: string
  /** Named by its payment source, an order has other words for the same. */
  payer_action: boolean
}

export const PAYER = {
  name: { given_name: 'Sandbox', surname: 'Payer' },
  email_address: 'payer@sandbox.example',
  payer_id: 'QYR5Z8XDVJNXQ',
  address: { country_code: 'US' },
}

export function detailsOf(trade: Trade): Details {
  return JSON.parse(trade.details)
}

export function statusOf(stand: Stand, trade: Trade): string {
  if (stand.store.paymentsOf(trade.number).length > 0) return 'COMPLETED'
  if (trade.approvedAt) return 'APPROVED'
  return detailsOf(trade).payer_action ? 'PAYER_ACTION_REQUIRED' : 'CREATED'
}

/** An order that its payer let lie: PayPal no longer knows it. */
export function isForgotten(stand: Stand, trade: Trade): boolean {
  return isExpired(stand, trade) && stand.store.paymentsOf(trade.number).length === 0
}

export function describeOrder(stand: Stand, trade: Trade) {
  const details = detailsOf(trade)
  const payments = stand.store.paymentsOf(trade.number)
  const approved = trade.approvedAt !== null
  const payer = {
    email_address: PAYER.email_address,
    account_id: PAYER.payer_id,
    account_status: 'VERIFIED',
    name: PAYER.name,
    address: PAYER.address,
  }
  const refunds = payments.flatMap((payment) =>
    stand.store.refundsOf(payment.paymentId).map((refund) => describeRefund(stand, trade, payment, refund)),
  )
  return {
    id: trade.number,
    intent: 'CAPTURE',
    status: statusOf(stand, trade),
    ...(approved && { payment_source: { paypal: payer }, payer: PAYER }),
    purchase_units: [
      {
        reference_id: details.reference_id,
        amount: moneyOf(trade.currency, trade.minor),
        payee: {
          email_address: 'merchant@sandbox.example',
          merchant_id: payments[0]?.seller ?? stand.identity.paypal.merchantId,
        },
        description: details.description,
        custom_id: details.custom_id,
        invoice_id: details.invoice_id,
        ...(payments.length > 0 && {
          payments: { captures: payments.map((payment) => describeCapture(stand, trade, payment)), refunds },
        }),
      },
    ],
    create_time: utcSeconds(trade.openedAt),
    update_time: utcSeconds(payments.at(-1)?.paidAt ?? trade.approvedAt ?? trade.openedAt),
    links: linksOf(stand, trade),
  }
}

export function linksOf(stand: Stand, trade: Trade) {
  const order = `${stand.address()}/v2/checkout/orders/${trade.number}`
  const self = { href: order, rel: 'self', method: 'GET' }
  const status = statusOf(stand, trade)
  const capture = { href: `${order}/capture`, rel: 'capture', method: 'POST' }
  if (status === 'COMPLETED') return [self]
  if (status === 'APPROVED') return [self, capture]
  const page = `${stand.address()}/checkoutnow?token=${trade.number}`
  const approve = { href: page, rel: status === 'CREATED' ? 'approve' : 'payer-action', method: 'GET' }
  return [self, approve, ...(status === 'CREATED' ? [capture] : [])]
}

export function describeCapture(stand: Stand, trade: Trade, payment: Payment) {
  const { custom_id, invoice_id } = detailsOf(trade)
  const amount = moneyOf(payment.currency, payment.minor)
  const back = refundedOf(stand, payment)
  const capture = `${stand.address()}/v2/payments/captures/${payment.paymentId}`
  return {
    id: payment.paymentId,
    status: back === 0n ? 'COMPLETED' : back < payment.minor ? 'PARTIALLY_REFUNDED' : 'REFUNDED',
    amount,
    final_capture: true,
    seller_protection: { status: 'NOT_ELIGIBLE' },
    seller_receivable_breakdown: {
      gross_amount: amount,
      paypal_fee: moneyOf(payment.currency, payment.fee),
      net_amount: moneyOf(payment.currency, payment.minor - payment.fee),
    },
    custom_id,
    invoice_id,
    payee: { email_address: 'merchant@sandbox.example', merchant_id: payment.seller },
    supplementary_data: { related_ids: { order_id: trade.number } },
    create_time: utcSeconds(payment.paidAt),
    update_time: utcSeconds(payment.paidAt),
    links: [
      { href: capture, rel: 'self', method: 'GET' },
      { href: `${capture}/refund`, rel: 'refund', method: 'POST' },
      { href: `${stand.address()}/v2/checkout/orders/${trade.number}`, rel: 'up', method: 'GET' },
    ],
  }
}

export function describeRefund(stand: Stand, trade: Trade, payment: Payment, refund: Refund) {
  // A refund's own numbers; without them it carries the order's.
  const { custom_id, invoice_id } = { ...detailsOf(trade), ...JSON.parse(refund.details) } as Details
  const amount = moneyOf(payment.currency, refund.minor)
  const failed = refund.state === 'abnormal'
  return {
    id: refund.reference,
    status: failed ? 'FAILED' : 'COMPLETED',
    ...(failed && { status_details: { reason: 'DECLINED' } }),
    amount,
    custom_id,
    invoice_id,
    note_to_payer: refund.reason || undefined,
    seller_payable_breakdown: {
      gross_amount: amount,
      // PayPal keeps its fee.
      paypal_fee: moneyOf(payment.currency, 0n),
      net_amount: amount,
      total_refunded_amount: moneyOf(payment.currency, refundedOf(stand, payment)),
    },
    create_time: utcSeconds(refund.askedAt),
    update_time: utcSeconds(refund.doneAt ?? refund.askedAt),
    links: refundLinks(stand, payment, refund),
  }
}

export function refundLinks(stand: Stand, payment: Payment, refund: Refund) {
  return [
    { href: `${stand.address()}/v2/payments/refunds/${refund.reference}`, rel: 'self', method: 'GET' },
    { href: `${stand.address()}/v2/payments/captures/${payment.paymentId}`, rel: 'up', method: 'GET' },
  ]
}
