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
import { runLoop } from './loop.ts'

const LOOK_MS = 1000
/**
 * Questions to one gateway a second: a thousand that wait are each asked for once a minute, and notices, which tell of nearly all of them, come
 * through meanwhile. Each gateway has a loop of its own: one that is slow holds up nobody else's.
 */
const MOST_A_LOOK = 16
const MOST_NOTICES = 50

/**
 * Does what is due of top-ups until stopped: asks each gateway for its orders (to open them, how they stand, to close them), and takes up notices that
 * were kept and lost.
 */
export async function runPayments(app: App, till: Till, stopping: AbortSignal): Promise<void> {
  const pace = { pauseMs: LOOK_MS, stopping }
  const asking = [...till.gateways.keys()].map((channel) =>
    runLoop(app, { name: `asking ${channel} for orders`, ...pace }, async () => {
      await askDue(app, till, channel)
      return false
    }),
  )
  const taking = runLoop(app, { name: 'taking up notices', ...pace }, () => takeUpDue(app, till))
  await Promise.all([...asking, taking])
}

/** Takes up notices that were kept, and that whoever kept them has not taken up. Whether there were any. */
export async function takeUpDue(app: App, till: Till): Promise<boolean> {
  const notices = await transact(app, SYSTEM, (tx) => readDueNotices(tx, MOST_NOTICES))
  await takeUp(app, till, notices)
  return notices.length > 0
}

/** Asks a gateway for its orders of which something is due. Whether there were any. */
export async function askDue(app: App, till: Till, channel: Channel): Promise<boolean> {
  const orders = await transact(app, SYSTEM, (tx) => readDueOrders(tx, channel, MOST_A_LOOK))
  await Promise.all(orders.map((order) => ask(app, till, order)))
  return orders.length > 0
}

/** Of two servers the one that moves on when it is due asks. */
async function ask(app: App, till: Till, order: TopUpOrder): Promise<void> {
  const { orderId, channel, state } = order
  try {
    if (!(await transact(app, SYSTEM, (tx) => moveDue(tx, order, nextLook(order, tx.now))))) return
    await lookAt(app, till, order)
    ringOrder(app, orderId)
  } catch (error) {
    app.log.error(
      { error, order_id: orderId, channel, state },
      'a gateway did not answer for an order; it is asked again',
    )
  }
}
