import { compareInstants, formatGrains } from '../base/index.ts'
import { ANY_QUEUE } from './sku.ts'

/**
 * One SKU's price in one published list; never changes. unitPrices: micro-units of the currency per hour (storage: per month)
 * by what is counted: machine_hour; cpu_hour, gpu_hour, gb_hour; gb_month.
 */
export type Price = { priceId: string; sku: string; unitPrices: Readonly<Record<string, bigint>> }

export type PricedList = { priceListId: string; effectiveAt: Temporal.Instant; prices: ReadonlyMap<string, Price> }

/** Every version of one currency's prices, by effective instant, the newest last. */
export type PriceBook = { currency: string; lists: readonly PricedList[]; byId: ReadonlyMap<string, Price> }

/**
 * The price of a SKU in the list in force at an instant; undefined where no list was, or it doesn't sell the SKU. A queue that the
 * list doesn't name has the price of `queue:*`.
 */
export function priceAt(book: PriceBook, sku: string, at: Temporal.Instant): Price | undefined {
  const list = book.lists.findLast((each) => compareInstants(each.effectiveAt, at) <= 0)
  return list && (list.prices.get(sku) ?? (isQueue(sku) ? list.prices.get(ANY_QUEUE) : undefined))
}

/** A pinned price, by its id; undefined where the currency has none such. */
export function priceOf(book: PriceBook, priceId: string): Price | undefined {
  return book.byId.get(priceId)
}

/** The list that a pinned price stands in; undefined where the currency has none such. */
export function listOf(book: PriceBook, priceId: string): PricedList | undefined {
  const price = book.byId.get(priceId)
  return price && book.lists.find((list) => list.prices.get(price.sku) === price)
}

/** A price never changes, and stands in every admission's answer; to show one anew takes 2 to 5 microseconds. */
const shown = new WeakMap<Price, Readonly<Record<string, string>>>()

/** Unit prices as decimals of the main unit, for reading: { cpu_hour: '0.05' }. */
export function showUnitPrices(price: Price): Readonly<Record<string, string>> {
  const known = shown.get(price)
  if (known) return known
  const made = Object.fromEntries(Object.entries(price.unitPrices).map(([unit, micro]) => [unit, formatMicro(micro)]))
  shown.set(price, made)
  return made
}

/** Micro-units as a decimal without idle zeros: 50000n is 0.05. */
export function formatMicro(micro: bigint): string {
  return formatGrains(micro * 3600n, 6).replace(/\.?0+$/, '')
}

function isQueue(sku: string): boolean {
  return sku.startsWith('queue:') && sku.length > 'queue:'.length
}
