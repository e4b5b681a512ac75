import { glance, perApp, snapshot, SYSTEM, type App } from '../base/index.ts'
import { arrearsFirst, isOpen, readOrdersAt, type OrderKey, type TopUpOrder } from '../payments/index.ts'
import { readBalances, type Balance } from '../wallet/index.ts'
import { gather } from './api/gather.ts'

/** What another server does is seen after this at most; what this one says it does, at once. */
const LOOK_MS = 1000
/** What is read together. */
const MOST_TOGETHER = 200

/** An order and how much of it would pay arrears now. */
export type Seen = { order: TopUpOrder; arrearsFirst: bigint }

/** Where those wait who follow things of one kind: they share one look a second. */
type Desk<Key, Value> = {
  look(key: Key): Promise<Value | undefined>
  /** When the thing of that name may have changed. */
  changed(name: string): Promise<void>
  wake(name: string): void
}
type Followed<Key, Value> = { key: Key; name: string; stateOf(value: Value): string; isOver(value: Value): boolean }

/** Tells whoever waits for an order that it may have changed. */
export function ringOrder(app: App, orderId: string | null): void {
  if (orderId !== null) orders(app).wake(orderId)
}

/** An order as it stands, and again whenever its state has changed, until it is over or nobody listens. */
export function followOrder(app: App, key: OrderKey, gone: AbortSignal): AsyncGenerator<Seen, void> {
  return follow(
    orders(app),
    { key, name: key.orderId, stateOf: ({ order }) => order.state, isOver: ({ order }) => !isOpen(order) },
    gone,
  )
}

/** An account as it stands, and again whenever its books or what it spends have changed, until nobody listens; nothing where there is none. */
export function followAccount(app: App, accountId: string, gone: AbortSignal): AsyncGenerator<Balance, void> {
  return follow(accounts(app), { key: accountId, name: accountId, stateOf: markOf, isOver: () => false }, gone)
}

async function* follow<Key, Value>(
  { look, changed, wake }: Desk<Key, Value>,
  { key, name, stateOf, isOver }: Followed<Key, Value>,
  gone: AbortSignal,
): AsyncGenerator<Value, void> {
  gone.addEventListener('abort', () => wake(name), { once: true })
  let state: string | undefined
  while (!gone.aborted) {
    const change = changed(name)
    const seen = await look(key)
    if (!seen) return
    if (stateOf(seen) !== state) yield seen
    state = stateOf(seen)
    if (isOver(seen)) return
    await change
  }
}

/** What changes with every posting, start, stop and hold, and with nothing else: not with time. */
function markOf({ account, wallet }: Balance): string {
  const { lastSeq, settledAt, attributedAt, rate, accrued, late, held } = wallet
  return [lastSeq, settledAt, attributedAt, rate, accrued, late, held, account.blockedAt].join()
}

const orders = perApp((app) => openDesk((keys: readonly OrderKey[]) => readSeen(app, keys)))
const accounts = perApp((app) =>
  openDesk((accountIds: readonly string[]) => glance(app, SYSTEM, (tx) => readBalances(tx, accountIds))),
)

function openDesk<Key, Value>(read: (keys: readonly Key[]) => Promise<(Value | undefined)[]>): Desk<Key, Value> {
  const waiting = new Map<string, Set<() => void>>()
  let timer: NodeJS.Timeout | undefined
  const wake = (name: string) => {
    for (const resolve of waiting.get(name) ?? []) resolve()
    waiting.delete(name)
  }
  const wakeAll = () => {
    timer = undefined
    for (const name of waiting.keys()) wake(name)
  }
  const changed = (name: string) => {
    timer ??= setTimeout(wakeAll, LOOK_MS).unref()
    const { promise, resolve } = Promise.withResolvers<void>()
    const those = waiting.get(name) ?? new Set()
    waiting.set(name, those.add(resolve))
    return promise
  }
  return { look: gather(read, { most: MOST_TOGETHER }), changed, wake }
}

function readSeen(app: App, keys: readonly OrderKey[]): Promise<(Seen | undefined)[]> {
  return snapshot(app, SYSTEM, async (tx) => {
    const orders = await readOrdersAt(tx, keys)
    const first = await arrearsFirst(tx, orders)
    const seen = new Map(orders.map((order, n) => [order.orderId, { order, arrearsFirst: first[n]! }]))
    return keys.map(({ orderId }) => seen.get(orderId))
  })
}
