import type { Channel, Gateway } from './gateway.ts'
import type { Exchange } from './exchange.ts'

/** Where money comes in: the gateways that are open, and the terms. */
export type Till = {
  gateways: ReadonlyMap<Channel, Gateway>
  /** The least and the most that one order tops up, in grains. */
  least: bigint
  most: bigint
  /** How yuan become what PayPal charges; the others charge yuan. */
  exchange: Exchange | null
  /** Whom to ask about a transfer, as a refusal says it. */
  contact: string
}
