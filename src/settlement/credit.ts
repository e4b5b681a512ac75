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
import { lockWallets, type Lot, type Wallet, type WalletKey } from '../wallet/index.ts'
import { bringUpAll } from './bringUp.ts'
import { accountOf, post, repay, type Plan } from './plan.ts'
import { findLotsByPayment, type StoredLot } from './store.ts'

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

/** A payment's or card's lot, in its account's currency, and how much of it paid arrears as it came. */
export type Credited = { lotId: string; currency: string; repaid: bigint }

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
  // Looked for once the wallets are locked: statements that travel together are done in their order.
  const [locked, found] = await Promise.all([
    lockWallets(tx, walletsOf(inputs)),
    findLotsByPayment(
      tx,
      inputs.map(({ accountId, paymentId }) => ({ bucket: bucketOf(accountId), accountId, paymentId })),
    ),
  ])
  const wallets = paidInto(locked, inputs)
  const currencyOf = ({ accountId }: CreditInput) => wallets.get(accountId)!.currency
  const credited = inputs.map(
    (input, n) => found[n] && { lotId: sameCredit(found[n], input), currency: currencyOf(input), repaid: 0n },
  )
  const fresh = [...inputs.keys()].filter((n) => !found[n])
  const ofAccount = Map.groupBy(fresh, (n) => inputs[n]!.accountId)
  const gaining = [...ofAccount.keys()].map((accountId) => wallets.get(accountId)!)
  await bringUpAll(tx, gaining, (plan, now) => {
    for (const n of ofAccount.get(plan.wallet.accountId)!) {
      const before = plan.arrears
      const lot = bringIn(plan, inputs[n]!, now)
      credited[n] = { lotId: lot.lotId, currency: plan.wallet.currency, repaid: before - plan.arrears }
    }
  })
  return credited.map((each) => each!)
}

function check(input: CreditInput): void {
  assert(input.amount > 0n && input.amount % GRAINS_PER_MINOR === 0n, 'cash and grants come in whole cents')
  assert((input.kind === 'grant') === (input.expiresAt !== undefined), 'a grant expires, cash does not')
  if (input.amount > LARGEST_AMOUNT) throw tooLarge(input.amount, LARGEST_AMOUNT)
}

function walletsOf(inputs: readonly CreditInput[]): WalletKey[] {
  return [...new Set(inputs.map(({ accountId }) => accountId))].map((accountId) => {
    return { bucket: bucketOf(accountId), accountId }
  })
}

/** The wallets that are paid into, by account. @throws Refusal unknown_account. */
function paidInto(locked: readonly Wallet[], inputs: readonly CreditInput[]): Map<string, Wallet> {
  const wallets = new Map(locked.map((wallet) => [wallet.accountId, wallet]))
  const missing = inputs.find(({ accountId }) => !wallets.has(accountId))
  if (missing) throw new Refusal('unknown_account', { value: missing.accountId })
  return wallets
}

/** The new lot in its plan, which has paid arrears. */
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
  plan.opened.push({ ...input, lot, at: now })
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
