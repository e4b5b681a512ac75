import { query, type Database } from '../base/index.ts'

/** What became of an account: all it was charged (attributed), its balance and arrears, in grains. */
export type AccountFigures = { accountId: string; name: string; charged: bigint; balance: bigint; arrears: bigint }

/** Every account, the one that was charged most first. */
export async function readAccounts(database: Database): Promise<AccountFigures[]> {
  const rows = await query<Omit<AccountFigures, 'charged'> & { charged: string }>(database.pool, {
    text: `select a.account_id as "accountId", a.name, w.balance, w.arrears, coalesce(l.charged, 0)::text as charged
      from account a
      join wallet w on w.bucket = a.bucket and w.account_id = a.account_id
      left join (select bucket, account_id, sum(amount) as charged from bill_line group by bucket, account_id) l
        on l.bucket = a.bucket and l.account_id = a.account_id
      order by coalesce(l.charged, 0) desc, a.name, a.account_id`,
  })
  return rows.map((row) => ({ ...row, charged: BigInt(row.charged) }))
}

/** How many deductions the journal holds: one an account and boundary at which it owed something. */
export async function countDeductions(database: Database): Promise<bigint> {
  const [row] = await query<{ count: bigint }>(database.pool, {
    text: `select count(*) as count from posting where source = 'use'`,
  })
  return row!.count
}

/** Whether nothing was ever kept here. */
export async function isBlank(database: Database): Promise<boolean> {
  const [row] = await query<{ blank: boolean }>(database.pool, {
    text: `select not exists (select from account) and not exists (select from price_list) as blank`,
  })
  return row!.blank
}
