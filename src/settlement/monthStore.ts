import { dayOf, type Tx } from '../base/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { LineKey, Paid, Plan } from './plan.ts'

/** What a plan adds to a line, or takes from it. */
export type LineRow = { wallet: Wallet; lineId: string; key: LineKey; paid: Paid }

/**
 * The monthly roll-up, after the lines: what is added to days that were over before, and whole days that are over now. A day that
 * is not over yet is left out, so that the hourly attribution, which adds to the same lines 24 times, writes nothing here.
 */
export function addMonths(tx: Tx, plans: readonly Plan[], lines: readonly LineRow[]): void {
  const days = plans.map(({ wallet, attributedAt }) => ({
    wallet,
    open: dayOf(wallet.attributedAt, tx.timeZone),
    next: dayOf(attributedAt, tx.timeZone),
  }))
  const openDays = new Map(days.map(({ wallet, open }) => [wallet.accountId, open]))
  const isOver = ({ wallet, key }: LineRow) => Temporal.PlainDate.compare(key.day, openDays.get(wallet.accountId)!) < 0
  const added = lines.filter(isOver)
  const over = days.filter(({ open, next }) => !open.equals(next))
  if (added.length > 0) tx.send(ADD_LINES, lineValues(added))
  if (over.length > 0)
    tx.send(ADD_DAYS, [
      over.map(({ wallet }) => wallet.bucket),
      over.map(({ wallet }) => wallet.accountId),
      over.map(({ open }) => open),
      over.map(({ next }) => next),
    ])
}

/** SQL: every line `l` once for each key of the monthly roll-up. */
export const EACH_KEY = `cross join lateral (values ('day', l.day::text), ('project', l.project_id), ('user', l.user_id), ('sku', l.sku))
  as k(keyed_by, key)`

const add = (
  lines: string,
) => `insert into bill_month as m (bucket, account_id, month, keyed_by, key, kind, amount, cash, granted, unpaid)
  select l.bucket, l.account_id, date_trunc('month', l.day)::date, k.keyed_by, k.key, l.kind,
    sum(l.cash + l.granted + l.unpaid)::bigint, sum(l.cash)::bigint, sum(l.granted)::bigint, sum(l.unpaid)::bigint
  from ${lines} ${EACH_KEY}
  group by 1, 2, 3, 4, 5, 6
  on conflict (bucket, account_id, keyed_by, month, key, kind) do update set amount = m.amount + excluded.amount,
    cash = m.cash + excluded.cash, granted = m.granted + excluded.granted, unpaid = m.unpaid + excluded.unpaid`

const ADD_LINES = {
  name: 'add-lines-to-months',
  text: add(`unnest($1::int[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
    $10::bigint[]) as l(bucket, account_id, day, project_id, user_id, kind, sku, cash, granted, unpaid)`),
}
const ADD_DAYS = {
  name: 'add-days-to-months',
  text: add(`unnest($1::int[], $2::text[], $3::date[], $4::date[]) as d(bucket, account_id, open, next)
    join bill_line l on l.bucket = d.bucket and l.account_id = d.account_id and l.day >= d.open and l.day < d.next`),
}

function lineValues(rows: readonly LineRow[]) {
  return [
    rows.map((r) => r.wallet.bucket),
    rows.map((r) => r.wallet.accountId),
    rows.map((r) => r.key.day),
    rows.map((r) => r.key.projectId),
    rows.map((r) => r.key.userId),
    rows.map((r) => r.key.kind),
    rows.map((r) => r.key.sku),
    rows.map((r) => r.paid.cash),
    rows.map((r) => r.paid.granted),
    rows.map((r) => r.paid.unpaid),
  ]
}
