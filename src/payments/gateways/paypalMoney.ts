import { Unavailable } from '../../base/index.ts'
import type { Cash, GatewayRefund, Payment } from '../gateway.ts'
import { readCash, writeCash } from './cash.ts'
import type { Fields } from './fields.ts'

const REFUND_STATES = new Map<string, GatewayRefund['state']>([
  ['COMPLETED', 'done'],
  ['PENDING', 'underway'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'failed'],
])

/** @param orderId where the capture is seen within an order; alone it tells the order's number itself. */
export function readCapture(capture: Fields, payee: string, orderId = capture.maybe('custom_id') ?? ''): Payment {
  const breakdown = capture.has('seller_receivable_breakdown') ? capture.object('seller_receivable_breakdown') : null
  return {
    orderId,
    paymentId: capture.text('id'),
    cash: cashOf(capture.object('amount')),
    fee: breakdown?.has('paypal_fee') ? cashOf(breakdown.object('paypal_fee')) : null,
    payee,
    paidAt: capture.instant('create_time'),
  }
}

/** @param refundId ours, where it is known; a refund made by hand at PayPal has none. */
export function readRefund(refund: Fields, refundId = refund.maybe('invoice_id') ?? refund.text('id')): GatewayRefund {
  const status = refund.text('status')
  const state = REFUND_STATES.get(status)
  if (!state) throw new Unavailable(`PayPal: a refund of status ${status}`)
  const cash = refund.has('amount') ? cashOf(refund.object('amount')) : null
  return {
    refundId,
    reference: refund.text('id'),
    state,
    cash,
    at: refund.has('update_time') ? refund.instant('update_time') : null,
  }
}

export function moneyOf(cash: Cash) {
  return { currency_code: cash.currency, value: writeCash(cash) }
}

export function cashOf(money: Fields): Cash {
  return readCash(money.text('value'), money.text('currency_code'))
}
