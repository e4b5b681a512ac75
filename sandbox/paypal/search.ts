import type { Outcome } from '../answer.ts'
import { addSeconds, atOf, utcSeconds, type At } from '../clock.ts'
import { nowOf, type Stand } from '../stand.ts'
import type { Payment, Refund } from '../store.ts'
import { refuse } from './calls.ts'
import { refundedOf } from '../trade.ts'
import { detailsOf, type Details } from './describe.ts'
import { moneyOf } from './money.ts'

/** What happened shows up to three hours late; one question spans at most 31 days. */
const DELAY_SECONDS = 3 * 3600
const DAYS_AT_MOST = 31
const PAGE = 100
const PAGE_AT_MOST = 500

/** GET /v1/reporting/transactions: PayPal's statement, as a search by time. */
export function searchTransactions(stand: Stand, query: Record<string, string>): Outcome {
  const [from, to] = [readInstant(query.start_date), readInstant(query.end_date)]
  if (!from || !to || from > to || addSeconds(from, DAYS_AT_MOST * 86_400) < to)
    return refuse(400, 'INVALID_REQUEST', 'Invalid request - see details: start_date, end_date')
  const page = readCount(query.page, 1, Number.MAX_SAFE_INTEGER)
  const size = readCount(query.page_size, PAGE, PAGE_AT_MOST)
  if (!page || !size) return refuse(400, 'INVALID_REQUEST', 'Invalid request - see details: page, page_size')
  const refreshed = addSeconds(nowOf(stand), -DELAY_SECONDS)
  // The end is part of the stretch; the store's is not.
  const before = addSeconds(to < refreshed ? to : refreshed, 0.001)
  const found = [
    ...stand.store.paymentsOn('paypal', from, before).map((payment) => describePayment(stand, payment)),
    ...stand.store
      .refundsOn('paypal', from, before)
      .filter((refund) => refund.state === 'success')
      .map((refund) => describeRefund(stand, refund)),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const shown = found.slice((page - 1) * size, page * size)
  return {
    status: 200,
    body: {
      transaction_details: shown.map(({ info }) => ({ transaction_info: info })),
      account_number: stand.identity.paypal.merchantId,
      start_date: offset(from),
      end_date: offset(to),
      last_refreshed_datetime: offset(refreshed),
      page,
      total_items: found.length,
      total_pages: Math.max(1, Math.ceil(found.length / size)),
      links: [],
    },
  }
}

function describePayment(stand: Stand, payment: Payment) {
  const { custom_id, invoice_id } = detailsOf(stand.store.trade(payment.number)!)
  const { paidAt: at, currency } = payment
  const info = {
    paypal_account_id: 'QYR5Z8XDVJNXQ',
    transaction_id: payment.paymentId,
    // T0006: a payment by PayPal Checkout.
    transaction_event_code: 'T0006',
    transaction_initiation_date: offset(at),
    transaction_updated_date: offset(at),
    transaction_amount: moneyOf(currency, payment.minor),
    fee_amount: moneyOf(currency, -payment.fee),
    transaction_status: statusOf(stand, payment),
    invoice_id,
    custom_field: custom_id,
  }
  return { at, info }
}

/** S: succeeded; F and V: since given back in part, and whole. */
function statusOf(stand: Stand, payment: Payment): string {
  const back = refundedOf(stand, payment)
  if (back === 0n) return 'S'
  return back < payment.minor ? 'F' : 'V'
}

function describeRefund(stand: Stand, refund: Refund) {
  const payment = stand.store.payment(refund.paymentId)!
  const trade = stand.store.trade(payment.number)!
  const { custom_id, invoice_id } = { ...detailsOf(trade), ...JSON.parse(refund.details) } as Details
  const at = refund.askedAt
  const info = {
    paypal_account_id: 'QYR5Z8XDVJNXQ',
    transaction_id: refund.reference,
    paypal_reference_id: payment.paymentId,
    paypal_reference_id_type: 'TXN',
    // T1107: a refund of a payment.
    transaction_event_code: 'T1107',
    transaction_initiation_date: offset(at),
    transaction_updated_date: offset(at),
    transaction_amount: moneyOf(payment.currency, -refund.minor),
    transaction_status: 'S',
    invoice_id,
    custom_field: custom_id,
  }
  return { at, info }
}

/** As the reports write instants: 2026-11-27T20:04:55+0000. */
function offset(at: At): string {
  return utcSeconds(at).replace('Z', '+0000')
}

function readInstant(text: string | undefined): At | undefined {
  try {
    // Seconds are required; an offset may come without its colon.
    if (!/T\d\d:\d\d:\d\d/.test(text ?? '')) return undefined
    return atOf(Temporal.Instant.from(text!.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')))
  } catch {
    return undefined
  }
}

function readCount(text: string | undefined, otherwise: number, most: number): number | undefined {
  if (text === undefined) return otherwise
  const count = Number(text)
  return Number.isSafeInteger(count) && count >= 1 && count <= most ? count : undefined
}
