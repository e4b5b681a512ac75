import { earlier, midnightsBetween, secondsOf, type Tx } from '../base/index.ts'
import { AMONG, AMONG_NEIGHBOURS, among, type WalletKey } from './store.ts'
import type { Wallet } from './wallet.ts'

// Grains owed for use since settled_at, through $3. The rate is exact, so this is a whole number. Nearly all wallets of a
// chunk are settled through the same instant, $4, which is $5 seconds back: for them no interval has to be taken apart.
const SECONDS = `case when settled_at = $4 then $5::bigint else extract(epoch from $3 - settled_at)::bigint end`
const OWED = `(case when settled_at < $3 then accrued + rate * ${SECONDS} else 0 end)`

/** The statements over one choice of wallets. Each guards itself: a second run finds nothing to do. */
function statementsOver(name: string, wallets: string) {
  return {
    postUse: {
      name: `post-use-${name}`,
      text: `insert into posting (bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at)
        select bucket, account_id, last_seq + 1, 'use', 'unattributed', 'revenue', owed, settled_at, $3, $3, $6
        from (select bucket, account_id, last_seq, settled_at, ${OWED} as owed from wallet
          where ${wallets} and settled_at < $3::timestamptz) w
        where owed <> 0`,
    },
    postLate: {
      name: `post-late-${name}`,
      text: `insert into posting (bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at)
        select bucket, account_id, last_seq + 1 + (${OWED} <> 0)::int, 'late',
          case when late > 0 then 'unattributed' else 'revenue' end, case when late > 0 then 'revenue' else 'unattributed' end,
          abs(late), late_from, settled_at, greatest(settled_at, $3::timestamptz), $6
        from wallet where ${wallets} and late <> 0`,
    },
    settle: {
      name: `settle-${name}`,
      text: `update wallet set balance = balance - ${OWED} - late, accrued = case when settled_at < $3 then 0 else accrued end,
          late = 0, late_from = null, settled_at = greatest(settled_at, $3),
          last_seq = last_seq + (${OWED} <> 0)::int + (late <> 0)::int
        where ${wallets} and (settled_at < $3::timestamptz or late <> 0)`,
    },
  }
}
const LISTED = statementsOver('listed', AMONG)
const NEIGHBOURS = statementsOver('neighbours', AMONG_NEIGHBOURS)

/** Locked wallets to be debited: the oldest instant from which one owes something, and whether they lie together. */
export type LockedWallets = {
  keys: readonly WalletKey[]
  oldest: Temporal.Instant
  late: boolean
  neighbours?: boolean
}

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
 * An outage is caught up in one posting a day, cut at midnight. Running it again changes nothing.
 * This is the one place where a room writes another's table: the journal row and the wallet row must be one act.
 */
export async function settleWallets(tx: Tx, wallets: LockedWallets, through: Temporal.Instant): Promise<void> {
  const { postUse, postLate, settle } = wallets.neighbours ? NEIGHBOURS : LISTED
  let from = wallets.oldest
  for (const cut of [...midnightsBetween(from, through, tx.timeZone), through]) {
    const scope = [...among(wallets.keys), cut, from, secondsOf(cut) - secondsOf(from)]
    await tx.query(postUse, [...scope, tx.now])
    if (wallets.late) await tx.query(postLate, [...scope, tx.now])
    await tx.query(settle, scope)
    from = cut
  }
}

const LOCK_DUE = {
  name: 'lock-due',
  text: `select array_agg(bucket) as buckets, array_agg(account_id) as "accountIds", min(settled_at) as oldest, bool_or(late <> 0) as late
    from (select bucket, account_id, settled_at, late from wallet
      where bucket between $1 and $3 and (bucket, account_id) > ($1, $2::text)
        and settled_at < $4::timestamptz and (rate <> 0 or accrued <> 0 or late <> 0)
      order by bucket, account_id limit $5 for update) due`,
}

/** Locks the next wallets, in order after `after`, that have something to deduct through an instant. Undefined: none. */
export async function lockDueWallets(
  tx: Tx,
  after: WalletKey,
  lastBucket: number,
  through: Temporal.Instant,
  limit: number,
): Promise<LockedWallets | undefined> {
  const [due] = await tx.query<{
    buckets: number[] | null
    accountIds: string[]
    oldest: Temporal.Instant
    late: boolean
  }>(LOCK_DUE, [after.bucket, after.accountId, lastBucket, through, limit])
  if (!due?.buckets) return undefined
  const { buckets, accountIds, oldest, late } = due
  return {
    keys: accountIds.map((accountId, i) => ({ bucket: buckets[i]!, accountId })),
    oldest,
    late,
    neighbours: true,
  }
}
