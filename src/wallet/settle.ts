import { earlier, midnightsBetween, secondsOf, type Tx } from '../base/index.ts'
import { AMONG, among, type WalletKey } from './store.ts'
import type { Wallet } from './wallet.ts'

/** The columns of a posting of use. */
export const POSTING = `bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at`

// Grains owed for use since settled_at, through $3. The rate is exact, so this is a whole number. Nearly all wallets are
// settled through the same instant, $4, which is $5 seconds back: for them no interval has to be taken apart.
const SINCE = `(accrued + rate * case when settled_at = $4 then $5::bigint else extract(epoch from $3 - settled_at)::bigint end)`
const OWED = `(case when settled_at < $3 then ${SINCE} else 0 end)`

// Each statement guards itself: a second run finds nothing to do.
const POST_USE = {
  name: 'post-use',
  text: `insert into posting (${POSTING})
    select bucket, account_id, last_seq + 1, 'use', 'unattributed', 'revenue', owed, settled_at, $3, $3, $6
    from (select bucket, account_id, last_seq, settled_at, ${OWED} as owed from wallet
      where ${AMONG} and settled_at < $3::timestamptz) w
    where owed <> 0`,
}
const POST_LATE = {
  name: 'post-late',
  text: `insert into posting (${POSTING})
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
