import type { Tx, Value } from '../base/index.ts'
import type { BillFilter, BillSource } from './billFilter.ts'
import type { BillLine, BillTotal, Grouping, OpenUse } from './bills.ts'
import type { PaidBy } from './line.ts'

/** Collects the parameters of one statement; answers how each is written in its text. */
export type Add = (value: Value) => string

export function collect(values: Value[]): Add {
  return (value) => `$${values.push(value)}`
}

/** SQL: the rows of a source that the filter asks for, but for their days. */
export function matches(source: BillSource, filter: BillFilter, add: Add): string {
  const conditions = [`bucket = ${add(source.bucket)}`, `account_id = ${add(source.accountId)}`]
  // One value as such: after an equality the index still gives the lines in their order, after a list they are all read and sorted.
  const oneOf = (column: string, values: readonly string[]) =>
    values.length === 1 ? `${column} = ${add(values[0]!)}::text` : `${column} = any(${add(values)}::text[])`
  const { projectIds, own } = source
  if (own) {
    const ownUse = `(user_id = ${add(own.userId)} and ${oneOf('project_id', own.projectIds)})`
    conditions.push(`(${oneOf('project_id', projectIds ?? [])} or ${ownUse})`)
  } else if (projectIds) {
    conditions.push(oneOf('project_id', projectIds))
  }
  if (filter.kinds) conditions.push(oneOf('kind', filter.kinds))
  if (filter.projectIds) conditions.push(oneOf('project_id', filter.projectIds))
  if (filter.userIds) conditions.push(oneOf('user_id', filter.userIds))
  if (filter.skus) conditions.push(oneOf('sku', filter.skus))
  return conditions.join(' and ')
}

/** SQL: rows whose day (or month) the filter asks for. */
export function matchesDays({ from, to }: Pick<BillFilter, 'from' | 'to'>, add: Add, column = 'day'): string {
  const conditions = ['true']
  if (from) conditions.push(`${column} >= ${add(from)}::date`)
  if (to) conditions.push(`${column} < ${add(to)}::date`)
  return conditions.join(' and ')
}

// None of these is a named statement: a prepared one may go over to a plan for the average account, and take 283 ms instead of
// 5 for a heavy one. Unnamed ones are planned for their values.

export type Membership = {
  accountId: string
  projectId: string
  role: 'creator' | 'admin' | 'member'
  removed: boolean
}

/** Every project that a user is or was in, with the account that pays for it. */
export function readMemberships(tx: Tx, userId: string): Promise<Membership[]> {
  return tx.query<Membership>(
    {
      text: `select account_id as "accountId", project_id as "projectId", role, removed_at is not null as removed
        from member where user_id = $1 order by account_id, project_id`,
    },
    [userId],
  )
}

/** Where a page goes on: after this day and line, newest day first. */
export type LinePosition = { day: string; lineId: string }

const LINE = `line_id as "lineId", account_id as "accountId", day, project_id as "projectId", user_id as "userId", kind, sku,
  amount, cash, granted, unpaid`

/** Up to `limit` lines of one account, newest day first. */
export function readLines(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  after: LinePosition | undefined,
  limit: number,
): Promise<Omit<BillLine, 'currency'>[]> {
  const values: Value[] = []
  const add = collect(values)
  const conditions = [matches(source, filter, add), matchesDays(filter, add)]
  if (after) {
    // The plain comparison beside the row's lets the index begin there; without it deep pages read all before them.
    const day = `${add(after.day)}::date`
    conditions.push(`day <= ${day} and (day, line_id) < (${day}, ${add(after.lineId)}::text)`)
  }
  const text = `select ${LINE} from bill_line where ${conditions.join(' and ')}
    order by day desc, line_id desc limit ${add(limit)}`
  return tx.query({ text }, values)
}

/** A line of a source by its id. */
export async function readLine(
  tx: Tx,
  source: BillSource,
  lineId: string,
): Promise<Omit<BillLine, 'currency'> | undefined> {
  const values: Value[] = []
  const add = collect(values)
  // The key finds it; the rest says whether it may be seen.
  const text = `select ${LINE} from bill_line where line_id = ${add(lineId)} and ${matches(source, { of: source }, add)}`
  const [line] = await tx.query<Omit<BillLine, 'currency'>>({ text }, values)
  return line
}

/** The draws of a line, summed by lot, in the order in which lots are spent. */
export async function readPaidBy(tx: Tx, bucket: number, accountId: string, lineId: string): Promise<PaidBy[]> {
  return tx.query<PaidBy>(
    {
      text: `select d.lot_id as "lotId", l.kind, l.channel, sum(d.amount)::bigint as amount
        from draw d left join lot l on l.bucket = d.bucket and l.account_id = d.account_id and l.lot_id = d.lot_id
        where d.bucket = $1 and d.account_id = $2 and d.line_id = $3
        group by d.lot_id, l.kind, l.channel, l.priority, l.expires_at, l.seq having sum(d.amount) <> 0
        order by l.kind desc nulls last, l.priority, l.expires_at, l.seq, d.lot_id`,
    },
    [bucket, accountId, lineId],
  )
}

// What each grouping groups by, first within a part and then over all parts: days are written as text only once summed.
const GROUP_KEYS: Record<Grouping, { inner: string; outer: string }> = {
  none: { inner: `''`, outer: 'key' },
  day: { inner: 'day', outer: 'key::text' },
  month: { inner: 'day', outer: `to_char(key, 'YYYY-MM')` },
  project: { inner: 'project_id', outer: 'key' },
  kind: { inner: 'kind', outer: 'key' },
  user: { inner: 'user_id', outer: 'key' },
  sku: { inner: 'sku', outer: 'key' },
}

export type Sums = Record<'amount' | 'cash' | 'granted' | 'unpaid', string>
type Totalled = Omit<BillTotal, 'currency'>

/** SQL: what is summed of lines, roll-ups and sums. */
export const SUMS = 'sum(amount) as amount, sum(cash) as cash, sum(granted) as granted, sum(unpaid) as unpaid'

/** Sums of one account's lines by a key. */
export async function readTotals(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  groupBy: Grouping,
): Promise<Totalled[]> {
  const values: Value[] = []
  const rows = await tx.query<Sums & { key: string }>(
    { text: totalsText(source, filter, groupBy, tx.timeZone, collect(values)) },
    values,
  )
  return rows.map((row) => ({ key: row.key, ...readSums(row) }))
}

/** The largest `most` of them, then with a key of null what the others come to; `keys`: of how many keys a row is the sum. */
export async function readLargest(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  groupBy: Grouping,
  most: number,
): Promise<(Omit<Totalled, 'key'> & { key: string | null; keys: number })[]> {
  const values: Value[] = []
  const add = collect(values)
  const totals = totalsText(source, filter, groupBy, tx.timeZone, add)
  const rows = await tx.query<Sums & { key: string | null; keys: number }>(
    {
      text: `select case when place <= ${add(most)}::int then key end as key, count(*)::int as keys, ${SUMS}
        from (select total.*, row_number() over (order by amount desc, key) as place from (${totals}) total) placed
        group by 1 order by min(place)`,
    },
    values,
  )
  return rows.map((row) => ({ key: row.key, keys: row.keys, ...readSums(row) }))
}

/** SQL: whole months from the monthly roll-up where it can tell, days from the finest table needed. */
function totalsText(source: BillSource, filter: BillFilter, groupBy: Grouping, timeZone: string, add: Add): string {
  const { inner, outer } = GROUP_KEYS[groupBy]
  const parts = partsOf(source, filter, groupBy, timeZone, add).map(
    ({ rows, days }) =>
      `select ${inner} as key, ${SUMS} from ${rows} where ${matches(source, filter, add)} and ${days} group by 1`,
  )
  return `select ${outer} as key, ${SUMS} from (${parts.join(' union all ')}) part group by 1`
}

export function readSums({ amount, cash, granted, unpaid }: Sums) {
  return { amount: BigInt(amount), cash: BigInt(cash), granted: BigInt(granted), unpaid: BigInt(unpaid) }
}

type MonthKey = 'day' | 'project' | 'user' | 'sku'
const MONTHS: Record<MonthKey, string> = {
  day: 'key::date as day',
  project: 'month as day, key as project_id',
  user: 'month as day, key as user_id',
  sku: 'month as day, key as sku',
}

/** SQL: rows, and which of their days, that together are the days asked for. All parts are one statement: one picture of the books. */
function partsOf(
  source: BillSource,
  filter: BillFilter,
  groupBy: Grouping,
  timeZone: string,
  add: Add,
): { rows: string; days: string }[] {
  const asked = keysAsked(source, filter, groupBy)
  const daily = asked.has('user') || asked.has('sku') ? 'bill_line' : 'bill_day'
  const { from, to } = filter
  // The whole months among the days asked for.
  const first = from && (from.day === 1 ? from : from.with({ day: 1 }).add({ months: 1 }))
  const last = to?.with({ day: 1 })
  if (asked.size > 1 || (first && last && Temporal.PlainDate.compare(first, last) >= 0))
    return [{ rows: daily, days: matchesDays(filter, add) }]
  // Any key's rows sum up to all. SKUs are the fewest: a year of days lies on a page each, and a heavy account has many projects.
  const [key = 'sku'] = asked
  const months = `(select bucket, account_id, month, kind, amount, cash, granted, unpaid, ${MONTHS[key]}
      from bill_month where keyed_by = '${key}') m`
  const inMonths = { ...(first && { from: first }), ...(last && { to: last }) }
  // The day that is not over, and so not in the months yet. Bounded on both sides, or the planner expects a third of all rows.
  const open = `day >= (select (attributed_at at time zone ${add(timeZone)}::text)::date from wallet
      where bucket = ${add(source.bucket)} and account_id = ${add(source.accountId)}) and day < 'infinity'`
  return [
    { rows: months, days: matchesDays(inMonths, add, 'month') },
    { rows: daily, days: `${open} and ${matchesDays(inMonths, add)}` },
    ...(from && first && !from.equals(first) ? [{ rows: daily, days: matchesDays({ from, to: first }, add) }] : []),
    ...(to && last && !to.equals(last) ? [{ rows: daily, days: matchesDays({ from: last, to }, add) }] : []),
  ]
}

/** By what, besides the kind, a question tells lines apart; the monthly roll-up can by one. */
function keysAsked(source: BillSource, filter: BillFilter, groupBy: Grouping): Set<MonthKey> {
  const asked = new Set<MonthKey>()
  if (groupBy === 'day') asked.add('day')
  if (source.projectIds || filter.projectIds || groupBy === 'project') asked.add('project')
  if (source.own || filter.userIds || groupBy === 'user') asked.add('user')
  if (filter.skus || groupBy === 'sku') asked.add('sku')
  return asked
}

/** Use of one account between attribution and deduction, by key. */
export function readOpenUse(tx: Tx, bucket: number, accountId: string): Promise<OpenUse['use']> {
  return tx.query(
    {
      text: `select s.project_id as "projectId", s.user_id as "userId", s.kind, s.sku, sum(s.rate * extract(epoch from
          least(s.ended_at, w.settled_at) - greatest(s.started_at, w.attributed_at))::bigint)::bigint as amount
        from wallet w
        join usage_span s on s.bucket = w.bucket and s.account_id = w.account_id and s.ended_at > w.attributed_at
          and s.started_at < w.settled_at
        where w.bucket = $1 and w.account_id = $2
        group by s.project_id, s.user_id, s.kind, s.sku
        order by s.project_id, s.user_id, s.kind, s.sku`,
    },
    [bucket, accountId],
  )
}
