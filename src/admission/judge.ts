import type { Tx } from '../base/index.ts'
import { findUsers } from '../identity/index.ts'
import { findQuotes, loadPrices, type PriceBook, type Quote } from '../pricing/index.ts'
import { findHolds, placeHolds } from '../wallet/index.ts'
import { decide, type Allowed, type Ask, type Decision, type Standing } from './decide.ts'
import { lockWalletsOf, readStandings } from './store.ts'

/** What no quote's id can be is not looked up: PostgreSQL would refuse a NUL, and with it everybody's question. */
const QUOTE_ID = /^quote_[0-9a-z]+$/

/**
 * Decides many questions at once, in order: what one is promised another of the same account can't be. Writes nothing. Where a decision
 * is to be kept, `lockPayers` comes before, in the same transaction, and `hold` after.
 */
export async function judge(tx: Tx, asks: readonly Ask[]): Promise<Decision[]> {
  if (asks.length === 0) return []
  const standings = await readStandings(tx, asks)
  const strangers = asks.filter((_, i) => standings[i]?.isMember === false).map((ask) => ask.userId)
  const users = await findUsers(tx, strangers)
  const books = await loadBooks(tx, standings)
  const quotes = await loadQuotes(tx, asks, standings)
  const promised = new Map<string, bigint>()
  return asks.map((ask, i) => {
    const standing = standings[i]
    const decision = decide(ask, {
      now: tx.now,
      standing,
      isUser: users.has(ask.userId),
      book: standing && books.get(standing.currency),
      quote: standing && quoteOf(ask, standing, quotes),
      promised: (standing && promised.get(standing.accountId)) ?? 0n,
    })
    if (decision.decision === 'allowed' && decision.hold) {
      const { accountId, amount } = decision.hold
      promised.set(accountId, (promised.get(accountId) ?? 0n) + amount)
    }
    return decision
  })
}

/**
 * Keeps the wallets of those who would pay as they are until the transaction ends, so that what is decided then still holds when it is
 * written: nobody spends, holds or blocks meanwhile.
 */
export function lockPayers(tx: Tx, asks: readonly Ask[]): Promise<void> {
  return lockWalletsOf(
    tx,
    asks.map((ask) => ask.projectId),
  )
}

/** Whether the holds of some decisions were placed before, by position. */
export async function heldBefore(tx: Tx, decisions: readonly Allowed[]): Promise<boolean[]> {
  const found = await findHolds(
    tx,
    decisions.flatMap((each) => each.hold ?? []),
  )
  return decisions.map((each) => each.hold !== null && found.has(each.hold.holdId))
}

/** Places what was decided under `lockPayers`. */
export function hold(tx: Tx, decisions: readonly Allowed[]): Promise<void> {
  return placeHolds(
    tx,
    decisions.flatMap((each) => each.hold ?? []),
  )
}

async function loadBooks(tx: Tx, standings: readonly (Standing | undefined)[]): Promise<Map<string, PriceBook>> {
  const books = new Map<string, PriceBook>()
  for (const standing of standings)
    if (standing && !books.has(standing.currency))
      books.set(standing.currency, await loadPrices(tx, standing.currency, standing.pricesAsOf))
  return books
}

function loadQuotes(
  tx: Tx,
  asks: readonly Ask[],
  standings: readonly (Standing | undefined)[],
): Promise<Map<string, Quote>> {
  const keys = asks.flatMap(({ quoteId }, i) => {
    const standing = standings[i]
    return standing && quoteId !== undefined && QUOTE_ID.test(quoteId) ? { accountId: standing.accountId, quoteId } : []
  })
  return findQuotes(tx, keys)
}

/** A quote is its account's: what another one named beside this is nothing here. */
function quoteOf({ quoteId }: Ask, { accountId }: Standing, quotes: Map<string, Quote>): Quote | undefined {
  const found = quoteId === undefined ? undefined : quotes.get(quoteId)
  return found?.accountId === accountId ? found : undefined
}
