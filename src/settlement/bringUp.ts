import { assert, later, type Tx } from '../base/index.ts'
import { lockedWallets, lockWallets, settleWallets, type Wallet } from '../wallet/index.ts'
import { planAttribution } from './attribute.ts'
import type { Plan } from './plan.ts'
import { writePlans } from './planStore.ts'

/**
 * The only entrance to an account's lots, for whoever holds the lock on its wallet: deducts and attributes everything through this
 * second, writes off what has expired, then hands the plan to `work`, which moves money, and writes it all. It cuts the attribution
 * here, so it is for what changes lots and for nothing else: a request that turns out to change nothing must not come this far.
 */
export async function bringUp<T>(
  tx: Tx,
  wallet: Wallet,
  work: (plan: Plan, now: Temporal.Instant) => Promise<T> | T,
): Promise<T> {
  // The time of one wallet never goes back, even where the clocks of two servers differ.
  const now = [tx.now, wallet.seenAt, wallet.settledAt].reduce(later)
  const [plan] = await planAttribution(tx, [await settleThrough(tx, wallet, now)], 'exact')
  assert(plan, 'one wallet, one plan')
  const result = await work(plan, now)
  await writePlans(tx, [plan])
  return result
}

async function settleThrough(tx: Tx, wallet: Wallet, now: Temporal.Instant): Promise<Wallet> {
  await settleWallets(tx, lockedWallets([wallet], now), now)
  const [settled] = await lockWallets(tx, [wallet])
  assert(settled, 'a locked wallet stays')
  return settled
}
