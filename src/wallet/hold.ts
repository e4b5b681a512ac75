import { assert, bucketOf, formatGrains, later, Refusal, type Tx } from '../base/index.ts'
import { addHeld, endHolds, insertHolds, readHolds } from './holdStore.ts'
import { lockWallets, type WalletKey } from './store.ts'
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

/** Why an admission holds money. Only such a hold is taken by a start. */
export const FOR_ADMISSION = 'admission'

/**
 * Reserves money, so that what two requests see as available can't be promised twice. The same hold again changes nothing.
 * @throws Refusal unknown_account, insufficient_balance, key_reused (same id, other amount).
 */
export async function placeHold(tx: Tx, request: HoldRequest): Promise<void> {
  const wallet = await lockWallet(tx, request.accountId)
  const stored = (await findHolds(tx, [request])).get(request.holdId)
  if (stored === request.amount) return
  if (stored !== undefined) throw new Refusal('key_reused', { value: request.holdId })
  const free = available(wallet, later(tx.now, wallet.seenAt))
  if (free < request.amount) {
    throw new Refusal('insufficient_balance', {
      needed: formatGrains(request.amount, 2),
      available: formatGrains(free, 2),
    })
  }
  await placeHolds(tx, [request])
}

/**
 * Reserves money in many wallets, for whoever holds them locked, has seen that it is there and that the holds are new. Where that is not
 * so, nothing is placed and the transaction fails.
 */
export async function placeHolds(tx: Tx, requests: readonly HoldRequest[]): Promise<void> {
  if (requests.length === 0) return
  assert(
    requests.every(({ amount }) => amount > 0n),
    'a hold is above zero',
  )
  const holds = requests.map((request) => ({ ...request, bucket: bucketOf(request.accountId) }))
  const sums = sumByWallet(holds)
  const [, changed] = await Promise.all([insertHolds(tx, holds), addHeld(tx, sums)])
  assert(changed === sums.length, 'what is held is available')
}

/** Grains that holds hold, or held before they ended, by their ids; those that were never placed are left out. */
export function findHolds(
  tx: Tx,
  keys: readonly Pick<HoldRequest, 'accountId' | 'holdId'>[],
): Promise<Map<string, bigint>> {
  return readHolds(
    tx,
    keys.map(({ accountId, holdId }) => ({ bucket: bucketOf(accountId), accountId, holdId })),
  )
}

/** Ends a hold once: its money is free again. Ending it a second time changes nothing and answers false. */
export async function endHold(
  tx: Tx,
  accountId: string,
  holdId: string,
  reason: 'released' | 'taken' | 'expired',
): Promise<boolean> {
  const wallet = await lockWallet(tx, accountId)
  return (await end(tx, [{ ...wallet, holdId }], reason)) > 0
}

/** Gives back what an admission holds; false where it holds nothing (any more). */
export async function releaseHold(tx: Tx, accountId: string, admissionId: string): Promise<boolean> {
  const wallet = await lockWallet(tx, accountId)
  return (await end(tx, [{ ...wallet, holdId: holdOf(admissionId) }], 'released', FOR_ADMISSION)) > 0
}

/**
 * Ends what admissions hold in wallets that the caller has locked: what they admitted has started, and pays by its rate from now on. An
 * admission that holds nothing there (any more) is passed over. Answers how many were taken.
 */
export function takeHolds(tx: Tx, admissions: readonly (WalletKey & { admissionId: string })[]): Promise<number> {
  const keys = admissions.map((each) => ({ ...each, holdId: holdOf(each.admissionId) }))
  return end(tx, keys, 'taken', FOR_ADMISSION)
}

/** Locks the one wallet of an account. @throws Refusal unknown_account. */
export async function lockWallet(tx: Tx, accountId: string): Promise<Wallet> {
  const [wallet] = await lockWallets(tx, [{ bucket: bucketOf(accountId), accountId }])
  if (!wallet) throw new Refusal('unknown_account', { value: accountId })
  return wallet
}

/** An admission and its hold are made of the same request: their ids differ in the prefix only. */
function holdOf(admissionId: string): string {
  return admissionId.replace(/^adm_/, 'hold_')
}

async function end(
  tx: Tx,
  keys: readonly (WalletKey & { holdId: string })[],
  how: 'released' | 'taken' | 'expired',
  placedFor: string | null = null,
): Promise<number> {
  if (keys.length === 0) return 0
  const ended = await endHolds(tx, keys, how, placedFor)
  if (ended.length > 0) await addHeld(tx, sumByWallet(ended.map((hold) => ({ ...hold, amount: -hold.amount }))))
  return ended.length
}

function sumByWallet(amounts: readonly (WalletKey & { amount: bigint })[]): (WalletKey & { amount: bigint })[] {
  const sums = new Map<string, WalletKey & { amount: bigint }>()
  for (const { bucket, accountId, amount } of amounts) {
    const sum = sums.get(accountId)
    if (sum) sum.amount += amount
    else sums.set(accountId, { bucket, accountId, amount })
  }
  return [...sums.values()]
}
