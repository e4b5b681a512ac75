import {
  assert,
  bucketOf,
  formatGrains,
  GRAINS_PER_MINOR,
  LARGEST_AMOUNT,
  newId,
  Refusal,
  type Tx,
} from '../base/index.ts'
import { lockWallets, type Lot, type Wallet } from '../wallet/index.ts'
import { bringUpAll } from './bringUp.ts'
import { accountOf, post, repay, type Plan } from './plan.ts'
import { findLotsByPayment, insertLots, type NewLot, type StoredLot } from './store.ts'

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

/** A payment's or card's lot, and how much of it paid arrears as it came. */
export type Credited = { lotId: string; repaid: bigint }

/**
 * Brings money in as a new lot, which first pays arrears, oldest day first. The same payment again changes nothing and answers
 * the lot as it was; `repaid` then is 0.
 * @throws Refusal unknown_account, amount_too_large (also of all that the account would hold), grant_expired, key_reused (same payment, other content).
 */
export async function credit(tx: Tx, input: CreditInput): Promise<Credited> {
  const [credited] = await creditAll(tx, [input])
  return credited!
}

/** Brings in many payments, all different, to whichever accounts, by as many statements as one. All or none: @throws as `credit` does. */
export async function creditAll(tx: Tx, inputs: readonly CreditInput[]): Promise<Credited[]> {
  inputs.forEach(check)
  const wallets = await lockPaid(tx, inputs)
  const found = await findLotsByPayment(
    tx,
    inputs.map(({ accountId, paymentId }) => ({ bucket: bucketOf(accountId), accountId, paymentId })),
  )
  const credited = inputs.map((input, n) => found[n] && { lotId: sameCredit(found[n], input), repaid: 0n })
  const fresh = [...inputs.keys()].filter((n) => !found[n])
  const ofAccount = Map.groupBy(fresh, (n) => inputs[n]!.accountId)
  const lots: NewLot[] = []
  const gaining = [...ofAccount.keys()].map((accountId) => wallets.get(accountId)!)
  await bringUpAll(tx, gaining, (plan, now) => {
    for (const n of ofAccount.get(plan.wallet.accountId)!) {
      const before = plan.arrears
      const lot = bringIn(plan, inputs[n]!, now)
      lots.push({ ...inputs[n]!, lot, at: now })
      credited[n] = { lotId: lot.lotId, repaid: before - plan.arrears }
    }
  })
  await insertLots(tx, lots)
  return credited.map((each) => each!)
}

function check(input: CreditInput): void {
  assert(input.amount > 0n && input.amount % GRAINS_PER_MINOR === 0n, 'cash and grants come in whole cents')
  assert((input.kind === 'grant') === (input.expiresAt !== undefined), 'a grant expires, cash does not')
  if (input.amount > LARGEST_AMOUNT) throw tooLarge(input.amount, LARGEST_AMOUNT)
}

/** Locks the wallets that are paid into. @throws Refusal unknown_account. */
async function lockPaid(tx: Tx, inputs: readonly CreditInput[]): Promise<Map<string, Wallet>> {
  const accountIds = [...new Set(inputs.map(({ accountId }) => accountId))]
  const locked = await lockWallets(
    tx,
    accountIds.map((accountId) => ({ bucket: bucketOf(accountId), accountId })),
  )
  const wallets = new Map(locked.map((wallet) => [wallet.accountId, wallet]))
  const missing = accountIds.find((accountId) => !wallets.has(accountId))
  if (missing !== undefined) throw new Refusal('unknown_account', { value: missing })
  return wallets
}

/** The new lot in its plan, which has paid arrears. It is inserted as it stands at last, not updated. */
function bringIn(plan: Plan, input: CreditInput, now: Temporal.Instant): Lot {
  if (input.expiresAt && Temporal.Instant.compare(input.expiresAt, now) <= 0) {
    throw new Refusal('grant_expired', { value: input.expiresAt.toString() })
  }
  const balance = plan.wallet.balance + plan.balance + input.amount
  if (balance > LARGEST_BALANCE) throw tooLarge(balance, LARGEST_BALANCE)
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
  plan.touched.delete(lot)
  return lot
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
