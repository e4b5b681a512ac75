import { atOf, type At, type MovedClock } from './clock.ts'
import type { Faults, Place } from './faults.ts'
import type { Identity } from './identity.ts'
import type { Store, Trade } from './store.ts'

/** What every part of the sandbox stands on. */
export type Stand = {
  store: Store
  clock: MovedClock
  identity: Identity
  faults: Faults
  /** Where it listens, such as http://127.0.0.1:8090. */
  address(): string
  /** Something may be due now. */
  wake(): void
}

export function nowOf(stand: Stand): At {
  return atOf(stand.clock.now())
}

/** Where a fault of this trade would strike. */
export function placeOf(trade: Trade): Place {
  return { channel: trade.channel, orders: [trade.orderId, trade.number] }
}
