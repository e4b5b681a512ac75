import { setTimeout as sleep } from 'node:timers/promises'
import { derivedId, parseAmount, Refusal, snapshot, toPage, transact, type App, type Tx } from '../../../base/index.ts'
import { findAccount } from '../../../identity/index.ts'
import {
  arrearsFirst,
  arrearsOf,
  cancelOrder,
  isOpen,
  listOrderRows,
  lookAt,
  placeOrder,
  readOrder,
  type Till,
  type TopUpOrder,
} from '../../../payments/index.ts'
import { readWallets } from '../../../wallet/index.ts'
import { followOrder, ringOrder } from '../../follow.ts'
import { accountOf, actorOf, type Caller, type HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { readPosition, writePosition } from '../position.ts'
import { cash, instant, money, page } from '../show.ts'

const PAGE = 50
const PRESETS = ['50', '100', '200', '500', '1000', '2000']
/** A person waits for a gateway so long; what it says later is found by looking at the order. */
const WAIT_MS = 8000

export function topUpHandlers({ till, support, sandbox }: Services): HandlersOf<'topUps'> {
  return {
    options: {
      async read(tx, { caller, query }) {
        const accountId = caller.scope === 'staff' ? query.account_id : accountOf(caller, query.account_id)
        return {
          channels: [...till.gateways.values()].map(({ channel, currency }) => ({
            channel,
            currency,
            exchange: currency === 'CNY' ? null : till.exchange,
          })),
          least: money('CNY', till.least),
          most: money('CNY', till.most),
          presets: PRESETS,
          arrears: accountId === undefined ? null : await arrears(tx, accountId),
          support: { email: support.email ?? null, phone: support.phone ?? null },
          sandbox,
        }
      },
    },
    create: {
      async outside(app, { caller, body, idempotencyKey }) {
        if (idempotencyKey === undefined) throw new Refusal('idempotency_key_required')
        const asked = {
          accountId: accountOf(caller, body.account_id),
          orderId: derivedId('order', caller.keyId, idempotencyKey),
          keyId: caller.keyId,
          amount: parseAmount(body.amount),
          channel: body.channel,
        }
        const order = await transact(app, actorOf(caller), (tx) => placeOrder(tx, till, asked))
        if (order.state === 'opening') await askNow(app, till, order)
        return read(app, caller, order.orderId)
      },
    },
    list: {
      async read(tx, { caller, query }) {
        const limit = query.limit ?? PAGE
        const before = readPosition(query.cursor)
        const account = await accountAsked(tx, caller, query.account_id)
        const rows = await listOrderRows(tx, account, before, limit + 1)
        const { data, nextCursor } = toPage(rows, limit, (last) => writePosition(last.createdAt, last.orderId))
        const first = await arrearsFirst(tx, data)
        const seen = data.map((order, n) => ({ order, arrearsFirst: first[n]! }))
        return page({ data: seen, ...(nextCursor !== undefined && { nextCursor }) }, show)
      },
    },
    get: {
      read: (tx, { caller, params }) => readIn(tx, caller, params.order_id),
    },
    cancel: {
      async outside(app, { caller, params }) {
        const cancelled = await transact(app, actorOf(caller), async (tx) =>
          cancelOrder(tx, await mustFind(tx, caller, params.order_id)),
        )
        if (isOpen(cancelled)) await askNow(app, till, cancelled)
        return read(app, caller, params.order_id)
      },
    },
    events: {
      async *follow(app, { caller, params }, gone) {
        const order = await snapshot(app, actorOf(caller), (tx) => mustFind(tx, caller, params.order_id))
        for await (const seen of followOrder(app, order, gone)) yield show(seen)
      },
    },
  }
}

/** Asks the gateway while the caller waits. What fails, or takes too long, is asked again by the loop. */
async function askNow(app: App, till: Till, order: TopUpOrder): Promise<void> {
  const asked = lookAt(app, till, order).then(
    () => ringOrder(app, order.orderId),
    (error: unknown) => app.log.error({ error, order_id: order.orderId }, 'a gateway was asked in vain'),
  )
  await Promise.race([asked, sleep(WAIT_MS, undefined, { ref: false })])
}

function read(app: App, caller: Caller, orderId: string) {
  return snapshot(app, actorOf(caller), (tx) => readIn(tx, caller, orderId))
}

async function readIn(tx: Tx, caller: Caller, orderId: string) {
  const order = await mustFind(tx, caller, orderId)
  const [first] = await arrearsFirst(tx, [order])
  return show({ order, arrearsFirst: first! })
}

/** @throws Refusal not_found, also for another account's. */
async function mustFind(tx: Tx, caller: Caller, orderId: string): Promise<TopUpOrder> {
  const order = await readOrder(tx, orderId)
  if (!order || (caller.scope === 'customer' && order.accountId !== caller.accountId))
    throw new Refusal('not_found', { value: orderId })
  return order
}

/** Whose orders are asked for: a customer's own, or those of an account that staff name; null: all. */
export async function accountAsked(tx: Tx, caller: Caller, named: string | undefined) {
  if (caller.scope === 'staff' && named === undefined) return null
  const accountId = accountOf(caller, named)
  const account = await findAccount(tx, accountId)
  if (!account) throw new Refusal('not_found', { value: accountId })
  return account
}

async function arrears(tx: Tx, accountId: string) {
  const account = await findAccount(tx, accountId)
  const [wallet] = account ? await readWallets(tx, [account]) : []
  if (!wallet) throw new Refusal('not_found', { value: accountId })
  return money(wallet.currency, arrearsOf(wallet, tx.now))
}

function show({ order, arrearsFirst: first }: { order: TopUpOrder; arrearsFirst: bigint }) {
  const { currency } = order
  const awaited = order.state === 'awaiting' && order.cancelledAt === null
  return {
    order_id: order.orderId,
    account_id: order.accountId,
    channel: order.channel,
    state: order.state,
    amount: money(currency, order.amount),
    charged: cash(order.charged),
    exchange: order.exchange,
    qr: awaited ? order.qr : null,
    approve_url: awaited ? order.approveUrl : null,
    arrears_first: money(currency, first),
    credited: money(currency, order.credited),
    arrears_paid: money(currency, order.arrearsPaid),
    refusal: order.refusal,
    created_at: instant(order.createdAt),
    expires_at: instant(order.expiresAt),
    cancelled_at: instant(order.cancelledAt),
    paid_at: instant(order.paidAt),
  }
}
