import { Refusal, type Rate, type Tx } from '../base/index.ts'
import { loadPrices } from './book.ts'
import { priceAt, type Price } from './price.ts'
import { checkAmount, estimate, rateOf, type Quantity } from './rate.ts'

/** What one of `nodes` equal resources costs a second, and all of them together over the whole time, in grains. */
export type Estimate = { price: Price; rate: Rate; nodes: number; seconds: number; amount: bigint }

const MOST_NODES = 100_000
const HOUR_SECONDS = 3600n

/**
 * The cost of a job at the price in force now, on 1 to 100,000 equal nodes; each node is a resource of its own.
 * @throws Refusal unknown_sku, bad_quantity, not_metered, rate_too_large, bad_request, amount_too_large.
 */
export async function estimateJob(
  tx: Tx,
  input: { currency: string; sku: string; quantity: Quantity; seconds: number; nodes?: number },
): Promise<Estimate> {
  const { sku, quantity, seconds, nodes = 1 } = input
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) {
    throw new Refusal('bad_request', { detail: `nodes must be a whole number from 1 to ${MOST_NODES}` })
  }
  const price = priceAt(await loadPrices(tx, input.currency), sku, tx.now)
  if (!price) throw new Refusal('unknown_sku', { value: sku, at: tx.now.toString() })
  const rate = rateOf(price, quantity)
  // An hour of all nodes is shown too.
  checkAmount(rate * HOUR_SECONDS * BigInt(nodes))
  return { price, rate, nodes, seconds, amount: checkAmount(estimate(price, quantity, seconds) * BigInt(nodes)) }
}
