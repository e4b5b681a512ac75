import type { Tx } from '../base/index.ts'
import { loadPrices } from './book.ts'
import type { Price } from './price.ts'
import { ANY_QUEUE } from './sku.ts'

/** What a currency's price list in force at an instant sells; nothing where none was. `until`: when the next list takes its place. */
export type PricesInForce = {
  priceListId: string | null
  effectiveAt: Temporal.Instant | null
  until: Temporal.Instant | null
  prices: Price[]
}

/**
 * Prices in force at an instant, by SKU. `search`: only SKUs that hold this text, in any case; with one queue comes `queue:*`, whose
 * price it has where the list doesn't name it.
 */
export async function pricesInForce(
  tx: Tx,
  input: { currency: string; at: Temporal.Instant; search?: string },
): Promise<PricesInForce> {
  const { lists } = await loadPrices(tx, input.currency)
  const at = lists.findLastIndex((list) => Temporal.Instant.compare(list.effectiveAt, input.at) <= 0)
  const list = lists[at]
  const search = input.search?.toLowerCase() ?? ''
  const isFound = ({ sku }: Price) =>
    sku.toLowerCase().includes(search) || (sku === ANY_QUEUE && search.startsWith('queue:'))
  return {
    priceListId: list?.priceListId ?? null,
    effectiveAt: list?.effectiveAt ?? null,
    until: lists[at + 1]?.effectiveAt ?? null,
    prices: [...(list?.prices.values() ?? [])].filter(isFound).sort((a, b) => (a.sku < b.sku ? -1 : 1)),
  }
}
