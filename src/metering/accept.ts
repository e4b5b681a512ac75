import { Refusal } from '../base/index.ts'
import { honourQuote, priceAt, rateOf, type Price, type PriceBook, type Quote } from '../pricing/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { opens, type UsageEvent } from './event.ts'
import type { Observation } from './fold.ts'
import { outcomeOf, Parked, type Outcome, type Placed } from './place.ts'
import type { Books, Deletions } from './refold.ts'
import { keyOf, type AcceptedEvent, type Heard, type Resource, type ResourceState } from './store.ts'

/** An event with what it is about, and so its account. `index` is its place in the batch. */
export type Routed = { index: number; event: UsageEvent; heard: Heard }

const UNHEARD: ResourceState = { lastAt: undefined, all: [] }

/** The events that have their account, and the resources that they are about. */
export function route(batch: readonly Placed[]): { routed: Routed[]; resources: Heard[] } {
  const known = new Map<string, Heard>()
  const routed: Routed[] = []
  const resources: Heard[] = []
  batch.forEach((placed, index) => {
    if (!('payer' in placed)) return
    const { event, payer } = placed
    const { source, subject } = event
    // Two resources of one subject are rare, and a key that is put together costs a microsecond.
    let key = subject
    let heard = known.get(key)
    if (heard && (heard.resource.source !== source || heard.resource.accountId !== payer.accountId))
      heard = known.get((key = keyOf({ ...payer, source, subject })))
    if (!heard) {
      const resource = { bucket: payer.bucket, accountId: payer.accountId, source, subject }
      known.set(key, (heard = { resource, state: UNHEARD, observations: [], starts: false }))
      resources.push(heard)
    }
    routed.push({ index, event, heard })
  })
  return { routed, resources }
}

/** What the books say of a batch's accounts and resources. */
export type Known = {
  wallets: Map<string, Wallet>
  books: Books
  quotes: Map<string, Quote>
  deletions: Deletions
}

/** The quotes that some events name. */
export function quotesIn(routed: readonly Routed[]): { accountId: string; quoteId: string }[] {
  const named: { accountId: string; quoteId: string }[] = []
  for (const { event, heard } of routed)
    if (event.quote !== undefined) named.push({ accountId: heard.resource.accountId, quoteId: event.quote })
  return named
}

/** Pins prices; parks what has no price or no start yet. */
export function accept(routed: readonly Routed[], known: Known, outcomes: Outcome[]): AcceptedEvent[] {
  const accepted: AcceptedEvent[] = []
  const take = (isOpening: boolean) => {
    for (const each of routed) {
      if (opens(each.event) !== isOpening) continue
      try {
        accepted.push(acceptOne(each, known, outcomes))
      } catch (error) {
        outcomes[each.index] = outcomeOf(error)
      }
    }
  }
  // What starts comes first: a stop may come before it in the batch.
  take(true)
  take(false)
  return accepted
}

function acceptOne({ index, event, heard }: Routed, known: Known, outcomes: Outcome[]): AcceptedEvent {
  const { wallets, books, quotes } = known
  const { resource, state } = heard
  const wallet = wallets.get(resource.accountId)!
  const observation: Observation = {
    eventId: event.id,
    run: event.run,
    type: event.type,
    at: event.at,
    quantity: event.quantity,
    opening: undefined,
    rate: undefined,
  }
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
    heard.starts = true
  } else if (state.lastAt === undefined && !heard.starts) throw new Parked('unknown_resource', event.subject)
  return { index, heard, event, observation, seq: wallet.lastSeq }
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
