import { setTimeout as sleep } from 'node:timers/promises'
import { SYSTEM, transact, type App } from '../base/index.ts'
import {
  lookAt,
  moveDue,
  nextLook,
  readDueNotices,
  readDueOrders,
  takeUp,
  type Channel,
  type Till,
  type TopUpOrder,
} from '../payments/index.ts'
import { ringOrder } from './follow.ts'

const LOOK_MS = 1000
/** Questions to one gateway at once: one that is slow holds up nobody else's. */
const MOST_AT_ONCE = 8
const MOST_NOTICES = 100

/**
 * Does what is due of top-ups until stopped: asks each gateway for its orders (to open them, how they stand, to close them), and takes up notices that
 * were kept and lost.
 */
export async function runPayments(app: App, till: Till, stopping: AbortSignal): Promise<void> {
  const loops = [...till.gateways.keys()].map((channel) => repeat(app, stopping, () => askDue(app, till, channel)))
  await Promise.all([...loops, repeat(app, stopping, () => takeUpDue(app, till))])
}

/** Does a piece of work again at once while there is more of it, else after a second. */
async function repeat(app: App, stopping: AbortSignal, work: () => Promise<number>): Promise<void> {
  while (!stopping.aborted) {
    let done = 0
    try {
      done = await work()
    } catch (error) {
      app.log.error({ error }, 'what is due of top-ups was not looked for; it is tried again')
    }
    if (done === 0) await sleep(LOOK_MS, undefined, { signal: stopping }).catch(() => {})
  }
}

/** Takes up notices that were kept, and that whoever kept them has not taken up. Answers how many. */
export async function takeUpDue(app: App, till: Till): Promise<number> {
  const notices = await transact(app, SYSTEM, (tx) => readDueNotices(tx, MOST_NOTICES))
  await takeUp(app, till, notices)
  return notices.length
}

/** Asks a gateway for its orders of which something is due. Answers how many. */
export async function askDue(app: App, till: Till, channel: Channel): Promise<number> {
  const orders = await transact(app, SYSTEM, (tx) => readDueOrders(tx, channel, MOST_AT_ONCE))
  await Promise.all(orders.map((order) => ask(app, till, order)))
  return orders.length
}

/** Of two servers one moves on when it is due, and asks. */
async function ask(app: App, till: Till, order: TopUpOrder): Promise<void> {
  try {
    if (!(await transact(app, SYSTEM, (tx) => moveDue(tx, order, nextLook(order, tx.now))))) return
    await lookAt(app, till, order)
    ringOrder(app, order.orderId)
  } catch (error) {
    const { orderId, channel, state } = order
    app.log.error(
      { error, order_id: orderId, channel, state },
      'a gateway did not answer for an order; it is asked again',
    )
  }
}
