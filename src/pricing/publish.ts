import { derivedId, newId, Refusal, type Tx } from '../base/index.ts'
import { parsePriceList, pricesIn, type PriceListDocument } from './document.ts'
import { insertPriceList, lockPriceLists, readLatestPriceLists, readPriceList, readPriceLists } from './store.ts'

/** A published version of a currency's prices. */
export type PriceList = {
  priceListId: string
  currency: string
  effectiveAt: Temporal.Instant
  publishedAt: Temporal.Instant
  publishedBy: string
  document: PriceListDocument
}

/**
 * Publishes a price list (parsed JSON) for good. The same list again gives the one that stands. It takes effect now or later;
 * only a currency's first list may take effect in the past (a new installation, a replay).
 * @throws Refusal bad_price_list; price_list_exists when another takes effect at that instant; price_list_in_past.
 */
export async function publishPriceList(tx: Tx, json: unknown): Promise<PriceList> {
  const document = parsePriceList(json)
  const effectiveAt = Temporal.Instant.from(document.effective_at)
  await lockPriceLists(tx)
  const published = await readPriceLists(tx, document.currency)
  const standing = published.find((list) => list.effectiveAt.equals(effectiveAt))
  if (standing && sameContent(standing.document, document)) return standing
  if (standing) throw new Refusal('price_list_exists', { value: document.effective_at })
  if (published.length > 0 && Temporal.Instant.compare(effectiveAt, tx.now) < 0) {
    throw new Refusal('price_list_in_past', { value: document.effective_at })
  }
  const list: PriceList = {
    priceListId: newId('list', tx.now),
    currency: document.currency,
    effectiveAt,
    publishedAt: tx.now,
    publishedBy: `${tx.actor.kind}:${tx.actor.id}`,
    document,
  }
  const prices = pricesIn(document).map((price) => ({
    priceId: derivedId('price', list.priceListId, price.sku),
    ...price,
  }))
  await insertPriceList(tx, list, prices)
  return list
}

/** A published list by its id; undefined where there is none. */
export async function findPriceList(tx: Tx, priceListId: string): Promise<PriceList | undefined> {
  const list = await readPriceList(tx, priceListId)
  return list && { ...list, document: parsePriceList(list.document) }
}

/** A currency's published lists, by the instant at which they take effect. */
export function listPriceLists(tx: Tx, currency: string): Promise<PriceList[]> {
  return readPriceLists(tx, currency)
}

/** A currency's published lists, the last to take effect first: up to `limit` that take effect before an instant. */
export async function pagePriceLists(
  tx: Tx,
  page: { currency: string; before?: Temporal.Instant; limit: number },
): Promise<PriceList[]> {
  const lists = await readLatestPriceLists(tx, page)
  return lists.map((list) => ({ ...list, document: parsePriceList(list.document) }))
}

/** The database keeps keys in an order of its own; reading a document again puts them into the canonical one. */
function sameContent(a: PriceListDocument, b: PriceListDocument): boolean {
  return JSON.stringify(parsePriceList(a)) === JSON.stringify(parsePriceList(b))
}
