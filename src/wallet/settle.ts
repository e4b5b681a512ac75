import { BOUNDARY_SECONDS, earlier, midnightsBetween, secondsOf, type Tx } from '../base/index.ts'
import { AMONG, among, type WalletKey } from './store.ts'
import type { Wallet } from './wallet.ts'

const USE = `bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at`

// Grains owed for use since settled_at, through $3. The rate is exact, so this is a whole number. Nearly all wallets are
// settled through the same instant, $4, which is $5 seconds back: for them no interval has to be taken apart.
const SINCE = `(accrued + rate * case when settled_at = $4 then $5::bigint else extract(epoch from $3 - settled_at)::bigint end)`
const OWED = `(case when settled_at < $3 then ${SINCE} else 0 end)`

// Each statement guards itself: a second run finds nothing to do.
const POST_USE = {
  name: 'post-use',
  text: `insert into posting (${USE})
    select bucket, account_id, last_seq + 1, 'use', 'unattributed', 'revenue', owed, settled_at, $3, $3, $6
    from (select bucket, account_id, last_seq, settled_at, ${OWED} as owed from wallet
      where ${AMONG} and settled_at < $3::timestamptz) w
    where owed <> 0`,
}
const POST_LATE = {
  name: 'post-late',
  text: `insert into posting (${USE})
    select bucket, account_id, last_seq + 1 + (${OWED} <> 0)::int, 'late',
      case when late > 0 then 'unattributed' else 'revenue' end, case when late > 0 then 'revenue' else 'unattributed' end,
      abs(late), late_from, settled_at, greatest(settled_at, $3::timestamptz), $6
    from wallet where ${AMONG} and late <> 0`,
}
const SETTLE = {
  name: 'settle',
  text: `update wallet set balance = balance - ${OWED} - late, accrued = case when settled_at < $3 then 0 else accrued end,
      late = 0, late_from = null, settled_at = greatest(settled_at, $3),
      last_seq = last_seq + (${OWED} <> 0)::int + (late <> 0)::int
    where ${AMONG} and (settled_at < $3::timestamptz or late <> 0)`,
}

/** Locked wallets to be debited, and the oldest instant from which one owes something. */
export type LockedWallets = { keys: readonly WalletKey[]; oldest: Temporal.Instant; late: boolean }

/** Locked wallets, to be debited through an instant. One in which nothing ran is brought forward at once, however long it lay idle. */
export function lockedWallets(wallets: readonly Wallet[], through: Temporal.Instant): LockedWallets {
  const owing = wallets.filter((wallet) => wallet.rate !== 0n || wallet.accrued !== 0n)
  return {
    keys: wallets,
    oldest: owing.map((wallet) => wallet.settledAt).reduce(earlier, through),
    late: wallets.some((wallet) => wallet.late !== 0n),
  }
}

/**
 * Debits locked wallets for all use through an instant: a posting for the use and one for late use, where there was some.
 * An outage is caught up in one posting a day, cut at midnight. Running it again changes nothing. All of it is sent at once, so what is
 * asked in the same turn is asked after it.
 * This is the one place where a room writes another's table: the journal row and the wallet row must be one act.
 */
export async function settleWallets(tx: Tx, wallets: LockedWallets, through: Temporal.Instant): Promise<void> {
  const sent: Promise<unknown>[] = []
  let from = wallets.oldest
  for (const cut of [...midnightsBetween(from, through, tx.timeZone), through]) {
    const scope = [...among(wallets.keys), cut, from, secondsOf(cut) - secondsOf(from)]
    sent.push(tx.query(POST_USE, [...scope, tx.now]))
    if (wallets.late) sent.push(tx.query(POST_LATE, [...scope, tx.now]))
    sent.push(tx.query(SETTLE, scope))
    from = cut
  }
  await Promise.all(sent)
}

// The deduction names its plain wallets by the range of keys they lie in. A list of a thousand keys to PostgreSQL and back, twice,
// was a quarter of its time. Plain: nothing late, and no midnight in between, which $6 is.
const PLAIN = `settled_at < $3::timestamptz and settled_at >= $6::timestamptz and late = 0 and ${SINCE} <> 0`
const AFTER = `bucket between $1 and $7 and (bucket, account_id) > ($1, $2::text)`
const RANGE = `${AFTER} and (bucket, account_id) <= ($7, $8::text)`

const LOCK_DUE = {
  name: 'lock-due',
  text: `select count(*)::int as count, max(bucket) as bucket, (array_agg(account_id))[count(*)::int] as "accountId",
      count(*) filter (where plain)::int as plain, array_agg(bucket) filter (where not plain) as buckets,
      array_agg(account_id) filter (where not plain) as "accountIds", min(settled_at) filter (where not plain) as oldest,
      bool_or(late <> 0) as late
    from (select bucket, account_id, settled_at, late, ${PLAIN} as plain from wallet
      where ${AFTER} and settled_at < $3::timestamptz and (rate <> 0 or accrued <> 0 or late <> 0)
      order by bucket, account_id limit $8 for update) due`,
}
const POST_PLAIN = {
  name: 'post-plain',
  text: `insert into posting (${USE})
    select bucket, account_id, last_seq + 1, 'use', 'unattributed', 'revenue', ${SINCE}, settled_at, $3, $3, $9
    from wallet where ${RANGE} and ${PLAIN}`,
}
const SETTLE_PLAIN = {
  name: 'settle-plain',
  text: `update wallet set balance = balance - ${SINCE}, accrued = 0, late_from = null, settled_at = $3, last_seq = last_seq + 1
    where ${RANGE} and ${PLAIN}`,
}

/** Wallets that a deduction has locked, of those after one key and through another. */
export type DueWallets = {
  count: number
  after: WalletKey
  last: WalletKey
  /** How many of them owe for one stretch of use and nothing else. */
  plain: number
  others: LockedWallets
}

/** Locks the next wallets, in order after `after`, that have something to deduct through an instant. Undefined: none. */
export async function lockDueWallets(
  tx: Tx,
  after: WalletKey,
  lastBucket: number,
  through: Temporal.Instant,
  limit: number,
): Promise<DueWallets | undefined> {
  const [due] = await tx.query<{
    count: number
    bucket: number
    accountId: string
    plain: number
    buckets: number[] | null
    accountIds: string[] | null
    oldest: Temporal.Instant | null
    late: boolean
  }>(LOCK_DUE, [...plainScope(tx, after, through), lastBucket, limit])
  if (!due || due.count === 0) return undefined
  const { count, bucket, accountId, plain, buckets, accountIds, oldest, late } = due
  const keys = (accountIds ?? []).map((id, i) => ({ bucket: buckets![i]!, accountId: id }))
  return { count, after, last: { bucket, accountId }, plain, others: { keys, oldest: oldest ?? through, late } }
}

/** Debits what a deduction has locked, through the same instant. Running it again changes nothing. */
export async function settleDueWallets(tx: Tx, due: DueWallets, through: Temporal.Instant): Promise<void> {
  if (due.plain > 0) {
    const scope = [...plainScope(tx, due.after, through), due.last.bucket, due.last.accountId]
    const posted = await tx.execute(POST_PLAIN, [...scope, tx.now])
    const settled = await tx.execute(SETTLE_PLAIN, scope)
    // The range holds all that are locked, so as many are the same. More: one that is not locked has begun to owe since.
    const same = posted === due.plain && settled === due.plain
    // To be tried again, as what PostgreSQL itself could not serialize.
    if (!same) throw Object.assign(new Error('a wallet began to owe among those that are debited'), { code: '40001' })
  }
  if (due.others.keys.length > 0) await settleWallets(tx, due.others, through)
}

/** The parameters $1 to $6 of what is plain. */
function plainScope(tx: Tx, after: WalletKey, through: Temporal.Instant) {
  const before = through.subtract({ seconds: BOUNDARY_SECONDS })
  const midnight = midnightsBetween(through.subtract({ hours: 48 }), through, tx.timeZone).at(-1)!
  return [after.bucket, after.accountId, through, before, BOUNDARY_SECONDS, midnight]
}
