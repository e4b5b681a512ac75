import type { Tx } from '../base/index.ts'
import { among, availableAt, type WalletKey } from './store.ts'

type HoldKey = WalletKey & { holdId: string }
type NewHold = HoldKey & { amount: bigint; reason: string; expiresAt: Temporal.Instant }

// Statements that look for some of many holds have no name: they are planned each time, by how large the table is now. A plan that is kept
// from when it was empty reads all of it (38 instead of 8 ms for 64 questions beside 6,000 holds).

/** What holds hold, or held, by their ids, as far as there are such. */
export async function readHolds(tx: Tx, keys: readonly HoldKey[]): Promise<Map<string, bigint>> {
  if (keys.length === 0) return new Map()
  const rows = await tx.query<{ holdId: string; amount: bigint }>(
    {
      text: `select hold_id as "holdId", amount from hold
        where (bucket, account_id, hold_id) in (select * from unnest($1::int[], $2::text[], $3::text[]))`,
    },
    [...among(keys), keys.map((key) => key.holdId)],
  )
  return new Map(rows.map((row) => [row.holdId, row.amount]))
}

export async function insertHolds(tx: Tx, holds: readonly NewHold[]): Promise<void> {
  await tx.query(
    {
      name: 'insert-holds',
      text: `insert into hold (bucket, account_id, hold_id, amount, reason, expires_at, created_at)
        select *, $7::timestamptz from unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[])`,
    },
    [
      ...among(holds),
      holds.map((hold) => hold.holdId),
      holds.map((hold) => hold.amount),
      holds.map((hold) => hold.reason),
      holds.map((hold) => hold.expiresAt),
      tx.now,
    ],
  )
}

/** Ends holds that have not ended yet, of one reason or (null) of any; answers those. */
export function endHolds(
  tx: Tx,
  keys: readonly HoldKey[],
  how: 'released' | 'taken' | 'expired',
  placedFor: string | null,
): Promise<(WalletKey & { amount: bigint })[]> {
  return tx.query(
    {
      text: `update hold h set ended_at = $4, end_reason = $5
        from unnest($1::int[], $2::text[], $3::text[]) as n(bucket, account_id, hold_id)
        where h.bucket = n.bucket and h.account_id = n.account_id and h.hold_id = n.hold_id and h.ended_at is null
          and ($6::text is null or h.reason = $6)
        returning h.bucket, h.account_id as "accountId", h.amount`,
    },
    [...among(keys), keys.map((key) => key.holdId), tx.now, how, placedFor],
  )
}

/** Holds whose time is over, oldest first. */
export function findDueHolds(tx: Tx, limit = 1000): Promise<{ accountId: string; holdId: string }[]> {
  return tx.query(
    {
      name: 'find-due-holds',
      text: `select account_id as "accountId", hold_id as "holdId" from hold
        where ended_at is null and expires_at <= $1 order by expires_at limit $2`,
    },
    [tx.now, limit],
  )
}

// A wallet never holds more than it has, whatever its caller has seen.
const COVERED = `c.amount <= ${availableAt('greatest(w.seen_at, $4::timestamptz)')}`

/** Adds to what wallets hold, or takes away; nothing is added beyond what is available. Answers how many wallets were changed. */
export async function addHeld(tx: Tx, sums: readonly (WalletKey & { amount: bigint })[]): Promise<number> {
  const changed = await tx.query(
    {
      name: 'add-held',
      text: `update wallet w set held = w.held + c.amount, seen_at = greatest(w.seen_at, $4)
        from unnest($1::int[], $2::text[], $3::bigint[]) as c(bucket, account_id, amount)
        where w.bucket = c.bucket and w.account_id = c.account_id and (c.amount < 0 or ${COVERED}) returning 1`,
    },
    [...among(sums), sums.map((sum) => sum.amount), tx.now],
  )
  return changed.length
}
