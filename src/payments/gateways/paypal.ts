import { Unavailable, type Clock } from '../../base/index.ts'
import {
  GatewayRefused,
  type Gateway,
  type GatewayOrder,
  type GatewayRefund,
  type GatewayState,
  type Offer,
  type RefundOrder,
} from '../gateway.ts'
import { orRefused } from './call.ts'
import { noticeReader, type Fields } from './fields.ts'
import { openPaypalVerifier, readPaypalNotice } from './paypalNotices.ts'
import { moneyOf, readCapture, readRefund } from './paypalMoney.ts'
import { readPaypalStatement } from './paypalStatement.ts'
import { openPaypalWire, type PaypalWire } from './paypalWire.ts'

/** How to reach PayPal, and as whom. */
export type PaypalSettings = {
  /** The address; in production https://api-m.paypal.com, the default. */
  url?: string
  clientId: string
  clientSecret: string
  /** The merchant's PayPal id, who is paid. */
  merchantId: string
  /** The id of the webhook that leads here: it is part of what PayPal signs. */
  webhookId: string
  /** What payers are charged in, such as USD; never CNY, which PayPal keeps for accounts within China. */
  currency: string
  /** Where PayPal sends the payer back to: after agreeing, and after leaving it. */
  returnUrl: string
  cancelUrl: string
  /**
   * Where the certificates of webhooks may lie: their addresses must begin with one of these. By default PayPal's own,
   * https://api.paypal.com/v1/notifications/certs/ and https://api-m.paypal.com/v1/notifications/certs/.
   */
  certificateUrls?: readonly string[]
  /** How long one attempt of a call may take; 10,000 by default. */
  timeoutMs?: number
}

/** A capture whose money came, whatever was given back since. */
const PAID = new Set(['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'])

/**
 * PayPal's orders (v2), captured when the payer has agreed. Answers are trusted for the connection they come over: PayPal signs only webhooks.
 *
 * - PayPal can't close an order; but it takes nothing that we don't capture, so that one which nobody has agreed to counts as closed, and one
 *   that was agreed to is told as `approved`: the money may be captured, or left to the payer.
 * - Our numbers travel as `custom_id` (the order's, also on its refunds) and `invoice_id` (the order's or the refund's own): webhooks and the
 *   statement tell both. One `invoice_id` is paid once, where the merchant's account is set so.
 */
export function openPaypalGateway(settings: PaypalSettings, clock: Clock): Gateway {
  const wire = openPaypalWire(settings, clock)
  const { merchantId } = settings
  const query: Gateway['query'] = async (order, reference) => {
    const found = await findOrder(wire, order, reference)
    return found ? stateOf(found, order, merchantId) : { state: 'unknown' }
  }
  return {
    channel: 'paypal',
    payee: merchantId,
    currency: settings.currency,
    open: (order) => openOrder(wire, order, settings),
    query,
    async capture(order, reference) {
      if (reference === null) return { state: 'unknown' }
      return captureOrder(wire, reference, () => query(order, reference))
    },
    async close(order, reference) {
      const found = await findOrder(wire, order, reference)
      if (!found) return { state: 'closed' }
      const state = stateOf(found, order, merchantId)
      // What is under review at PayPal may still come.
      return state.state === 'awaiting' && !isUnderway(found) ? { state: 'closed' } : state
    },
    refund: (refund) => refundCapture(wire, refund),
    queryRefund: (refund) => queryRefund(wire, refund),
    readNotice: noticeReader('paypal', openPaypalVerifier(settings, clock), (raw) => readPaypalNotice(raw, merchantId)),
    // PayPal looks at the status alone.
    thanks: { status: 200, contentType: 'text/plain', body: '' },
    sorry: { status: 500, contentType: 'text/plain', body: '' },
    statement: (day) => readPaypalStatement(wire, day, merchantId, clock),
  }
}

async function openOrder(wire: PaypalWire, order: GatewayOrder, settings: PaypalSettings): Promise<Offer> {
  const content = {
    intent: 'CAPTURE',
    purchase_units: [
      {
        custom_id: order.orderId,
        invoice_id: order.orderId,
        // At most 127 characters are taken.
        description: order.subject.slice(0, 127),
        amount: moneyOf(order.cash),
        payee: { merchant_id: settings.merchantId },
      },
    ],
    payment_source: {
      paypal: {
        experience_context: {
          return_url: settings.returnUrl,
          cancel_url: settings.cancelUrl,
          user_action: 'PAY_NOW',
          shipping_preference: 'NO_SHIPPING',
        },
      },
    },
  }
  const answer = await wire.ask('POST', '/v2/checkout/orders', { content, requestId: order.orderId })
  // `approve` is its name where PayPal was not told that the payer pays from a wallet.
  const link = answer.list('links').find((each) => ['payer-action', 'approve'].includes(each.text('rel')))
  if (!link) throw new Unavailable('PayPal gives no address for the payer')
  return { approveUrl: link.text('href'), reference: answer.text('id') }
}

/** The order as PayPal has it; undefined where it has none, or none any more: those that nobody pays are forgotten after hours. */
async function findOrder(wire: PaypalWire, order: GatewayOrder, reference: string | null): Promise<Fields | undefined> {
  if (reference === null) return undefined
  const answer = await orRefused(wire.ask('GET', orderPath(reference)))
  if (answer instanceof GatewayRefused) {
    if (isMissing(answer)) return undefined
    throw answer
  }
  if (unitOf(answer).maybe('custom_id') !== order.orderId) throw new Unavailable('PayPal answers about another order')
  return answer
}

function isMissing({ code }: GatewayRefused): boolean {
  return code === 'INVALID_RESOURCE_ID' || code === 'RESOURCE_NOT_FOUND'
}

function stateOf(found: Fields, order: GatewayOrder, merchantId: string): GatewayState {
  const unit = unitOf(found)
  const payee = unit.has('payee') ? unit.object('payee').text('merchant_id') : merchantId
  const paid = capturesOf(found).filter((capture) => PAID.has(capture.text('status')))
  if (paid.length > 0)
    return { state: 'paid', payments: paid.map((capture) => readCapture(capture, payee, order.orderId)) }
  if (isUnderway(found)) return { state: 'awaiting' }
  const status = found.text('status')
  if (status === 'APPROVED') return { state: 'approved' }
  return { state: status === 'COMPLETED' || status === 'VOIDED' ? 'closed' : 'awaiting' }
}

function isUnderway(found: Fields): boolean {
  return capturesOf(found).some((capture) => capture.text('status') === 'PENDING')
}

/** Without a number of its own: an order is captured once, and after a decline the payer may agree again with another card. */
async function captureOrder(
  wire: PaypalWire,
  reference: string,
  query: () => Promise<GatewayState>,
): Promise<GatewayState> {
  const answer = await orRefused(wire.ask('POST', `${orderPath(reference)}/capture`, { content: {} }))
  const state = await query()
  // Captured before, or not agreed to: the state says it.
  if (!(answer instanceof GatewayRefused) || state.state !== 'approved') return state
  if (answer.code === 'INSTRUMENT_DECLINED') return { state: 'awaiting' }
  throw answer
}

/** Looked for before it is asked for: PayPal forgets a request's number after 45 days, and would then refund again. */
async function refundCapture(wire: PaypalWire, refund: RefundOrder): Promise<GatewayRefund> {
  const known = await queryRefund(wire, refund)
  if (known.state !== 'unknown') return known
  const content = {
    amount: moneyOf(refund.cash),
    invoice_id: refund.refundId,
    custom_id: refund.orderId,
    note_to_payer: refund.reason.slice(0, 255).toWellFormed(),
  }
  const path = `/v2/payments/captures/${refund.paymentId}/refund`
  return readRefund(await wire.ask('POST', path, { content, requestId: refund.refundId }), refund.refundId)
}

/** By our number among all refunds of the order; PayPal's own number is not known where the answer was lost. */
async function queryRefund(wire: PaypalWire, refund: RefundOrder): Promise<GatewayRefund> {
  const capture = await wire.ask('GET', `/v2/payments/captures/${refund.paymentId}`)
  const reference = capture.object('supplementary_data').object('related_ids').text('order_id')
  const order = await wire.ask('GET', orderPath(reference))
  const found = paymentsOf(order, 'refunds').find((each) => each.maybe('invoice_id') === refund.refundId)
  if (found) return readRefund(found, refund.refundId)
  return { refundId: refund.refundId, reference: null, state: 'unknown', cash: refund.cash, at: null }
}

function unitOf(order: Fields): Fields {
  const [unit] = order.list('purchase_units')
  if (!unit) throw new Unavailable('PayPal answers an order without a purchase unit')
  return unit
}

function capturesOf(order: Fields): Fields[] {
  return paymentsOf(order, 'captures')
}

function paymentsOf(order: Fields, kind: 'captures' | 'refunds'): Fields[] {
  const unit = unitOf(order)
  return unit.has('payments') ? unit.object('payments').list(kind) : []
}

function orderPath(reference: string): string {
  return `/v2/checkout/orders/${encodeURIComponent(reference)}`
}
