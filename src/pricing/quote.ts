import { newId, Refusal, type Rate, type Tx } from '../base/index.ts'
import { loadPrices } from './book.ts'
import { priceAt, type Price } from './price.ts'
import { rateOf, type Quantity } from './rate.ts'
import { insertQuote, readQuotes } from './store.ts'

/** A price shown to a user and honoured for every start before expiresAt. `rate` is for the quoted quantity, in grains per second. */
export type Quote = {
  accountId: string
  quoteId: string
  sku: string
  price: Price
  quantity: Quantity
  rate: Rate
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant
}

const LONGEST_SECONDS = 30 * 86_400

/**
 * Quotes the price in force now, for 1 second to 30 days. The account's existence and currency are the caller's matter.
 * @throws Refusal unknown_sku, bad_quantity, not_metered, rate_too_large, bad_request.
 */
export async function quote(
  tx: Tx,
  input: { accountId: string; currency: string; sku: string; quantity: Quantity; validSeconds: number },
): Promise<Quote> {
  const { accountId, sku, quantity, validSeconds } = input
  if (!Number.isInteger(validSeconds) || validSeconds < 1 || validSeconds > LONGEST_SECONDS) {
    throw new Refusal('bad_request', { detail: `a quote is valid for 1 to ${LONGEST_SECONDS} whole seconds` })
  }
  const price = priceAt(await loadPrices(tx, input.currency), sku, tx.now)
  if (!price) throw new Refusal('unknown_sku', { value: sku, at: tx.now.toString() })
  const made: Quote = {
    accountId,
    quoteId: newId('quote', tx.now),
    sku,
    price,
    quantity,
    rate: rateOf(price, quantity),
    createdAt: tx.now,
    expiresAt: tx.now.add({ seconds: validSeconds }),
  }
  await insertQuote(tx, made)
  return made
}

/** Quotes by id, in one statement; those of another account than named are not found. */
export async function findQuotes(
  tx: Tx,
  keys: readonly { accountId: string; quoteId: string }[],
): Promise<Map<string, Quote>> {
  if (keys.length === 0) return new Map()
  return new Map((await readQuotes(tx, keys)).map((each) => [each.quoteId, each]))
}

/**
 * The price that a quote pins for a start at an instant before it expires.
 * @throws Refusal quote_expired; quote_mismatch when it was made for another SKU.
 */
export function honourQuote(made: Quote, sku: string, at: Temporal.Instant): Price {
  const value = made.quoteId
  if (made.sku !== sku) throw new Refusal('quote_mismatch', { value, quoted: made.sku, sku })
  if (Temporal.Instant.compare(at, made.expiresAt) >= 0)
    throw new Refusal('quote_expired', { value, at: made.expiresAt.toString() })
  return made.price
}

/**
 * The price that a quote pins, looked up by its id.
 * @throws Refusal unknown_quote; as honourQuote.
 */
export async function useQuote(
  tx: Tx,
  input: { accountId: string; quoteId: string; sku: string; at: Temporal.Instant },
): Promise<Price> {
  const made = (await findQuotes(tx, [input])).get(input.quoteId)
  if (!made) throw new Refusal('unknown_quote', { value: input.quoteId })
  return honourQuote(made, input.sku, input.at)
}
