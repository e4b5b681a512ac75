import { Refusal } from '../base/index.ts'
import { honourQuote, priceAt, rateOf, type Price, type PriceBook, type Quote } from '../pricing/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { opens, type UsageEvent } from './event.ts'
import type { Observation } from './fold.ts'
import { outcomeOf, Parked, type Outcome, type Placed } from './place.ts'
import type { Books, Deletions } from './refold.ts'
import { keyOf, type AcceptedEvent, type Resource, type ResourceState } from './store.ts'

/** An event with the resource, and so the account, that it is about: one object for all its events. `index` is its place in the batch. */
export type Routed = { index: number; event: UsageEvent; resource: Resource }

/** The resources of the events that have their account. */
export function route(batch: readonly Placed[]): Routed[] {
  const resources = new Map<string, Resource>()
  return batch.flatMap((placed, index) => {
    if (!('payer' in placed)) return []
    const { event, payer } = placed
    const resource = { ...payer, source: event.source, subject: event.subject }
    const key = keyOf(resource)
    const known = resources.get(key)
    if (!known) resources.set(key, resource)
    return { index, event, resource: known ?? resource }
  })
}

/** What the books say of a batch's accounts and resources. */
export type Known = {
  wallets: Map<string, Wallet>
  states: Map<Resource, ResourceState>
  books: Books
  quotes: Map<string, Quote>
  deletions: Deletions
}

/** The quotes that some events name. */
export function quotesIn(routed: readonly Routed[]): { accountId: string; quoteId: string }[] {
  return routed.flatMap(({ event, resource }) =>
    event.quote === undefined ? [] : { accountId: resource.accountId, quoteId: event.quote },
  )
}

/** Pins prices; parks what has no price or no start yet. */
export function accept(routed: readonly Routed[], known: Known, outcomes: Outcome[]): AcceptedEvent[] {
  const { wallets, states, books, quotes } = known
  const accepted: AcceptedEvent[] = []
  const starting = new Set<Resource>()
  const ordered = [...routed.filter(({ event }) => opens(event)), ...routed.filter(({ event }) => !opens(event))]
  for (const { index, event, resource } of ordered) {
    const wallet = wallets.get(resource.accountId)!
    try {
      const observation: Observation = { eventId: event.id, run: event.run, type: event.type, at: event.at }
      if (event.quantity) observation.quantity = event.quantity
      if (opens(event)) {
        const { price, refusal } = pin(books.get(wallet.currency)!, event, quoteOf(event, resource, quotes))
        observation.rate = rateOf(price, event.quantity!) // refuses a quantity that this price can't take
        if (refusal) outcomes[index] = { status: 'accepted', code: refusal.code, details: refusal.details }
        observation.opening = {
          projectId: event.project!,
          userId: event.user!,
          kind: event.kind!,
          sku: event.sku!,
          priceId: price.priceId,
        }
        starting.add(resource)
      } else if (states.get(resource)!.lastAt === undefined && !starting.has(resource))
        throw new Parked('unknown_resource', event.subject)
      accepted.push({ index, resource, event, observation, seq: wallet.lastSeq })
    } catch (error) {
      outcomes[index] = outcomeOf(error)
    }
  }
  return accepted
}

/** A quote is its account's: what another one named in the same batch is nothing here. */
function quoteOf(event: UsageEvent, { accountId }: Resource, quotes: Map<string, Quote>): Quote | undefined {
  const found = event.quote === undefined ? undefined : quotes.get(event.quote)
  return found?.accountId === accountId ? found : undefined
}

/** The price of a start: its quote's while that holds, else the list's at its instant; use is charged in any case. */
function pin(book: PriceBook, event: UsageEvent, quote: Quote | undefined): { price: Price; refusal?: Refusal } {
  let refusal: Refusal | undefined
  if (event.quote !== undefined && !quote) refusal = new Refusal('unknown_quote', { value: event.quote })
  try {
    if (quote) return { price: honourQuote(quote, event.sku!, event.at) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refusal = error
  }
  const price = priceAt(book, event.sku!, event.at)
  if (!price) throw new Parked('unknown_sku', event.sku!, event.at)
  return refusal ? { price, refusal } : { price }
}
