import { assert, derivedId, happenAll, type Happening, type Tx } from '../base/index.ts'
import { creditAll, type Credited } from '../settlement/index.ts'
import { lockWallets, type WalletKey } from '../wallet/index.ts'
import { disputeOf, openDisputes } from './dispute.ts'
import { findDisputes } from './disputeStore.ts'
import { writeCash } from './gateways/cash.ts'
import { judge, type Heard, type Known, type Verdict } from './judge.ts'
import { addCredited, findOrderKeys, markDisputed, readOrdersAt, type OrderKey } from './orderStore.ts'
import { nameOfPayment, paidHappening, type StoredPayment } from './payment.ts'
import { findPayments, insertPayments } from './paymentStore.ts'
import type { TopUpOrder } from './order.ts'
import type { Till } from './till.ts'

export type Outcome = Verdict['outcome']
type Credit = Extract<Verdict, { outcome: 'credited' }> & { heard: Heard }
type Disputed = Extract<Verdict, { outcome: 'disputed' }> & { heard: Heard }

/**
 * Does what follows from payments that gateways tell of, each once however often and in whatever order it is told: credits it to its
 * order's account, or opens a dispute. Many are done by as many statements as one. Whatever is told of one account goes through the lock on
 * its wallet, so that two of the same are judged one after the other.
 * @throws Refusal of `credit`, where the books can't take one of them: then nothing is done.
 */
export async function applyPayments(tx: Tx, till: Till, heard: readonly Heard[]): Promise<Outcome[]> {
  const { orders, known } = await readUnderLock(tx, heard)
  const credits: Credit[] = []
  const disputes: Disputed[] = []
  const outcomes = heard.map((each) => {
    const { channel, payment } = each
    const gateway = till.gateways.get(channel)
    assert(gateway, 'who tells of a payment is open')
    const name = nameOfPayment({ channel, ...payment })
    const verdict = judge(each, orders.get(payment.orderId), gateway, known.get(name))
    if (verdict.outcome === 'known') return verdict.outcome
    const disputed = verdict.outcome === 'disputed'
    // What is told next of the same payment, or of the same order, comes after this.
    known.set(name, { ...payment, channel, disputed })
    if (verdict.outcome === 'disputed') disputes.push({ ...verdict, heard: each })
    else {
      credits.push({ ...verdict, heard: each })
      orders.set(payment.orderId, { ...verdict.order, state: 'paid' })
    }
    return verdict.outcome
  })
  await writeCredits(tx, credits)
  await writeDisputes(tx, disputes)
  return outcomes
}

/** Opens a dispute about a payment that the books can't take. */
export async function disputePayment(tx: Tx, heard: Heard): Promise<Outcome> {
  const order = (await readUnderLock(tx, [heard])).orders.get(heard.payment.orderId)
  await writeDisputes(tx, [{ outcome: 'disputed', order, reason: 'not_creditable', heard }])
  return 'disputed'
}

/**
 * The orders that payments name and what the books have of the payments, as they stand under the locks on the accounts' wallets: what is asked
 * together is done in its order.
 */
async function readUnderLock(
  tx: Tx,
  heard: readonly Heard[],
): Promise<{ orders: Map<string, TopUpOrder>; known: Map<string, Known> }> {
  const keys = await findOrderKeys(tx, [...new Set(heard.map(({ payment }) => payment.orderId))])
  const numbers = heard.map(({ channel, payment: { paymentId } }) => ({ channel, paymentId }))
  const disputeIds = numbers.map(({ channel, paymentId }) => derivedId('disp', channel, 'payment', paymentId))
  const [, orders, credited, disputed] = await Promise.all([
    lockWallets(tx, uniqueAccounts(keys)),
    readOrdersAt(tx, keys),
    findPayments(tx, numbers),
    findDisputes(tx, disputeIds),
  ])
  const all: Known[] = [
    ...credited.map((each) => ({ ...each, disputed: false })),
    ...disputed.map((each) => ({ ...each, orderId: null, disputed: true })),
  ]
  return {
    orders: new Map(orders.map((order) => [order.orderId, order])),
    known: new Map(all.map((each) => [nameOfPayment(each), each])),
  }
}

async function writeCredits(tx: Tx, credits: readonly Credit[]): Promise<void> {
  if (credits.length === 0) return
  const lots = await creditAll(
    tx,
    credits.map(({ order, heard: { channel, payment } }) => ({
      accountId: order.accountId,
      kind: 'cash',
      amount: order.amount,
      channel,
      paymentId: nameOfPayment({ channel, ...payment }),
    })),
  )
  const payments = credits.map((credit, n) => paymentOf(tx, credit, lots[n]!))
  await Promise.all([
    insertPayments(tx, payments),
    addCredited(tx, [...Map.groupBy(payments, ({ orderId }) => orderId).values()].map(sumOf)),
    happenAll(tx, payments.map(paidHappening)),
  ])
}

function paymentOf(tx: Tx, { order, flag, heard }: Credit, { lotId, repaid }: Credited): StoredPayment {
  const { channel, foundBy, payment } = heard
  const { paymentId, cash, fee, payee, paidAt } = payment
  const { bucket, accountId, orderId, currency, amount } = order
  const what = { bucket, accountId, channel, paymentId, orderId, paid: cash, fee, payee, currency, amount }
  return { ...what, arrearsPaid: repaid, lotId, flag, foundBy, paidAt, creditedAt: tx.now }
}

function sumOf(payments: readonly StoredPayment[]) {
  const [{ bucket, accountId, orderId, paidAt }] = payments as [StoredPayment]
  const amount = payments.reduce((sum, each) => sum + each.amount, 0n)
  const arrearsPaid = payments.reduce((sum, each) => sum + each.arrearsPaid, 0n)
  return { bucket, accountId, orderId, amount, arrearsPaid, paidAt }
}

async function writeDisputes(tx: Tx, disputes: readonly Disputed[]): Promise<void> {
  if (disputes.length === 0) return
  await openDisputes(
    tx,
    disputes.map(({ order, reason, heard: { channel, payment } }) => disputeOf(channel, payment, order, reason)),
  )
  const ours = disputes.filter((each): each is Disputed & { order: TopUpOrder } => each.order !== undefined)
  await markDisputed(
    tx,
    ours.map(({ order }) => order),
  )
  await happenAll(tx, ours.map(disputedHappening))
}

function disputedHappening({
  order,
  reason,
  heard: { channel, payment },
}: Disputed & { order: TopUpOrder }): Happening {
  const { cash, paymentId } = payment
  return {
    accountId: order.accountId,
    topic: 'topup.disputed',
    about: nameOfPayment({ channel, paymentId }),
    data: {
      order_id: order.orderId,
      channel,
      payment_id: paymentId,
      reason,
      paid: `${writeCash(cash)} ${cash.currency}`,
    },
  }
}

function uniqueAccounts(keys: readonly OrderKey[]): WalletKey[] {
  return [...new Map(keys.map((key) => [key.accountId, key])).values()]
}
