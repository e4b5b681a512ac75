import type { Row, Tx, Value } from '../base/index.ts'
import { dayOfInstant, dayStart, secondsBetween } from '../ledger/index.ts'
import type { BillFilter, BillSource } from './billFilter.ts'
import { collect, matches, matchesDays } from './billStore.ts'

const KEY = 'project_id, user_id, kind, sku'
const SAME_KEY = (a: string, b: string) =>
  ['day', 'project_id', 'user_id', 'kind', 'sku'].map((column) => `${a}.${column} = ${b}.${column}`).join(' and ')
/** Grains that two stretches [from, to) of one line's amount have in common. */
const OVERLAP = (from: string, to: string) =>
  `greatest(0, least(p.before + p.used, ${to}) - greatest(p.before, ${from}))`
// Without a line nothing is on the bill yet (and `least` would pass over a null).
const PAID = `case when l.line_id is null then 0 else ${OVERLAP('0', 'l.amount')} end as amount,
  case when l.line_id is null then 0 else ${OVERLAP('0', 'l.granted')} end as granted,
  case when l.line_id is null then 0 else ${OVERLAP('l.granted', 'l.granted + l.cash')} end as cash,
  case when l.line_id is null then 0 else ${OVERLAP('l.granted + l.cash', 'l.amount')} end as unpaid`

/** A span's part in one day, a charge, or what a line has that no span explains any more (a correction that is under way). */
export type DetailPiece = {
  type: 'use' | 'charge' | 'correction'
  id: string
  day: Temporal.PlainDate
  projectId: string
  userId: string
  kind: string
  sku: string
  source: string | null
  subject: string | null
  run: number | null
  startedAt: Temporal.Instant | null
  endedAt: Temporal.Instant | null
  /** The part on the bill; the same instant twice where nothing of it is yet. */
  billedFrom: Temporal.Instant
  billedTo: Temporal.Instant
  seconds: bigint
  priceId: string | null
  rate: bigint | null
  amount: bigint
  granted: bigint
  cash: bigint
  unpaid: bigint
  pending: bigint
}

// Estimates over joins of five columns are far too low, and a nested loop over two large sides would never end.
const SETTINGS = `set local enable_nestloop = off; set local jit = off; set local cursor_tuple_fraction = 1`
const CURSOR = 'bill_details'
const ROWS = 1000

/**
 * The pieces of one account's details in order of start and id, a span's pieces in order of their days; read by a cursor, so
 * that any number of them takes the memory of a thousand. Belongs into a snapshot.
 */
export async function* readPieces(tx: Tx, source: BillSource, filter: BillFilter): AsyncGenerator<DetailPiece> {
  const values: Value[] = [tx.timeZone]
  await tx.query({ text: SETTINGS })
  await tx.query({ text: `declare ${CURSOR} no scroll cursor for ${detailsQuery(source, filter, values)}` }, values)
  let failed = false
  try {
    for (;;) {
      const rows = await tx.query<Row & DetailPiece>({ text: `fetch ${ROWS} from ${CURSOR}` }).catch((error) => {
        failed = true
        throw error
      })
      yield* rows
      if (rows.length < ROWS) return
    }
  } finally {
    if (!failed) await tx.query({ text: `close ${CURSOR}` })
  }
}

/**
 * Cuts spans at midnights and at the wallet's last attribution, and lays each line's amount over its pieces: in order of start
 * and id the first take what grants paid, the next what cash paid, the last what is unpaid. So pieces sum to lines.
 */
function detailsQuery(source: BillSource, filter: BillFilter, values: Value[]): string {
  const add = collect(values)
  const mine = matches(source, filter, add)
  const days = matchesDays(filter, add)
  const wallet = `bucket = ${add(source.bucket)} and account_id = ${add(source.accountId)}`
  const from = filter.from && `${add(filter.from)}::date`
  const to = filter.to && `${add(filter.to)}::date`
  return `
    with line as materialized (select line_id, day, ${KEY}, amount, granted, cash from bill_line where ${mine} and ${days}),
    span as (
      select s.*, w.attributed_at, w.settled_at,
        greatest(${[dayOfInstant('s.started_at'), ...(from ? [from] : [])].join(', ')}) as first_day,
        least(${[dayOfInstant(`least(s.ended_at, w.settled_at) - interval '1 second'`), ...(to ? [`${to} - 1`] : [])].join(', ')}) as last_day
      from (select * from usage_span where rate >= 0 and ${mine}) s
      join (select bucket, account_id, attributed_at, settled_at from wallet where ${wallet}) w
        on w.bucket = s.bucket and w.account_id = s.account_id and s.started_at < w.settled_at
        ${from ? `and s.ended_at > ${dayStart(from)}` : ''} ${to ? `and s.started_at < ${dayStart(to)}` : ''}
    ),
    -- Each day's bounds are reckoned once: a million conversions between time zones would take half of the time.
    days as materialized (
      select g.day::date as day, ${dayStart('g.day')} as starts, ${dayStart("g.day + interval '1 day'")} as ends
      from (select min(first_day)::timestamp as first, max(last_day)::timestamp as last from span) reach
      cross join lateral generate_series(first, last, interval '1 day') as g(day)
    ),
    part as (
      select s.*, d.day, p.lo, least(p.hi, greatest(p.lo, s.attributed_at)) as mid, p.hi
      from span s
      cross join lateral generate_series(0, s.last_day - s.first_day) as n
      join days d on d.day = s.first_day + n
      cross join lateral (select greatest(s.started_at, d.starts) as lo, least(s.ended_at, s.settled_at, d.ends) as hi) p
    ),
    piece as materialized (
      select 'use' as type, span_id as id, day, ${KEY}, source, subject, run, started_at, ended_at, lo as billed_from, mid as billed_to,
        ${secondsBetween('lo', 'mid')} as seconds, price_id, rate, rate * ${secondsBetween('lo', 'mid')} as used,
        rate * ${secondsBetween('mid', 'hi')} as open
      from part
      union all
      select 'charge', charge_id, day, ${KEY}, null, null, null, at, at, at, at, 0, null, null, amount, 0
      from charge where ${mine} and ${days}
    ),
    placed as (
      select *, sum(used) over (partition by day, ${KEY} order by started_at, type, id rows unbounded preceding) - used as before from piece
    ),
    corrected as (
      select l.line_id, l.day, l.project_id, l.user_id, l.kind, l.sku, coalesce(p.used, 0) as before, l.amount - coalesce(p.used, 0) as used
      from line l
      left join (select day, ${KEY}, sum(used) as used from piece group by day, ${KEY}) p on ${SAME_KEY('p', 'l')}
      where l.amount > coalesce(p.used, 0)
    ),
    laid as (
      select p.*, ${PAID}
      from placed p
      left join line l on ${SAME_KEY('l', 'p')}
      union all
      select 'correction', p.line_id, p.day, p.project_id, p.user_id, p.kind, p.sku, null, null, null, null, null, ${dayStart('p.day')},
        ${dayStart('p.day')}, 0, null, null, p.used, -p.used, p.before, ${PAID}
      from corrected p
      join line l on l.line_id = p.line_id
    )
    select type, id, day, project_id as "projectId", user_id as "userId", kind, sku, source, subject, run, started_at as "startedAt",
      ended_at as "endedAt", billed_from as "billedFrom", billed_to as "billedTo", seconds, price_id as "priceId", rate,
      amount::bigint as amount, granted::bigint as granted, cash::bigint as cash,
      unpaid::bigint as unpaid, (open + used - amount)::bigint as pending
    from laid order by laid.started_at nulls last, type, id, day`
}
