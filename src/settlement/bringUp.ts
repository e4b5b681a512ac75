import { assert, later, secondsOf, type Tx } from '../base/index.ts'
import { lockedWallets, lockWallets, settleWallets, type Wallet } from '../wallet/index.ts'
import { planAttribution, readStanding } from './attribute.ts'
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
  const results: T[] = []
  await bringUpAll(tx, [wallet], async (plan, now) => void results.push(await work(plan, now)))
  return results[0]!
}

/** The same for many wallets, by as many statements as for one; `work` gets one plan after another. */
export async function bringUpAll(
  tx: Tx,
  wallets: readonly Wallet[],
  work: (plan: Plan, now: Temporal.Instant) => Promise<void> | void,
): Promise<void> {
  // The time of one wallet never goes back, even where the clocks of two servers differ: few are ahead, mostly none.
  const instants = wallets.map((wallet) => [tx.now, wallet.seenAt, wallet.settledAt].reduce(later))
  const sameTime = Map.groupBy(wallets.keys(), (n) => secondsOf(instants[n]!))
  for (const [first, ...others] of sameTime.values()) {
    const now = instants[first!]!
    const group = [first!, ...others].map((n) => wallets[n]!)
    const [, settled, standing] = await Promise.all([
      settleWallets(tx, lockedWallets(group, now), now),
      lockWallets(tx, group),
      readStanding(tx, group),
    ])
    const plans = await planAttribution(tx, settled, standing, 'exact')
    assert(plans.length === group.length, 'as many plans as wallets')
    for (const plan of plans) await work(plan, now)
    writePlans(tx, plans)
  }
}
