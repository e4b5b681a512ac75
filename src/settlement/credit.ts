import { assert, GRAINS_PER_MINOR, LARGEST_AMOUNT, newId, Refusal, formatGrains, type Tx } from '../base/index.ts'
import { lockWallet, type Lot } from '../wallet/index.ts'
import { bringUp } from './bringUp.ts'
import { accountOf, post, repay } from './plan.ts'
import { findLotByPayment, insertLot, type StoredLot } from './store.ts'

export type CreditInput = {
  accountId: string
  kind: 'cash' | 'grant'
  /** Grains, above zero; whole cents. */
  amount: bigint
  /** The payment's or card's own id: the same one is credited once. */
  paymentId: string
  /** Where the money came from: `alipay`, `transfer`, `card` .. */
  channel: string
  /** Of a grant: when what is left of it ends. */
  expiresAt?: Temporal.Instant
  /** Of a grant: lower pays first. 0 where left out. */
  priority?: number
  note?: string
}

/** An account holds no more: what its wallet's numbers can, less some room for use that is given back. */
const LARGEST_BALANCE = 25n * LARGEST_AMOUNT

/**
 * Brings money in as a new lot, which first pays arrears, oldest day first. The same payment again changes nothing and answers
 * the lot as it was; `repaid` then is 0.
 * @throws Refusal unknown_account, amount_too_large (also of all that the account would hold), grant_expired, key_reused (same payment, other content).
 */
export async function credit(tx: Tx, input: CreditInput): Promise<{ lotId: string; repaid: bigint }> {
  assert(input.amount > 0n && input.amount % GRAINS_PER_MINOR === 0n, 'cash and grants come in whole cents')
  assert((input.kind === 'grant') === (input.expiresAt !== undefined), 'a grant expires, cash does not')
  if (input.amount > LARGEST_AMOUNT) throw tooLarge(input.amount, LARGEST_AMOUNT)
  const wallet = await lockWallet(tx, input.accountId)
  const stored = await findLotByPayment(tx, wallet, input.paymentId)
  if (stored) return { lotId: sameCredit(stored, input), repaid: 0n }
  return bringUp(tx, wallet, async (plan, now) => {
    if (input.expiresAt && Temporal.Instant.compare(input.expiresAt, now) <= 0) {
      throw new Refusal('grant_expired', { value: input.expiresAt.toString() })
    }
    const balance = plan.wallet.balance + plan.balance + input.amount
    if (balance > LARGEST_BALANCE) throw tooLarge(balance, LARGEST_BALANCE)
    const before = plan.arrears
    const { bucket, accountId } = plan.wallet
    const lot: Lot = {
      bucket,
      accountId,
      lotId: newId('lot', now),
      kind: input.kind,
      priority: input.priority ?? 0,
      expiresAt: input.expiresAt ?? null,
      amount: input.amount,
      remaining: input.amount,
      expired: 0n,
      expiredAt: null,
      seq: plan.lastSeq + 1n,
    }
    const from = input.kind === 'cash' ? `gateway:${input.channel}` : 'promotion'
    post(plan, 'credit', input.paymentId, from, accountOf(lot), input.amount, now, now)
    plan.balance += input.amount
    plan.lots.push(lot)
    repay(plan, now)
    plan.touched.delete(lot) // it is inserted as it stands, not updated
    await insertLot(tx, lot, input, now)
    return { lotId: lot.lotId, repaid: before - plan.arrears }
  })
}

function tooLarge(value: bigint, limit: bigint): Refusal {
  return new Refusal('amount_too_large', { value: formatGrains(value, 2), limit: formatGrains(limit, 0) })
}

function sameCredit(stored: StoredLot, input: CreditInput): string {
  const same =
    stored.kind === input.kind &&
    stored.amount === input.amount &&
    stored.channel === input.channel &&
    stored.priority === (input.priority ?? 0) &&
    (stored.expiresAt?.toString() ?? null) === (input.expiresAt?.toString() ?? null)
  if (!same) throw new Refusal('key_reused', { value: input.paymentId })
  return stored.lotId
}
