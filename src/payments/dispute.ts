import { assert, bucketOf, derivedId, GRAINS_PER_UNIT, happen, Refusal, type Tx } from '../base/index.ts'
import { findAccount } from '../identity/index.ts'
import { credit } from '../settlement/index.ts'
import { insertDisputes, lockDispute, readDispute, writeSettled } from './disputeStore.ts'
import type { Cash, Channel, GatewayRefund, Payment } from './gateway.ts'
import { placesOf } from './gateways/cash.ts'
import { addCredited, readOrder, updateOrder, type OrderKey } from './orderStore.ts'
import { findPayments, insertPayments } from './paymentStore.ts'
import { nameOfPayment, paidHappening, type StoredPayment } from './payment.ts'

/** Why a payment, or a notice of a refund, is for staff to settle. */
export type DisputeReason =
  | 'unknown_order'
  | 'unknown_refund'
  | 'wrong_amount'
  | 'wrong_currency'
  | 'wrong_payee'
  /** It was credited for another order. */
  | 'other_order'
  /** The books can't take it, such as an account that holds all it can. */
  | 'not_creditable'

/** Something a gateway says was paid, or given back, that fits nothing here. */
export type Dispute = {
  /** Of its order's account, else of channel and number. */
  bucket: number
  disputeId: string
  channel: Channel
  kind: 'payment' | 'refund'
  /** The gateway's number of the payment; of a refund its own. */
  paymentId: string
  reason: DisputeReason
  /** As the gateway tells it. */
  orderId: string | null
  /** Whose the order is. */
  accountId: string | null
  paid: Cash | null
  fee: Cash | null
  payee: string | null
  paidAt: Temporal.Instant | null
  openedAt: Temporal.Instant
  state: 'open' | 'credited' | 'rejected'
  settledAt: Temporal.Instant | null
  /** The key of who settled it. */
  settledBy: string | null
  note: string | null
  /** To whom, and how much in grains. */
  creditedTo: string | null
  currency: string | null
  credited: bigint | null
}

export type NewDispute = Pick<
  Dispute,
  'bucket' | 'channel' | 'kind' | 'paymentId' | 'reason' | 'orderId' | 'accountId' | 'paid' | 'fee' | 'payee' | 'paidAt'
>

/** A payment in dispute. @param account whose its order is, where it is of somebody here. */
export function disputeOf(
  channel: Channel,
  { paymentId, orderId, cash, fee, payee, paidAt }: Payment,
  account: { bucket: number; accountId: string } | undefined,
  reason: DisputeReason,
): NewDispute {
  return {
    bucket: account?.bucket ?? bucketOf(nameOfPayment({ channel, paymentId })),
    channel,
    kind: 'payment',
    paymentId,
    reason,
    orderId,
    accountId: account?.accountId ?? null,
    paid: cash,
    fee,
    payee,
    paidAt,
  }
}

/** A notice of a refund that nobody asked for here is kept for staff; the same again changes nothing. */
export async function disputeRefund(tx: Tx, channel: Channel, { refundId, cash, at }: GatewayRefund): Promise<void> {
  const bucket = bucketOf(nameOfPayment({ channel, paymentId: refundId }))
  const none = { orderId: null, accountId: null, fee: null, payee: null }
  const about = { bucket, channel, kind: 'refund', paymentId: refundId, paid: cash, paidAt: at } as const
  await openDisputes(tx, [{ ...about, ...none, reason: 'unknown_refund' }])
}

/** Opens disputes; one about the same thing is there once. */
export async function openDisputes(tx: Tx, disputes: readonly NewDispute[]): Promise<void> {
  if (disputes.length === 0) return
  const opened = disputes.map((each) => ({
    ...each,
    disputeId: derivedId('disp', each.channel, each.kind, each.paymentId),
    openedAt: tx.now,
  }))
  await insertDisputes(tx, opened)
}

export type Settlement = {
  decision: 'credit' | 'reject'
  /** Whom to credit; needed where the order is nobody's here. */
  accountId: string | undefined
  /** Grains; needed where another currency than the account's was paid, else all that was paid. */
  amount: bigint | undefined
  note: string
  /** The key of who decides. */
  settledBy: string
}

/**
 * Staff decide on a dispute, once and for good: what was paid is credited to an account, or nothing is.
 * @throws Refusal not_found, dispute_settled, unknown_account, bad_request (no account, an amount that is missing or not to be chosen, a
 * refund that can't be credited), payment_reused (it was credited since), amount_too_large.
 */
export async function settleDispute(tx: Tx, disputeId: string, settlement: Settlement): Promise<Dispute> {
  const dispute = await lockDispute(tx, disputeId)
  if (!dispute) throw new Refusal('not_found', { value: disputeId })
  if (dispute.state !== 'open') throw new Refusal('dispute_settled', { value: disputeId, state: dispute.state })
  const order = dispute.orderId === null ? undefined : await readOrder(tx, dispute.orderId)
  const credited = settlement.decision === 'credit' ? await creditDispute(tx, dispute, order, settlement) : null
  if (order && credited?.creditedTo !== order.accountId) await updateOrder(tx, order, ['disputed'], { state: 'closed' })
  const { note, settledBy } = settlement
  await writeSettled(tx, dispute, {
    state: credited ? 'credited' : 'rejected',
    settledAt: tx.now,
    settledBy,
    note,
    creditedTo: credited?.creditedTo ?? null,
    currency: credited?.currency ?? null,
    credited: credited?.credited ?? null,
  })
  return (await readDispute(tx, disputeId))!
}

async function creditDispute(tx: Tx, dispute: Dispute, order: OrderKey | undefined, { accountId, amount }: Settlement) {
  const { channel, kind, paymentId, orderId, paid, fee, payee, paidAt } = dispute
  if (kind === 'refund') throw badRequest('a refund that nobody asked for can only be rejected')
  assert(paid && payee !== null && paidAt && orderId !== null, 'a payment in dispute says what was paid')
  const creditedTo = accountId ?? dispute.accountId
  if (creditedTo === null) throw badRequest('account_id is needed: the order is none of ours')
  const account = await findAccount(tx, creditedTo)
  if (!account) throw new Refusal('unknown_account', { value: creditedTo })
  const [known] = await findPayments(tx, [{ channel, paymentId }])
  if (known) throw new Refusal('payment_reused', { value: paymentId })
  const { currency } = account
  const grains = amountOf(paid, currency, amount)
  const lot = await credit(tx, {
    accountId: creditedTo,
    kind: 'cash',
    amount: grains,
    channel,
    paymentId: nameOfPayment({ channel, paymentId }),
  })
  const whose = { bucket: bucketOf(creditedTo), accountId: creditedTo }
  const about = { channel, paymentId, orderId, paid, fee, payee, paidAt, currency }
  const came = { amount: grains, arrearsPaid: lot.repaid, lotId: lot.lotId, creditedAt: tx.now }
  const payment: StoredPayment = { ...whose, ...about, ...came, flag: 'settled', foundBy: 'staff' }
  await insertPayments(tx, [payment])
  await happen(tx, paidHappening(payment))
  if (order?.accountId === creditedTo)
    await addCredited(tx, [{ ...whose, orderId, amount: grains, arrearsPaid: lot.repaid, paidAt }])
  return { creditedTo, currency, credited: grains }
}

/** All that was paid where it is the account's own currency, else what staff say it is worth. */
function amountOf(paid: Cash, currency: string, chosen: bigint | undefined): bigint {
  if (paid.currency !== currency) {
    if (chosen === undefined) throw badRequest(`amount is needed: ${paid.currency} were paid`)
    return chosen
  }
  const whole = (paid.minor * GRAINS_PER_UNIT) / 10n ** BigInt(placesOf(currency))
  if (chosen !== undefined && chosen !== whole) throw badRequest('amount is all that was paid; leave it out')
  return whole
}

function badRequest(detail: string): Refusal {
  return new Refusal('bad_request', { detail })
}
