import type { Tx } from '../base/index.ts'
import type { PriceBook, PricedList } from './price.ts'
import { readBookKey, readPricedLists } from './store.ts'

const lists = new Map<string, PricedList>()
const books = new Map<string, { key: string; book: PriceBook }>()

/**
 * Every version of a currency's prices. One tiny query; the lists themselves never change, so they are kept in the process by
 * their id, and a list published by another process is seen by the next transaction.
 */
export async function loadPrices(tx: Tx, currency: string): Promise<PriceBook> {
  const key = await readBookKey(tx, currency)
  const kept = books.get(currency)
  if (kept?.key === key) return kept.book
  const ids = key === '' ? [] : key.split(' ')
  const missing = ids.filter((id) => !lists.has(id))
  if (missing.length > 0) for (const list of await readPricedLists(tx, missing)) lists.set(list.priceListId, list)
  const found = ids.map((id) => lists.get(id)!)
  const prices = found.flatMap((list) => [...list.prices.values()])
  const book: PriceBook = { currency, lists: found, byId: new Map(prices.map((price) => [price.priceId, price])) }
  books.set(currency, { key, book })
  return book
}
