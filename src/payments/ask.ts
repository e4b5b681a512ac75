import { SYSTEM, transact, type App } from '../base/index.ts'
import { GatewayRefused, type Gateway, type GatewayState } from './gateway.ts'
import { hear } from './hear.ts'
import { endOrder, gatewayOf, isOpen, isOver, keepOffer, refuseOrder, toldOf, type TopUpOrder } from './order.ts'
import type { Till } from './till.ts'

/**
 * Asks the gateway of an order for whatever is due: to open it, how it stands, to take the money that the payer agreed to, or to close it;
 * and does what follows. A crash between any two of these steps leaves an order that is asked for again, with the same id.
 * @throws Unavailable when the gateway can't be reached or answers badly; Refusal channel_closed.
 */
export async function lookAt(app: App, till: Till, order: TopUpOrder): Promise<void> {
  const gateway = gatewayOf(till, order.channel)
  const over = isOver(order, app.clock.now())
  if (order.state === 'opening' && !over) return openOrder(app, gateway, order)
  const closing = isOpen(order) && over
  const state = await stateOf(gateway, order, closing)
  if (state.state === 'paid') {
    await hear(
      app,
      till,
      state.payments.map((payment) => ({ channel: order.channel, payment, foundBy: 'look' })),
    )
  } else if (closing || state.state === 'closed') await transact(app, SYSTEM, (tx) => endOrder(tx, order))
}

async function openOrder(app: App, gateway: Gateway, order: TopUpOrder): Promise<void> {
  try {
    const offer = await gateway.open(toldOf(order))
    await transact(app, SYSTEM, (tx) => keepOffer(tx, order, offer))
  } catch (error) {
    if (!(error instanceof GatewayRefused)) throw error
    const refusal = { code: error.code, detail: error.message }
    await transact(app, SYSTEM, (tx) => refuseOrder(tx, order, refusal))
  }
}

/** How an order stands at its gateway, after it was closed there if it is over. */
async function stateOf(gateway: Gateway, order: TopUpOrder, closing: boolean): Promise<GatewayState> {
  const told = toldOf(order)
  const state = await gateway[closing ? 'close' : 'query'](told, order.reference)
  // Who agreed in time has paid, unless it was cancelled.
  const wanted = isOpen(order) && order.cancelledAt === null
  return state.state === 'approved' && wanted ? gateway.capture(told, order.reference) : state
}
