import { assert, bucketOf, formatGrains, later, Refusal, type Tx } from '../base/index.ts'
import { findAccount, type Account } from '../identity/index.ts'
import { nextLook } from './due.ts'
import { chargedFor, type Exchange } from './exchange.ts'
import type { Cash, Channel, Gateway, GatewayOrder, Offer } from './gateway.ts'
import { countOpen, insertOrder, readOrder, updateOrder } from './orderStore.ts'
import type { Till } from './till.ts'
import { liveBalance, readWallets, type Wallet } from '../wallet/index.ts'

/**
 * `opening`: the gateway is being asked, or is to be asked again; `awaiting`: it gave an offer; `expired`, `closed`: over, and a payment
 * that still arrives is credited; `disputed`: what came does not fit. `paid` is for good.
 */
export type OrderState = 'opening' | 'awaiting' | 'paid' | 'expired' | 'closed' | 'disputed'

export type TopUpOrder = {
  bucket: number
  accountId: string
  orderId: string
  /** The key that asked. */
  keyId: string
  channel: Channel
  state: OrderState
  currency: string
  /** Grains, to be credited. */
  amount: bigint
  /** What the payer is asked for. */
  charged: Cash
  /** How the one became the other; null in the account's own currency. */
  exchange: Exchange | null
  qr: string | null
  approveUrl: string | null
  /** The gateway's own number, where it gave one. */
  reference: string | null
  /** Of all its payments, in grains. */
  credited: bigint
  arrearsPaid: bigint
  /** Why the gateway would not take it, in its words. */
  refusal: { code: string; detail: string } | null
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant
  cancelledAt: Temporal.Instant | null
  paidAt: Temporal.Instant | null
  /** When its gateway is asked next. */
  dueAt: Temporal.Instant | null
}

/** So long an order can be paid, and what a payer is asked for in another currency holds. */
const MINUTES = 30
/** Orders of one account that may wait to be paid: each costs the gateway's patience. */
const MOST_OPEN = 20
/** Whoever places an order asks the gateway at once; only if that was lost does somebody else, after this. */
const ASKED_WITHIN_SECONDS = 20

export type Asked = Pick<TopUpOrder, 'accountId' | 'orderId' | 'keyId' | 'amount' | 'channel'>

/**
 * Writes an order down; its gateway is to be asked next. The same order again answers it as it stands.
 * @throws Refusal key_reused (same order, other content), unknown_account, topup_too_small, topup_too_large (says how to transfer),
 * channel_closed, wrong_currency, too_many_orders.
 */
export async function placeOrder(tx: Tx, till: Till, asked: Asked): Promise<TopUpOrder> {
  const found = await readOrder(tx, asked.orderId)
  if (found) return sameOrder(found, asked)
  const account = await findAccount(tx, asked.accountId)
  if (!account) throw new Refusal('unknown_account', { value: asked.accountId })
  checkAmount(till, asked.amount)
  const { charged, exchange } = chargeOf(till, account, asked)
  const bucket = bucketOf(asked.accountId)
  if ((await countOpen(tx, { bucket, accountId: asked.accountId })) >= MOST_OPEN)
    throw new Refusal('too_many_orders', { limit: MOST_OPEN })
  const order: TopUpOrder = {
    ...asked,
    bucket,
    state: 'opening',
    currency: account.currency,
    charged,
    exchange,
    qr: null,
    approveUrl: null,
    reference: null,
    credited: 0n,
    arrearsPaid: 0n,
    refusal: null,
    createdAt: tx.now,
    expiresAt: tx.now.add({ minutes: MINUTES }),
    cancelledAt: null,
    paidAt: null,
    dueAt: tx.now.add({ seconds: ASKED_WITHIN_SECONDS }),
  }
  if (await insertOrder(tx, order)) return order
  // Two at once: the other was first.
  const first = await readOrder(tx, asked.orderId)
  assert(first, 'an order stays')
  return sameOrder(first, asked)
}

function sameOrder(found: TopUpOrder, asked: Asked): TopUpOrder {
  const same = (['accountId', 'amount', 'channel'] as const).every((name) => found[name] === asked[name])
  if (!same) throw new Refusal('key_reused', { value: asked.orderId })
  return found
}

function checkAmount({ least, most, contact }: Till, amount: bigint): void {
  const value = formatGrains(amount, 2)
  if (amount < least) throw new Refusal('topup_too_small', { value, limit: formatGrains(least, 2) })
  if (amount > most) throw new Refusal('topup_too_large', { value, limit: formatGrains(most, 2), contact })
}

function chargeOf(
  till: Till,
  { currency }: Account,
  { channel, amount }: Asked,
): Pick<TopUpOrder, 'charged' | 'exchange'> {
  const gateway = gatewayOf(till, channel)
  const exchange = gateway.currency === currency ? null : till.exchange
  if (gateway.currency !== currency && (exchange === null || currency !== 'CNY'))
    throw new Refusal('wrong_currency', { expected: currency, value: gateway.currency })
  return { charged: chargedFor({ currency, grains: amount }, gateway.currency, exchange), exchange }
}

/** @throws Refusal channel_closed. */
export function gatewayOf({ gateways }: Till, channel: Channel): Gateway {
  const gateway = gateways.get(channel)
  if (!gateway) throw new Refusal('channel_closed', { value: channel, open: [...gateways.keys()].join(', ') || '-' })
  return gateway
}

/** An order as its gateway is told of it. */
export function toldOf({ orderId, charged, expiresAt }: TopUpOrder): GatewayOrder {
  return { orderId, cash: charged, subject: 'Corehour top-up', expiresAt }
}

/** Whether it may still be paid as ordered. */
export function isOpen({ state }: TopUpOrder): boolean {
  return state === 'opening' || state === 'awaiting'
}

/** Whether it is to be closed at its gateway: cancelled, or its time is over. */
export function isOver({ cancelledAt, expiresAt }: TopUpOrder, now: Temporal.Instant): boolean {
  return cancelledAt !== null || Temporal.Instant.compare(now, expiresAt) >= 0
}

/** Keeps what the gateway gave. Undefined where the order stands otherwise meanwhile: paid, or over. */
export function keepOffer(tx: Tx, order: TopUpOrder, offer: Offer): Promise<TopUpOrder | undefined> {
  const [qr, approveUrl] = 'qr' in offer ? [offer.qr, null] : [null, offer.approveUrl]
  const dueAt = nextLook({ ...order, state: 'awaiting' }, tx.now)
  return updateOrder(tx, order, ['opening'], { state: 'awaiting', qr, approveUrl, reference: offer.reference, dueAt })
}

/** The gateway will not take it. */
export function refuseOrder(tx: Tx, order: TopUpOrder, refusal: { code: string; detail: string }) {
  return updateOrder(tx, order, ['opening'], { state: 'closed', refusal, dueAt: null })
}

/**
 * Somebody wants it no more: its gateway is to close it. Again it answers the same.
 * @throws Refusal order_over when it is paid, disputed or expired.
 */
export async function cancelOrder(tx: Tx, order: TopUpOrder): Promise<TopUpOrder> {
  const cancelledAt = order.cancelledAt ?? tx.now
  const change = { cancelledAt, dueAt: tx.now.add({ seconds: ASKED_WITHIN_SECONDS }) }
  const cancelled = await updateOrder(tx, order, ['opening', 'awaiting'], change)
  const found = cancelled ?? (await readOrder(tx, order.orderId))!
  if (!isOpen(found) && found.cancelledAt === null && found.state !== 'closed')
    throw new Refusal('order_over', { value: order.orderId, state: found.state })
  return found
}

/** It can't be paid at its gateway any more, as far as that knows. */
export function endOrder(tx: Tx, order: TopUpOrder): Promise<TopUpOrder | undefined> {
  const expired = order.cancelledAt === null && isOver(order, tx.now)
  const state = expired ? 'expired' : 'closed'
  return updateOrder(tx, order, ['opening', 'awaiting'], { state, dueAt: nextLook({ ...order, state }, tx.now) })
}

/** How much of orders would pay arrears as their accounts stand at the moment; nothing of those that are over. In grains. */
export async function arrearsFirst(tx: Tx, orders: readonly TopUpOrder[]): Promise<bigint[]> {
  const open = orders.filter(isOpen)
  const wallets = open.length > 0 ? await readWallets(tx, open) : []
  const arrears = new Map(wallets.map((wallet) => [wallet.accountId, arrearsOf(wallet, tx.now)]))
  return orders.map((order) => {
    const owed = isOpen(order) ? arrears.get(order.accountId)! : 0n
    return owed < order.amount ? owed : order.amount
  })
}

/** What money that comes in pays first: with what was used and not yet deducted. In grains. */
export function arrearsOf(wallet: Wallet, now: Temporal.Instant): bigint {
  const live = liveBalance(wallet, [now, wallet.seenAt, wallet.settledAt].reduce(later))
  return live < 0n ? -live : 0n
}
