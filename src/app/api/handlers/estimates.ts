import { DEFAULT_CURRENCY } from '@corehour/contract'
import { estimateJob } from '../../../pricing/index.ts'
import type { HandlersOf } from '../call.ts'
import { money, perHour, price } from '../show.ts'

export const estimateHandlers: HandlersOf<'estimates'> = {
  make: {
    async read(tx, { body }) {
      const { sku, quantity, seconds, nodes, currency = DEFAULT_CURRENCY } = body
      const made = await estimateJob(tx, { currency, sku, quantity, seconds, ...(nodes !== undefined && { nodes }) })
      return {
        price: price(made.price),
        per_hour: perHour(currency, made.rate * BigInt(made.nodes)),
        nodes: made.nodes,
        seconds: made.seconds,
        amount: money(currency, made.amount),
      }
    },
  },
}
