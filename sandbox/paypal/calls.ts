import type { Outcome } from '../answer.ts'
import { addSeconds } from '../clock.ts'
import { objectOf, textOf, type Content } from '../content.ts'
import { nonce, paypalId } from '../draw.ts'
import { queueNotice } from '../notices.ts'
import { takePayment } from '../pay.ts'
import { nowOf, placeOf, type Stand } from '../stand.ts'
import type { Payment, Refund, Trade } from '../store.ts'
import { isPastRefund, newTrade, refundedOf } from '../trade.ts'
import {
  describeOrder,
  describeRefund,
  detailsOf,
  isForgotten,
  linksOf,
  refundLinks,
  statusOf,
  type Details,
} from './describe.ts'
import { paypal } from './events.ts'
import { readMoney } from './money.ts'

const ORDER_SECONDS = 3 * 3600
const REFUND_DAYS = 180

const NAMES: Record<number, [string, string]> = {
  400: ['INVALID_REQUEST', 'Request is not well-formed, syntactically incorrect, or violates schema.'],
  401: ['AUTHENTICATION_FAILURE', 'Authentication failed due to missing Authorization header, or invalid credentials.'],
  404: ['RESOURCE_NOT_FOUND', 'The specified resource does not exist.'],
  422: [
    'UNPROCESSABLE_ENTITY',
    'The requested action could not be performed, semantically incorrect, or failed business validation.',
  ],
}

export function refuse(status: 400 | 404 | 422, issue: string, description = issue): Outcome {
  const [name, message] = NAMES[status]!
  return {
    status,
    body: { name, message, debug_id: nonce().slice(0, 13), details: [{ issue, description }], links: [] },
  }
}

export const unknown = () => refuse(404, 'INVALID_RESOURCE_ID', 'Specified resource ID does not exist.')

/** POST /v2/checkout/orders */
export function createOrder(stand: Stand, content: Content, full: boolean): Outcome {
  const unit = firstUnit(content)
  const units = content.purchase_units
  if (content.intent !== 'CAPTURE' || !Array.isArray(units) || units.length !== 1)
    return refuse(400, 'INVALID_PARAMETER_VALUE', 'The sandbox takes intent CAPTURE and one purchase unit.')
  const money = readMoney(objectOf(unit.amount))
  if ('issue' in money) return refuse(money.issue === 'MISSING_REQUIRED_PARAMETER' ? 400 : 422, money.issue)
  const number = paypalId()
  const details = readDetails(content, unit)
  const trade = newTrade(stand, {
    number,
    channel: 'paypal',
    orderId: details.invoice_id ?? details.custom_id ?? number,
    currency: money.currency,
    minor: money.minor,
    subject: details.description ?? '',
    notifyUrl: null,
    expiresAt: addSeconds(nowOf(stand), ORDER_SECONDS),
    details: JSON.stringify(details),
  })
  stand.store.put('trade', trade)
  return { status: 201, body: sayOrder(stand, trade, full) }
}

export function firstUnit(content: Content): Content {
  return Array.isArray(content.purchase_units) ? objectOf(content.purchase_units[0]) : {}
}

/** Addresses stand with the payment source, or in the older application_context. */
function readDetails(content: Content, unit: Content): Details {
  const source = objectOf(content.payment_source).paypal
  const context = { ...objectOf(content.application_context), ...objectOf(objectOf(source).experience_context) }
  const named = { custom_id: unit.custom_id, invoice_id: unit.invoice_id, description: unit.description }
  const addresses = { return_url: context.return_url, cancel_url: context.cancel_url }
  const texts = Object.entries({ ...named, ...addresses }).flatMap(([name, value]) => {
    const text = textOf(value)
    return text === undefined ? [] : [[name, text]]
  })
  const reference_id = textOf(unit.reference_id) ?? 'default'
  return { ...Object.fromEntries(texts), reference_id, payer_action: source !== undefined }
}

/** An order whole, or only what the next step needs. */
export function sayOrder(stand: Stand, trade: Trade, full: boolean) {
  if (full) return describeOrder(stand, trade)
  return { id: trade.number, status: statusOf(stand, trade), links: linksOf(stand, trade) }
}

/** GET /v2/checkout/orders/{id} */
export function showOrder(stand: Stand, number: string): Outcome {
  const trade = findOrder(stand, number)
  return trade ? { status: 200, body: describeOrder(stand, trade) } : unknown()
}

/** POST /v2/checkout/orders/{id}/capture: takes what the payer agreed to. */
export function captureOrder(stand: Stand, number: string): Outcome {
  const trade = findOrder(stand, number)
  if (!trade) return unknown()
  if (stand.store.paymentsOf(number).length > 0)
    return refuse(
      422,
      'ORDER_ALREADY_CAPTURED',
      "Order already captured. If 'intent=CAPTURE' only one capture per order is allowed.",
    )
  if (!trade.approvedAt) return refuse(422, 'ORDER_NOT_APPROVED', 'Payer has not yet approved the Order for payment.')
  if (isInvoicePaid(stand, trade)) return refuse(422, 'DUPLICATE_INVOICE_ID', 'Duplicate Invoice ID detected.')
  takePayment(stand, trade)
  return { status: 201, body: describeOrder(stand, trade) }
}

/** POST /v2/payments/captures/{id}/refund */
export function refundCapture(
  stand: Stand,
  captureId: string,
  content: Content,
  requestId: string,
  full: boolean,
): Outcome {
  const payment = findCapture(stand, captureId)
  if (!payment) return unknown()
  const trade = stand.store.trade(payment.number)!
  const left = payment.minor - refundedOf(stand, payment)
  const money = content.amount ? readMoney(objectOf(content.amount)) : { currency: payment.currency, minor: left }
  if ('issue' in money) return refuse(422, money.issue)
  if (money.currency !== payment.currency) return refuse(422, 'REFUND_CAPTURE_CURRENCY_MISMATCH')
  if (left === 0n) return refuse(422, 'CAPTURE_FULLY_REFUNDED', 'The capture has already been fully refunded')
  if (isPastRefund(stand, payment, REFUND_DAYS))
    return refuse(422, 'REFUND_TIME_LIMIT_EXCEEDED', 'You are over the time limit to perform a refund on this capture.')
  if (money.minor > left)
    return refuse(
      422,
      'REFUND_AMOUNT_EXCEEDED',
      'The refund amount must be less than or equal to the capture amount that has not yet been refunded.',
    )
  const at = nowOf(stand)
  const refund: Refund = {
    channel: 'paypal',
    refundId: requestId,
    reference: paypalId(),
    paymentId: captureId,
    number: trade.number,
    minor: money.minor,
    state: stand.faults.take('refund_abnormal', placeOf(trade)) ? 'abnormal' : 'success',
    reason: textOf(content.note_to_payer) ?? '',
    notifyUrl: null,
    askedAt: at,
    dueAt: null,
    doneAt: at,
    details: JSON.stringify({ custom_id: content.custom_id, invoice_id: content.invoice_id }),
  }
  stand.store.put('refund', refund)
  queueNotice(stand, trade, paypal.tellRefund(stand, trade, payment, refund))
  const whole = describeRefund(stand, trade, payment, refund)
  const { id, status } = whole
  return { status: 201, body: full ? whole : { id, status, links: refundLinks(stand, payment, refund) } }
}

/** GET /v2/payments/refunds/{id} */
export function showRefund(stand: Stand, reference: string): Outcome {
  const refund = stand.store.refundByReference(reference)
  const payment = refund?.channel === 'paypal' ? stand.store.payment(refund.paymentId) : undefined
  if (!refund || !payment) return unknown()
  return { status: 200, body: describeRefund(stand, stand.store.trade(payment.number)!, payment, refund) }
}

export function findCapture(stand: Stand, captureId: string): Payment | undefined {
  const payment = stand.store.payment(captureId)
  return payment?.channel === 'paypal' ? payment : undefined
}

function findOrder(stand: Stand, number: string): Trade | undefined {
  const trade = stand.store.trade(number)
  return trade?.channel === 'paypal' && !isForgotten(stand, trade) ? trade : undefined
}

/** Several orders may carry one invoice number; only one of them can be captured. */
function isInvoicePaid(stand: Stand, trade: Trade): boolean {
  const { invoice_id: invoice } = detailsOf(trade)
  return invoice !== undefined && stand.store.paymentOfOrder('paypal', invoice) !== undefined
}
