import { formatGrains } from '../../base/index.ts'
import { runningAmounts } from '../amounts.ts'
import type { BillDetail } from '../details.ts'

export const PARTS = ['amount', 'cash', 'granted', 'unpaid', 'pending'] as const
type Part = (typeof PARTS)[number]

/** A row of the detailed bill as files show it: decimals whose columns add up beside exact grains. */
export type DetailRow = {
  detail: BillDetail
  /** The main unit's price of an hour, such as 0.200000; null: a charge or a correction. */
  unitPrice: string | null
  decimals: Record<Part, string>
}

const GRAINS_PER_MICRO = 3600n
const NO_GRAINS = '0.00000000'
/** What is kept of keys and prices at once; a bill rarely has more, and memory stays bounded when it does. */
const MOST_KEPT = 20_000

/**
 * Adds what files show. Call the answer batch by batch, in order: columns run on from row to row, each currency's
 * apart.
 */
export function openRows(): (details: readonly BillDetail[]) => DetailRow[] {
  const priceOf = keepBy((rate: bigint) => formatGrains(rate * GRAINS_PER_MICRO, 6))
  const columns = new Map<string, (detail: BillDetail) => DetailRow['decimals']>()
  return (details) =>
    details.map((detail) => {
      const { currency } = detail.key
      let decimalsOf = columns.get(currency)
      if (!decimalsOf) columns.set(currency, (decimalsOf = runningColumns()))
      return {
        detail,
        unitPrice: detail.rate === null ? null : priceOf(detail.rate),
        decimals: decimalsOf(detail),
      }
    })
}

/** Keeps what was made of something, as long as that is not too much. */
export function keepBy<K, T>(make: (key: K) => T): (key: K) => T {
  const kept = new Map<K, T>()
  return (key) => {
    let value = kept.get(key)
    if (value === undefined) {
      if (kept.size > MOST_KEPT) kept.clear()
      kept.set(key, (value = make(key)))
    }
    return value
  }
}

function runningColumns(): (detail: BillDetail) => DetailRow['decimals'] {
  const column = () => {
    const run = runningAmounts()
    // Nothing moves no total, and four of five cells are nothing.
    return (grains: bigint) => (grains === 0n ? NO_GRAINS : run(grains))
  }
  const [amount, cash, granted, unpaid, pending] = [column(), column(), column(), column(), column()]
  return (detail) => ({
    amount: amount(detail.amount),
    cash: cash(detail.cash),
    granted: granted(detail.granted),
    unpaid: unpaid(detail.unpaid),
    pending: pending(detail.pending),
  })
}
