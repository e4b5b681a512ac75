import { Unavailable, type Clock } from '../../base/index.ts'
import type { StatementRow } from '../gateway.ts'
import type { Fields } from './fields.ts'
import { cashOf } from './paypalMoney.ts'
import type { PaypalWire } from './paypalWire.ts'

/** What was done shows in the search within three hours (docs). */
const DELAY_HOURS = 3
const PAGE = 500
/** 100,000 transactions a day: beyond that the search refuses too. */
const MOST_PAGES = 200

/** A day in UTC by the transaction search: payments to us and refunds by us. */
export async function readPaypalStatement(
  wire: PaypalWire,
  day: Temporal.PlainDate,
  merchantId: string,
  clock: Clock,
): Promise<StatementRow[]> {
  const start = day.toZonedDateTime({ timeZone: 'UTC' }).toInstant()
  const end = start.add({ hours: 24 })
  const notOut = () => new Unavailable(`PayPal's transactions of ${day} are not all out yet`)
  if (Temporal.Instant.compare(clock.now(), end.add({ hours: DELAY_HOURS })) < 0) throw notOut()
  const rows: StatementRow[] = []
  for (let page = 1, pages = 1; page <= pages; page++) {
    const query = new URLSearchParams({
      start_date: start.toString(),
      // The end is part of the stretch.
      end_date: end.subtract({ seconds: 1 }).toString(),
      fields: 'transaction_info',
      page_size: String(PAGE),
      page: String(page),
    })
    const answer = await wire.ask('GET', `/v1/reporting/transactions?${query}`)
    if (
      answer.has('last_refreshed_datetime') &&
      Temporal.Instant.compare(answer.instant('last_refreshed_datetime'), end) < 0
    )
      throw notOut()
    pages = Number(answer.whole('total_pages'))
    if (pages > MOST_PAGES) throw new Unavailable(`PayPal's transactions of ${day} are too many`)
    for (const each of answer.list('transaction_details'))
      rows.push(...readTransaction(each.object('transaction_info'), merchantId))
  }
  return rows
}

/** One row, or none for what is neither a payment nor a refund: fees, conversions, withdrawals. */
function readTransaction(info: Fields, payee: string): StatementRow[] {
  const group = info.text('transaction_event_code')
  const status = info.maybe('transaction_status')
  const at = info.instant('transaction_initiation_date')
  const id = info.text('transaction_id')
  const cash = cashOf(info.object('transaction_amount'))
  const orderId = info.maybe('custom_field') ?? ''
  // T00nn: payments, which count when they have succeeded, also where they were given back since, wholly (V) or in part (F). T1107: refunds by the merchant.
  if (group.startsWith('T00') && cash.minor > 0n && /^[SVF]$/.test(status ?? '')) {
    const fee = info.has('fee_amount') ? cashOf(info.object('fee_amount')) : null
    const payment = { orderId, paymentId: id, cash, fee: fee && { ...fee, minor: -fee.minor }, payee, paidAt: at }
    return [{ kind: 'payment', payment }]
  }
  if (group !== 'T1107' || status === 'D') return []
  const refund = {
    // A refund made by hand at PayPal has no number of ours.
    refundId: info.maybe('invoice_id') ?? id,
    reference: id,
    state: status === 'P' ? ('underway' as const) : ('done' as const),
    cash: { ...cash, minor: -cash.minor },
    at,
  }
  return [{ kind: 'refund', orderId, refund }]
}
