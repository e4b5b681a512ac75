import type { Tx, Value } from '../base/index.ts'
import { collect, matchesDays, readSums, SUMS, type Sums } from './billStore.ts'
import type { BillRest } from './bills.ts'
import type { ArrearsAsked, InArrears, Liability, OwingPosition, RevenueAsked } from './reports.ts'

export type RevenueDays = { from?: Temporal.PlainDate; to?: Temporal.PlainDate }

const KEYS = {
  none: `''`,
  day: 'b.day::text',
  month: `to_char(b.day, 'YYYY-MM')`,
  kind: 'b.kind',
  sku: 'b.sku',
  channel: `coalesce(l.channel, 'unpaid')`,
} as const

/** Sums over all accounts: of the daily roll-up where it can tell, else of the lines or of who paid for them. A key of null: of all others. */
export async function readRevenue(
  tx: Tx,
  days: RevenueDays,
  { groupBy, byDay, most }: RevenueAsked,
): Promise<(BillRest & { key: string | null; day: Temporal.PlainDate | null })[]> {
  const values: Value[] = []
  const add = collect(values)
  const chosen = matchesDays(days, add, 'b.day')
  const keys = `${KEYS[groupBy]} as key, currency, ${byDay ? 'b.day' : 'null::date'} as day`
  const part =
    groupBy === 'channel'
      ? `select ${keys}, ${BY_CHANNEL} where ${chosen} group by 1, 2, 3 having sum(d.amount) <> 0`
      : `select ${keys}, ${SUMS} from ${groupBy === 'sku' ? 'bill_line' : 'bill_day'} b join wallet w using (bucket, account_id)
          where ${chosen} group by 1, 2, 3`
  const isTold = most === undefined ? 'true' : `place <= ${add(most)}::int`
  const rows = await tx.query<
    Sums & { key: string | null; currency: string; day: Temporal.PlainDate | null; keys: number }
  >(
    {
      text: `with part as (${part}), placed as (
          select key, currency, row_number() over (partition by currency order by sum(amount) desc, key) as place from part group by 1, 2)
        select case when ${isTold} then key end as key, currency, day, count(*)::int as keys, ${SUMS}
        from part join placed using (key, currency) group by 1, 2, 3
        order by ${most === undefined ? 'key' : `min(place) filter (where ${isTold})`}, currency, day`,
    },
    values,
  )
  return rows.map(({ key, currency, day, keys, ...sums }) => ({ key, currency, day, keys, ...readSums(sums) }))
}

const BY_CHANNEL = `sum(d.amount) as amount, coalesce(sum(d.amount) filter (where l.kind = 'cash'), 0) as cash,
    coalesce(sum(d.amount) filter (where l.kind = 'grant'), 0) as granted, coalesce(sum(d.amount) filter (where l.kind is null), 0) as unpaid
  from bill_line b join draw d using (bucket, account_id, line_id) join wallet w using (bucket, account_id)
    left join lot l on l.bucket = d.bucket and l.account_id = d.account_id and l.lot_id = d.lot_id`

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

export async function readInArrears(
  tx: Tx,
  today: Temporal.PlainDate,
  { from = 0, to, currency }: ArrearsAsked,
  { limit, after }: { limit: number; after?: OwingPosition },
): Promise<InArrears[]> {
  const values: Value[] = []
  const add = collect(values)
  // What is of today or, by another clock, of tomorrow is as young as can be.
  const youngest = from === 0 ? 'true' : `b.day <= ${add(today.subtract({ days: from }))}::date`
  const oldest = to === undefined ? 'true' : `b.day > ${add(today.subtract({ days: to }))}::date`
  const chosen = currency === undefined ? 'true' : `w.currency = ${add(currency)}`
  const rest =
    after === undefined
      ? 'true'
      : `(currency, -amount, account_id) > (${add(after.currency)}, -${add(after.amount)}::numeric, ${add(after.accountId)})`
  const rows = await tx.query<
    Record<'accountId' | 'name' | 'currency' | 'amount' | 'arrears', string> & Pick<InArrears, 'oldest'>
  >(
    {
      text: `select account_id as "accountId", name, currency, amount::text, arrears::text, oldest from (
          select b.bucket, b.account_id, w.currency, w.arrears, sum(b.unpaid) as amount, min(b.day) as oldest
          from bill_line b join wallet w on w.bucket = b.bucket and w.account_id = b.account_id
          where b.unpaid > 0 and ${youngest} and ${oldest} and ${chosen} group by 1, 2, 3, 4) owed
          join account using (bucket, account_id, currency)
        where ${rest} order by currency, owed.amount desc, account_id limit ${add(limit)}`,
    },
    values,
  )
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount), arrears: BigInt(row.arrears) }))
}
