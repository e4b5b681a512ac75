import { snapshot, SYSTEM, type App } from '../base/index.ts'
import { arrearsFirst, isOpen, readOrdersAt, type OrderKey, type TopUpOrder } from '../payments/index.ts'
import { gather, perApp } from './api/gather.ts'

/** What another server does is seen after this at most; what this one does, at once. */
const LOOK_MS = 1000
/** Orders that are read together. */
const MOST_TOGETHER = 200

/** An order and how much of it would pay arrears now. */
export type Seen = { order: TopUpOrder; arrearsFirst: bigint }

/** Tells whoever waits for an order that it may have changed. */
export function ringOrder(app: App, orderId: string | null): void {
  if (orderId !== null) desk(app).wake(orderId)
}

/**
 * An order as it stands, and again whenever its state has changed, until it is over or nobody listens. All that wait here share one look a second.
 */
export async function* followOrder(app: App, key: OrderKey, gone: AbortSignal): AsyncGenerator<Seen, void> {
  const { look, changed, wake } = desk(app)
  gone.addEventListener('abort', () => wake(key.orderId), { once: true })
  let state: string | undefined
  while (!gone.aborted) {
    const change = changed(key.orderId)
    const seen = await look(key)
    if (!seen) return
    if (seen.order.state !== state) yield seen
    state = seen.order.state
    if (!isOpen(seen.order)) return
    await change
  }
}

const desk = perApp((app) => {
  const waiting = new Map<string, Set<() => void>>()
  let timer: NodeJS.Timeout | undefined
  const wake = (orderId: string) => {
    for (const resolve of waiting.get(orderId) ?? []) resolve()
    waiting.delete(orderId)
  }
  const wakeAll = () => {
    timer = undefined
    for (const orderId of waiting.keys()) wake(orderId)
  }
  const changed = (orderId: string) => {
    timer ??= setTimeout(wakeAll, LOOK_MS).unref()
    const { promise, resolve } = Promise.withResolvers<void>()
    const those = waiting.get(orderId) ?? new Set()
    waiting.set(orderId, those.add(resolve))
    return promise
  }
  return { look: gather((keys: readonly OrderKey[]) => readSeen(app, keys), { most: MOST_TOGETHER }), wake, changed }
})

function readSeen(app: App, keys: readonly OrderKey[]): Promise<(Seen | undefined)[]> {
  return snapshot(app, SYSTEM, async (tx) => {
    const orders = await readOrdersAt(tx, keys)
    const first = await arrearsFirst(tx, orders)
    const seen = new Map(orders.map((order, n) => [order.orderId, { order, arrearsFirst: first[n]! }]))
    return keys.map(({ orderId }) => seen.get(orderId))
  })
}
