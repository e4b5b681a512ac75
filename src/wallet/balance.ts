import { bucketOf, BOUNDARY_SECONDS, boundaryBefore, type Tx } from '../base/index.ts'
import type { Account } from '../identity/index.ts'
import { liveBalance, type Wallet } from './wallet.ts'

/** An account's money as people see it. Grains; settled - inFlight - held = available. */
export type Balance = {
  account: Account
  wallet: Wallet
  /** The instant of it all: now, or where this wallet's time is already ahead of it. */
  asOf: Temporal.Instant
  /** Used and not booked yet. Below zero where late news gives more back than what ran has used. */
  inFlight: bigint
  /** Left of payments, and of grants whose time isn't over, as of the wallet's attributedAt. */
  cash: bigint
  granted: bigint
  nextDeductionAt: Temporal.Instant
}

type BalanceRow = Omit<Account, 'currency'> & Wallet & { asOf: Temporal.Instant; cash: string; granted: string }

/** Balances of accounts now, in their order, in one statement; undefined where there is no such account. */
export async function readBalances(tx: Tx, accountIds: readonly string[]): Promise<(Balance | undefined)[]> {
  const rows = await tx.query<BalanceRow>(READ_BALANCES, [accountIds.map(bucketOf), accountIds, tx.now])
  const found = new Map(rows.map((row) => [row.accountId, row]))
  return accountIds.map((accountId) => {
    const row = found.get(accountId)
    return row && toBalance(row)
  })
}

function toBalance(row: BalanceRow): Balance {
  const { asOf, cash, granted, name, createdAt, blockedAt, blockedReason, ...wallet } = row
  const { accountId, bucket, currency } = wallet
  return {
    account: { accountId, bucket, name, currency, createdAt, blockedAt, blockedReason },
    wallet,
    asOf,
    inFlight: wallet.balance - liveBalance(wallet, asOf),
    cash: BigInt(cash),
    granted: BigInt(granted),
    nextDeductionAt: boundaryBefore(asOf).add({ seconds: BOUNDARY_SECONDS }),
  }
}

const READ_BALANCES = {
  name: 'read-balances',
  text: `select w.bucket, w.account_id as "accountId", w.currency, w.balance, w.accrued, w.late, w.rate, w.settled_at as "settledAt",
      w.attributed_at as "attributedAt", w.seen_at as "seenAt", w.held, w.arrears, w.last_seq as "lastSeq",
      a.name, a.created_at as "createdAt", a.blocked_at as "blockedAt", a.blocked_reason as "blockedReason",
      as_of as "asOf", coalesce(l.cash, 0) as cash, coalesce(l.granted, 0) as granted
    from (select distinct * from unnest((select $1::int[]), (select $2::text[]))) k(bucket, account_id)
    join wallet w on w.bucket = k.bucket and w.account_id = k.account_id
    join account a on a.bucket = k.bucket and a.account_id = k.account_id
    cross join lateral (select greatest($3::timestamptz, w.seen_at, w.settled_at) as as_of) t
    left join lateral (select sum(remaining) filter (where kind = 'cash') as cash,
        sum(remaining) filter (where kind = 'grant' and expires_at > as_of) as granted
      from lot where lot.bucket = k.bucket and lot.account_id = k.account_id and remaining > 0) l on true`,
}
