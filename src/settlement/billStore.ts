import type { Tx, Value } from '../base/index.ts'
import type { BillFilter, BillSource } from './billFilter.ts'
import type { BillLine, BillTotal, Grouping, OpenUse } from './bills.ts'

/** Collects the parameters of one statement; answers how each is written in its text. */
export type Add = (value: Value) => string

export function collect(values: Value[]): Add {
  return (value) => `$${values.push(value)}`
}

/** SQL: the rows of a source that the filter asks for, but for their days. */
export function matches(source: BillSource, filter: BillFilter, add: Add): string {
  const conditions = [`bucket = ${add(source.bucket)}`, `account_id = ${add(source.accountId)}`]
  const oneOf = (column: string, values: readonly string[]) => `${column} = any(${add(values)}::text[])`
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

/** SQL: rows whose `day` the filter asks for. */
export function matchesDays(filter: BillFilter, add: Add): string {
  const conditions = ['true']
  if (filter.from) conditions.push(`day >= ${add(filter.from)}::date`)
  if (filter.to) conditions.push(`day < ${add(filter.to)}::date`)
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

/** Up to `limit` lines of one account, newest day first. */
export function readLines(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  after: LinePosition | undefined,
  limit: number,
): Promise<BillLine[]> {
  const values: Value[] = []
  const add = collect(values)
  const conditions = [matches(source, filter, add), matchesDays(filter, add)]
  if (after) {
    // The plain comparison beside the row's lets the index begin there; without it deep pages read all before them.
    const day = `${add(after.day)}::date`
    conditions.push(`day <= ${day} and (day, line_id) < (${day}, ${add(after.lineId)}::text)`)
  }
  const text = `select line_id as "lineId", account_id as "accountId", day, project_id as "projectId", user_id as "userId", kind, sku,
      amount, cash, granted, unpaid
    from bill_line where ${conditions.join(' and ')}
    order by day desc, line_id desc limit ${add(limit)}`
  return tx.query<BillLine>({ text }, values)
}

const GROUP_KEYS: Record<Grouping, string> = {
  none: `''`,
  day: 'day::text',
  month: `to_char(day, 'YYYY-MM')`,
  project: 'project_id',
  kind: 'kind',
  user: 'user_id',
  sku: 'sku',
}

/** Sums of one account's lines by a key; from the daily roll-up where that knows all that is asked. */
export async function readTotals(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  groupBy: Grouping,
): Promise<BillTotal[]> {
  const values: Value[] = []
  const add = collect(values)
  const rolledUp = !source.own && !filter.userIds && !filter.skus && groupBy !== 'user' && groupBy !== 'sku'
  // By month: first by day, so that only a year's 365 sums are written as text, and not every row of the roll-up.
  const inner = groupBy === 'month' ? 'day' : GROUP_KEYS[groupBy]
  const outer = groupBy === 'month' ? GROUP_KEYS.month.replace('day', 'key') : 'key'
  const rows = await tx.query<Record<keyof BillTotal, string>>(
    {
      text: `select ${outer} as key, sum(amount) as amount, sum(cash) as cash, sum(granted) as granted, sum(unpaid) as unpaid
        from (select ${inner} as key, sum(amount) as amount, sum(cash) as cash, sum(granted) as granted, sum(unpaid) as unpaid
          from ${rolledUp ? 'bill_day' : 'bill_line'} where ${matches(source, filter, add)} and ${matchesDays(filter, add)}
          group by 1) part
        group by 1`,
    },
    values,
  )
  return rows.map(({ key, amount, cash, granted, unpaid }) => ({
    key,
    amount: BigInt(amount),
    cash: BigInt(cash),
    granted: BigInt(granted),
    unpaid: BigInt(unpaid),
  }))
}

/** Use of one account between attribution and deduction, by key. */
export function readOpenUse(tx: Tx, bucket: number, accountId: string): Promise<OpenUse['use']> {
  return tx.query(
    {
      text: `select s.project_id as "projectId", s.user_id as "userId", s.kind, s.sku, sum(s.rate * extract(epoch from
          least(s.ended_at, w.settled_at) - greatest(s.started_at, w.attributed_at))::bigint)::bigint as amount
        from wallet w
        join usage_span s on s.bucket = w.bucket and s.account_id = w.account_id and s.rate >= 0 and s.ended_at > w.attributed_at
          and s.started_at < w.settled_at
        where w.bucket = $1 and w.account_id = $2
        group by s.project_id, s.user_id, s.kind, s.sku
        order by s.project_id, s.user_id, s.kind, s.sku`,
    },
    [bucket, accountId],
  )
}
