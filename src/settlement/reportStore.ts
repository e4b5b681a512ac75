import type { Tx, Value } from '../base/index.ts'
import { collect, matchesDays } from './billStore.ts'
import type { BillTotal } from './bills.ts'
import type { Liability, RevenueGrouping } from './reports.ts'

export type RevenueDays = { from?: Temporal.PlainDate; to?: Temporal.PlainDate }

const PARTS = `sum(amount)::text as amount, sum(cash)::text as cash, sum(granted)::text as granted, sum(unpaid)::text as unpaid`
const OF_DAYS = {
  none: `''`,
  day: 'day::text',
  month: `to_char(day, 'YYYY-MM')`,
  kind: 'kind',
} as const
type Summed = { key: string; currency: string; amount: string; cash: string; granted: string; unpaid: string }

/** Sums over all accounts: of the daily roll-up where it can tell, else of the lines or of who paid for them. */
export async function readRevenue(tx: Tx, days: RevenueDays, groupBy: RevenueGrouping): Promise<BillTotal[]> {
  const values: Value[] = []
  const chosen = matchesDays(days, collect(values), 'b.day')
  const text =
    groupBy === 'channel'
      ? byChannel(chosen)
      : `select ${groupBy === 'sku' ? 'sku' : OF_DAYS[groupBy]} as key, currency, ${PARTS}
          from ${groupBy === 'sku' ? 'bill_line' : 'bill_day'} b join wallet w using (bucket, account_id) where ${chosen} group by 1, 2`
  const rows = await tx.query<Summed>({ text: `${text} order by 1, 2` }, values)
  return rows.map(({ key, currency, amount, cash, granted, unpaid }) => ({
    key,
    currency,
    amount: BigInt(amount),
    cash: BigInt(cash),
    granted: BigInt(granted),
    unpaid: BigInt(unpaid),
  }))
}

function byChannel(chosen: string): string {
  return `select coalesce(l.channel, 'unpaid') as key, currency, sum(d.amount)::text as amount,
      coalesce(sum(d.amount) filter (where l.kind = 'cash'), 0)::text as cash,
      coalesce(sum(d.amount) filter (where l.kind = 'grant'), 0)::text as granted,
      coalesce(sum(d.amount) filter (where l.kind is null), 0)::text as unpaid
    from bill_line b join draw d using (bucket, account_id, line_id) join wallet w using (bucket, account_id)
      left join lot l on l.bucket = d.bucket and l.account_id = d.account_id and l.lot_id = d.lot_id
    where ${chosen} group by 1, 2 having sum(d.amount) <> 0`
}

export async function readLiabilities(tx: Tx): Promise<Liability[]> {
  const rows = await tx.query<
    { currency: string; accounts: bigint } & Record<
      'cash' | 'granted' | 'held' | 'arrears' | 'left' | 'balance',
      string
    >
  >(
    {
      text: `select currency, count(*) as accounts, sum(held)::text as held, sum(arrears)::text as arrears, sum(balance)::text as balance,
          coalesce(sum(l.cash), 0)::text as cash, coalesce(sum(l.granted), 0)::text as granted, coalesce(sum(l.remaining), 0)::text as left
        from wallet w left join (
          select bucket, account_id, sum(remaining) as remaining, sum(remaining) filter (where kind = 'cash') as cash,
            sum(remaining) filter (where kind = 'grant' and expires_at > $1) as granted
          from lot where remaining > 0 group by 1, 2) l using (bucket, account_id)
        group by currency order by currency`,
    },
    [tx.now],
  )
  return rows.map(({ currency, accounts, cash, granted, held, arrears, left, balance }) => ({
    currency,
    accounts,
    cash: BigInt(cash),
    granted: BigInt(granted),
    held: BigInt(held),
    // What lots hold, less arrears, is the balance once all is attributed.
    unattributed: BigInt(left) - BigInt(arrears) - BigInt(balance),
    arrears: BigInt(arrears),
  }))
}

/** `age`: the index of the last of `ages` (days, rising) that has passed. */
export async function readArrears(tx: Tx, today: Temporal.PlainDate, ages: readonly number[]) {
  const rows = await tx.query<{ age: number; currency: string; accounts: bigint; amount: string }>(
    {
      text: `select width_bucket(greatest($1::date - day, 0), $2::int[]) - 1 as age, currency, count(distinct account_id) as accounts,
          sum(unpaid)::text as amount
        from bill_line join wallet using (bucket, account_id) where unpaid > 0 group by 1, 2 order by 1, 2`,
    },
    [today, [...ages]],
  )
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }))
}
