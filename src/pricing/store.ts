import { bucketOf, type Tx } from '../base/index.ts'
import type { Price, PricedList } from './price.ts'
import type { PriceList } from './publish.ts'
import type { Quote } from './quote.ts'

type PriceText = { priceId: string; sku: string; unitPrices: Record<string, string> }

/** Publishing is rare, and two at once must see each other; readers are not held up. */
export async function lockPriceLists(tx: Tx): Promise<void> {
  await tx.query({ text: 'lock table price_list in share row exclusive mode' })
}

const PRICE_LIST = `price_list_id as "priceListId", currency, effective_at as "effectiveAt", published_at as "publishedAt",
  published_by as "publishedBy", document`

/** A currency's lists, by effective instant. */
export function readPriceLists(tx: Tx, currency: string): Promise<PriceList[]> {
  return tx.query<PriceList>(
    { text: `select ${PRICE_LIST} from price_list where currency = $1 order by effective_at` },
    [currency],
  )
}

export async function readPriceList(tx: Tx, priceListId: string): Promise<PriceList | undefined> {
  const [list] = await tx.query<PriceList>({ text: `select ${PRICE_LIST} from price_list where price_list_id = $1` }, [
    priceListId,
  ])
  return list
}

/** Up to `limit` of a currency's lists, the last to take effect first. */
export function readLatestPriceLists(
  tx: Tx,
  page: { currency: string; before?: Temporal.Instant; limit: number },
): Promise<PriceList[]> {
  return tx.query<PriceList>(
    {
      text: `select ${PRICE_LIST} from price_list
        where currency = $1 and ($2::timestamptz is null or effective_at < $2) order by effective_at desc limit $3`,
    },
    [page.currency, page.before ?? null, page.limit],
  )
}

export async function insertPriceList(tx: Tx, list: PriceList, prices: readonly PriceText[]): Promise<void> {
  await tx.query(
    {
      text: `insert into price_list (price_list_id, currency, effective_at, published_at, published_by, document)
        values ($1, $2, $3, $4, $5, $6)`,
    },
    [
      list.priceListId,
      list.currency,
      list.effectiveAt,
      list.publishedAt,
      list.publishedBy,
      JSON.stringify(list.document),
    ],
  )
  await tx.query(
    {
      text: `insert into price (price_id, price_list_id, sku, unit_prices)
        select p.price_id, $1, p.sku, p.unit_prices from unnest($2::text[], $3::text[], $4::jsonb[]) as p(price_id, sku, unit_prices)`,
    },
    [
      list.priceListId,
      prices.map((price) => price.priceId),
      prices.map((price) => price.sku),
      prices.map((price) => JSON.stringify(price.unitPrices)),
    ],
  )
}

/** SQL: what changes whenever a list is published. Lists are only ever added, one transaction after the other. */
export const PRICES_AS_OF = `(select count(*) || ' ' || max(price_list_id) from price_list)`

/** The ids of a currency's lists in one short text: lists never change, so as long as it is the same, all prices are. */
export async function readBookKey(tx: Tx, currency: string): Promise<string> {
  const [row] = await tx.query<{ key: string | null }>(
    {
      name: 'read-book-key',
      text: `select string_agg(price_list_id, ' ' order by effective_at) as key from price_list where currency = $1`,
    },
    [currency],
  )
  return row?.key ?? ''
}

/** Some lists with all their prices, by effective instant. */
export async function readPricedLists(tx: Tx, priceListIds: readonly string[]): Promise<PricedList[]> {
  type Row = PriceText & { priceListId: string; effectiveAt: Temporal.Instant }
  const rows = await tx.query<Row>(
    {
      text: `select l.price_list_id as "priceListId", l.effective_at as "effectiveAt", p.price_id as "priceId", p.sku,
          p.unit_prices as "unitPrices"
        from price_list l join price p using (price_list_id) where l.price_list_id = any($1::text[]) order by l.effective_at`,
    },
    [priceListIds],
  )
  const byList = Map.groupBy(rows, (row) => row.priceListId)
  return [...byList].map(([priceListId, prices]) => ({
    priceListId,
    effectiveAt: prices[0]!.effectiveAt,
    prices: new Map(prices.map((row) => [row.sku, toPrice(row)])),
  }))
}

export async function insertQuote(tx: Tx, quote: Quote): Promise<void> {
  await tx.query(
    {
      text: `insert into quote (bucket, account_id, quote_id, sku, price_id, quantity, rate, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    },
    [
      bucketOf(quote.accountId),
      quote.accountId,
      quote.quoteId,
      quote.sku,
      quote.price.priceId,
      JSON.stringify(quote.quantity),
      quote.rate,
      quote.createdAt,
      quote.expiresAt,
    ],
  )
}

/** Quotes by account and id. A quote of another account is not found. */
export async function readQuotes(tx: Tx, keys: readonly { accountId: string; quoteId: string }[]): Promise<Quote[]> {
  type Row = Omit<Quote, 'price'> & { priceId: string; priceSku: string; unitPrices: Record<string, string> }
  const rows = await tx.query<Row>(
    {
      name: 'read-quotes',
      text: `select q.account_id as "accountId", q.quote_id as "quoteId", q.sku, q.quantity, q.rate, q.created_at as "createdAt",
          q.expires_at as "expiresAt", p.price_id as "priceId", p.sku as "priceSku", p.unit_prices as "unitPrices"
        from unnest($1::int[], $2::text[], $3::text[]) as k(bucket, account_id, quote_id)
        join quote q using (bucket, account_id, quote_id)
        join price p on p.price_id = q.price_id`,
    },
    [keys.map((key) => bucketOf(key.accountId)), keys.map((key) => key.accountId), keys.map((key) => key.quoteId)],
  )
  return rows.map(({ priceId, priceSku, unitPrices, ...quote }) => ({
    ...quote,
    price: toPrice({ priceId, sku: priceSku, unitPrices }),
  }))
}

function toPrice({ priceId, sku, unitPrices }: PriceText): Price {
  return {
    priceId,
    sku,
    unitPrices: Object.fromEntries(Object.entries(unitPrices).map(([unit, micro]) => [unit, BigInt(micro)])),
  }
}
