import type { Tx } from '../base/index.ts'
import type { PriceBook, PricedList } from './price.ts'
import { readBookKey, readPricedLists } from './store.ts'

const lists = new Map<string, PricedList>()
const books = new Map<string, { key: string; book: PriceBook; asOf?: string | undefined }>()

/**
 * Every version of a currency's prices. One tiny query; the lists themselves never change, so they are kept in the process by
 * their id, and a list published by another process is seen by the next transaction. `asOf`: what PRICES_AS_OF has said to a caller who reads
 * something else anyway; then nothing is asked unless a list is new.
 */
export async function loadPrices(tx: Tx, currency: string, asOf?: string): Promise<PriceBook> {
  const kept = books.get(currency)
  if (kept && asOf !== undefined && kept.asOf === asOf) return kept.book
  const key = await readBookKey(tx, currency)
  if (kept?.key === key) {
    kept.asOf = asOf ?? kept.asOf
    return kept.book
  }
  const ids = key === '' ? [] : key.split(' ')
  const missing = ids.filter((id) => !lists.has(id))
  if (missing.length > 0) for (const list of await readPricedLists(tx, missing)) lists.set(list.priceListId, list)
  const found = ids.map((id) => lists.get(id)!)
  const prices = found.flatMap((list) => [...list.prices.values()])
  const book: PriceBook = { currency, lists: found, byId: new Map(prices.map((price) => [price.priceId, price])) }
  books.set(currency, { key, book, asOf })
  return book
}
