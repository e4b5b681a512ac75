import { showMoney, type Page } from '../../base/index.ts'
import { writeCash, type Cash } from '../../payments/index.ts'
import { listOf, priceOf, showUnitPrices, type Price, type PriceBook } from '../../pricing/index.ts'

export type MoneyShown = { currency: string; amount: string; grains: string }

/** Grains of a currency as the API carries them. */
export function money(currency: string, grains: bigint): MoneyShown {
  return showMoney({ currency, grains })
}

/** Money of a payer's currency, in the decimals that it has. */
export function cash({ currency, minor }: Cash): { currency: string; amount: string } {
  return { currency, amount: writeCash({ currency, minor }) }
}

/** A rate (grains a second) as money an hour. */
export function perHour(currency: string, rate: bigint): MoneyShown {
  return money(currency, rate * 3600n)
}

export function instant(at: Temporal.Instant): string
export function instant(at: Temporal.Instant | null | undefined): string | null
export function instant(at: Temporal.Instant | null | undefined): string | null {
  return at?.toString() ?? null
}

export function price(pinned: Price): { sku: string; price_id: string; unit_prices: Record<string, string> } {
  return { sku: pinned.sku, price_id: pinned.priceId, unit_prices: showUnitPrices(pinned) }
}

/** A price that use is pinned to, and in which published list it stands. */
export function pinned(book: PriceBook, priceId: string) {
  const [price, list] = [priceOf(book, priceId), listOf(book, priceId)]
  if (!price || !list) throw new Error(`price ${priceId} is pinned but not in any list`)
  return { price_id: priceId, price_list_id: list.priceListId, unit_prices: showUnitPrices(price) }
}

/** One page of a list in the API's form. */
export function page<T, S>(
  rows: Page<T>,
  show: (row: T) => S,
): { data: S[]; has_more: boolean; next_cursor: string | null } {
  return { data: rows.data.map(show), has_more: rows.nextCursor !== undefined, next_cursor: rows.nextCursor ?? null }
}
