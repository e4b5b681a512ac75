import type { Tx } from '../base/index.ts'
import type { Lot, Wallet } from './wallet.ts'

export type WalletKey = { bucket: number; accountId: string }

const WALLET = `bucket, account_id as "accountId", currency, balance, accrued, late, rate, settled_at as "settledAt",
  attributed_at as "attributedAt", seen_at as "seenAt", held, arrears, last_seq as "lastSeq"`
/** Stands in a `where`: some accounts' rows, by the two parameters that `among` makes. One look-up an account. */
export const AMONG = `(bucket, account_id) in (select * from unnest($1::int[], $2::text[]))`

/** Locks wallets in the order of their accounts, the order in which every transaction locks them. */
export function lockWallets(tx: Tx, keys: readonly WalletKey[]): Promise<Wallet[]> {
  return tx.query<Wallet>(
    {
      name: 'lock-wallets',
      text: `select ${WALLET} from wallet where ${AMONG} order by bucket, account_id for update`,
    },
    among(keys),
  )
}

/**
 * `available` in SQL: of the wallet `w` at an instant, an expression, that is not before its settled_at; in grains. Numeric: no rate and no
 * outage is too large for it.
 */
export function availableAt(at: string): string {
  return `(w.balance - w.accrued - w.late - w.held - w.rate * floor(extract(epoch from ${at} - w.settled_at)))`
}

export function readWallets(tx: Tx, keys: readonly WalletKey[]): Promise<Wallet[]> {
  return tx.query<Wallet>(
    { name: 'read-wallets', text: `select ${WALLET} from wallet where ${AMONG} order by bucket, account_id` },
    among(keys),
  )
}

export async function insertWallet(tx: Tx, key: WalletKey, currency: string): Promise<void> {
  await tx.query(
    {
      text: `insert into wallet (bucket, account_id, currency, settled_at, attributed_at, seen_at) values ($1, $2, $3, $4, $4, $4)
        on conflict do nothing`,
    },
    [key.bucket, key.accountId, currency, tx.now],
  )
}

/**
 * What a transaction adds to wallets after events, at its instant: rates, what accrued and what came late, in grains. `settledAt`: through
 * which these are reckoned; later than the wallet's own only where nothing ran meanwhile.
 */
export type WalletChange = WalletKey & {
  settledAt: Temporal.Instant
  rate: bigint
  accrued: bigint
  late: bigint
  lateFrom: Temporal.Instant | null
}

export async function changeWallets(tx: Tx, changes: readonly WalletChange[]): Promise<void> {
  if (changes.length === 0) return
  await tx.query(
    {
      name: 'change-wallets',
      text: `update wallet w set rate = w.rate + c.rate, accrued = w.accrued + c.accrued, late = w.late + c.late,
          late_from = least(w.late_from, c.late_from), settled_at = c.settled_at, seen_at = greatest(w.seen_at, $8)
        from unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
          as c(bucket, account_id, rate, accrued, late, late_from, settled_at)
        where w.bucket = c.bucket and w.account_id = c.account_id`,
    },
    [
      changes.map((c) => c.bucket),
      changes.map((c) => c.accountId),
      changes.map((c) => c.rate),
      changes.map((c) => c.accrued),
      changes.map((c) => c.late),
      changes.map((c) => c.lateFrom),
      changes.map((c) => c.settledAt),
      tx.now,
    ],
  )
}

/** The lots of some accounts that can still matter: with money left, or grants that are not written off yet. */
export function readOpenLots(tx: Tx, keys: readonly WalletKey[]): Promise<Lot[]> {
  return readLots(
    tx,
    'read-open-lots',
    `${AMONG} and (remaining > 0 or (expires_at is not null and expired_at is null))`,
    among(keys),
  )
}

export function readAllLots(tx: Tx, keys: readonly WalletKey[]): Promise<Lot[]> {
  return readLots(tx, 'read-all-lots', AMONG, among(keys))
}

function readLots(tx: Tx, name: string, where: string, values: (number[] | string[])[]): Promise<Lot[]> {
  return tx.query<Lot>(
    {
      name,
      text: `select bucket, account_id as "accountId", lot_id as "lotId", kind, priority, expires_at as "expiresAt", amount,
        remaining, expired, expired_at as "expiredAt", seq from lot where ${where}`,
    },
    values,
  )
}

export function among(keys: readonly WalletKey[]): [number[], string[]] {
  return [keys.map((key) => key.bucket), keys.map((key) => key.accountId)]
}
