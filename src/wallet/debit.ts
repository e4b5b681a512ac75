import { BOUNDARY_SECONDS, earlier, midnightsBetween, type Tx } from '../base/index.ts'
import { POSTING, type LockedWallets } from './settle.ts'
import type { WalletKey } from './store.ts'

/** The wallets after one key and through another, in the order of their keys. */
export type WalletRange = { after: WalletKey; last: WalletKey }

/** Stands in a `where`: the rows of a range of accounts, by the four parameters that `within` makes. */
export const WITHIN = `bucket between $1 and $3 and (bucket, account_id) > ($1, $2::text) and (bucket, account_id) <= ($3, $4::text)`

export function within({ after, last }: WalletRange): [number, string, number, string] {
  return [after.bucket, after.accountId, last.bucket, last.accountId]
}

// Accounts are hardly ever written, so their index is read alone, in 0.2 ms a thousand. That of wallets, all of which have just been
// changed, would be read with every wallet.
const END_OF_RANGE = {
  name: 'end-of-range',
  text: `select bucket, account_id as "accountId" from account where ${WITHIN} order by bucket, account_id offset $5 limit 1`,
}

/** The part of a range that holds its first `limit` accounts. */
export async function firstOfRange(tx: Tx, range: WalletRange, limit: number): Promise<WalletRange> {
  const [last = range.last] = await tx.query<WalletKey>(END_OF_RANGE, [...within(range), limit - 1])
  return { after: range.after, last }
}

const OWED = `(accrued + rate * ${BOUNDARY_SECONDS})`

const BY_INDEX = {
  name: 'by-index',
  text: `select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`,
}
const DEBIT_PLAIN = {
  name: 'debit-plain',
  text: `with debited as (
      update wallet set balance = balance - ${OWED}, owed = ${OWED}, accrued = 0, late_from = null, settled_at = $6, last_seq = last_seq + 1
      where ${WITHIN} and settled_at = $5 and late = 0 and ${OWED} <> 0
      returning bucket, account_id, last_seq, owed)
    insert into posting (${POSTING})
    select bucket, account_id, last_seq, 'use', 'unattributed', 'revenue', owed, $5::timestamptz, $6, $6::timestamptz, $7::timestamptz
    from debited`,
}

/**
 * Debits the plain wallets of a range, and answers how many: those settled through the boundary before, nothing late, no midnight in
 * between. They are not locked beforehand: one statement locks each row, reckons what its newest version owes, writes it and the posting
 * that tells it. Running it again changes nothing.
 */
export async function debitPlainWallets(tx: Tx, range: WalletRange, through: Temporal.Instant): Promise<number> {
  const before = through.subtract({ seconds: BOUNDARY_SECONDS })
  if (midnightsBetween(before, through, tx.timeZone).length > 0) return 0
  // An UPDATE locks rows as it meets them: by the index, that is in the order in which every transaction locks them.
  const [, debited] = await Promise.all([
    tx.query(BY_INDEX),
    tx.execute(DEBIT_PLAIN, [...within(range), before, through, tx.now]),
  ])
  return debited
}

const DUE = (through: string) => `settled_at < ${through}::timestamptz and (rate <> 0 or accrued <> 0 or late <> 0)`

/** Whether any wallet has something to deduct through an instant. */
export async function isAnyWalletDue(tx: Tx, through: Temporal.Instant): Promise<boolean> {
  const [any] = await tx.query<{ due: boolean }>(
    { name: 'is-any-wallet-due', text: `select exists (select from wallet where ${DUE('$1')}) as due` },
    [through],
  )
  return any!.due
}

const LOCK_DUE = {
  name: 'lock-due',
  text: `select bucket, account_id as "accountId", case when rate <> 0 or accrued <> 0 then settled_at end as "owesFrom", late <> 0 as "isLate"
    from wallet where ${WITHIN} and ${DUE('$5')} order by bucket, account_id limit $6 for update`,
}

/** Locks the first wallets of a range that have something to deduct through an instant. */
export async function lockDueWallets(
  tx: Tx,
  range: WalletRange,
  through: Temporal.Instant,
  limit: number,
): Promise<LockedWallets> {
  const due = await tx.query<WalletKey & { owesFrom: Temporal.Instant | null; isLate: boolean }>(LOCK_DUE, [
    ...within(range),
    through,
    limit,
  ])
  const oldest = due.map(({ owesFrom }) => owesFrom ?? through).reduce(earlier, through)
  return { keys: due, oldest, late: due.some(({ isLate }) => isLate) }
}
