import { assert, dayOf, formatGrains, Refusal, type Tx } from '../base/index.ts'
import { liveBalance, lockWallet } from '../wallet/index.ts'
import { bringUp } from './bringUp.ts'
import { post, take, usableLots, type LineKey } from './plan.ts'
import { findCharge, insertCharge, type StoredCharge } from './store.ts'

export type ChargeInput = {
  accountId: string
  /** The caller's key: the same one is charged once. */
  chargeId: string
  projectId: string
  userId: string
  kind: 'job' | 'node' | 'storage'
  sku: string
  /** Grains, above zero. */
  amount: bigint
  note?: string
}

/**
 * A one-off debit, such as a month of a storage plan, with its own posting and its part of the day's bill line. It needs
 * available money and never creates arrears. The same charge again changes nothing.
 * @throws Refusal unknown_account, insufficient_balance, key_reused (same charge, other content).
 */
export async function charge(tx: Tx, input: ChargeInput): Promise<void> {
  assert(input.amount > 0n, 'a charge is above zero')
  const wallet = await lockWallet(tx, input.accountId)
  const stored = await findCharge(tx, wallet, input.chargeId)
  if (stored) return sameCharge(stored, input)
  return bringUp(tx, wallet, async (plan, now) => {
    const live = liveBalance(plan.wallet, now) + plan.balance - plan.wallet.held
    const inLots = usableLots(plan, now).reduce((sum, lot) => sum + lot.remaining, 0n)
    const free = live < inLots ? live : inLots
    if (free < input.amount) {
      throw new Refusal('insufficient_balance', {
        needed: formatGrains(input.amount, 2),
        available: formatGrains(free, 2),
      })
    }
    const seq = post(plan, 'charge', input.chargeId, 'unattributed', 'revenue', input.amount, now, now)
    plan.balance -= input.amount
    const { projectId, userId, kind, sku } = input
    const key: LineKey = { day: dayOf(now, tx.timeZone), projectId, userId, kind, sku }
    take(plan, [{ key, amount: input.amount }], 'charge', now, now)
    await insertCharge(tx, plan.wallet, input, key.day, seq, now)
  })
}

function sameCharge(stored: StoredCharge, input: ChargeInput): void {
  const same = (['projectId', 'userId', 'kind', 'sku', 'amount'] as const).every((name) => stored[name] === input[name])
  if (!same) throw new Refusal('key_reused', { value: input.chargeId })
}
