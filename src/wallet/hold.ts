import { assert, bucketOf, formatGrains, later, Refusal, type Tx } from '../base/index.ts'
import { lockWallets } from './store.ts'
import { available, type Wallet } from './wallet.ts'

export type HoldRequest = {
  accountId: string
  /** Made by the caller before the transaction, so that one whose answer was lost places it once. */
  holdId: string
  /** Grains, above zero. */
  amount: bigint
  reason: string
  expiresAt: Temporal.Instant
}

/**
 * Reserves money, so that what two requests see as available can't be promised twice. The same hold again changes nothing.
 * @throws Refusal unknown_account, insufficient_balance, key_reused (same id, other amount).
 */
export async function placeHold(tx: Tx, request: HoldRequest): Promise<void> {
  assert(request.amount > 0n, 'a hold is above zero')
  const wallet = await lockWallet(tx, request.accountId)
  const stored = await findHold(tx, wallet, request.holdId)
  if (stored === request.amount) return
  if (stored !== undefined) throw new Refusal('key_reused', { value: request.holdId })
  const free = available(wallet, later(tx.now, wallet.seenAt))
  if (free < request.amount) {
    throw new Refusal('insufficient_balance', {
      needed: formatGrains(request.amount, 2),
      available: formatGrains(free, 2),
    })
  }
  await tx.query(
    {
      name: 'insert-hold',
      text: `insert into hold (bucket, account_id, hold_id, amount, reason, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    },
    [wallet.bucket, wallet.accountId, request.holdId, request.amount, request.reason, tx.now, request.expiresAt],
  )
  await addHeld(tx, wallet, request.amount)
}

async function findHold(tx: Tx, wallet: Wallet, holdId: string): Promise<bigint | undefined> {
  const [hold] = await tx.query<{ amount: bigint }>(
    { name: 'find-hold', text: `select amount from hold where bucket = $1 and account_id = $2 and hold_id = $3` },
    [wallet.bucket, wallet.accountId, holdId],
  )
  return hold?.amount
}

/** Ends a hold once: its money is free again. Ending it a second time changes nothing and answers false. */
export async function endHold(
  tx: Tx,
  accountId: string,
  holdId: string,
  reason: 'released' | 'taken' | 'expired',
): Promise<boolean> {
  const wallet = await lockWallet(tx, accountId)
  const [ended] = await tx.query<{ amount: bigint }>(
    {
      name: 'end-hold',
      text: `update hold set ended_at = $4, end_reason = $5
        where bucket = $1 and account_id = $2 and hold_id = $3 and ended_at is null returning amount`,
    },
    [wallet.bucket, accountId, holdId, tx.now, reason],
  )
  if (ended) await addHeld(tx, wallet, -ended.amount)
  return ended !== undefined
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

/** Locks the one wallet of an account. @throws Refusal unknown_account. */
export async function lockWallet(tx: Tx, accountId: string): Promise<Wallet> {
  const [wallet] = await lockWallets(tx, [{ bucket: bucketOf(accountId), accountId }])
  if (!wallet) throw new Refusal('unknown_account', { value: accountId })
  return wallet
}

async function addHeld(tx: Tx, wallet: Wallet, amount: bigint): Promise<void> {
  await tx.query(
    {
      name: 'add-held',
      text: `update wallet set held = held + $3, seen_at = greatest(seen_at, $4) where bucket = $1 and account_id = $2`,
    },
    [wallet.bucket, wallet.accountId, amount, tx.now],
  )
}
