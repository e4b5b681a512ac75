import type { RefusalCode } from '@corehour/contract'
import { Refusal, type Tx } from '../base/index.ts'
import { findKnownUsers, findPayers, type Payer } from '../identity/index.ts'
import { honourQuote, priceAt, rateOf, type Price, type PriceBook, type Quote } from '../pricing/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { checkTime, type UsageEvent } from './event.ts'
import type { Observation } from './fold.ts'
import type { Books, Deletions } from './refold.ts'
import { findAccountsOf, keyOf, type AcceptedEvent, type Resource, type ResourceState } from './store.ts'

/** A checked event, as the platform sent it, and what makes it the same: its source and id. */
export type Incoming = { event: UsageEvent; input: unknown; name: string }
/** `details` fill the text of `code`. */
export type Outcome = {
  status: 'accepted' | 'duplicate' | 'parked' | 'refused'
  code?: RefusalCode
  details?: Record<string, unknown>
}

/** An event with the resource, and so the account, that it is about: one object for all its events. `index` is its place in the batch. */
export type Routed = { index: number; event: UsageEvent; resource: Resource }

/** Finds the account of each event, and parks or refuses those whose time has not come or whose project, user or resource is unknown. */
export async function route(tx: Tx, batch: readonly Incoming[], outcomes: Outcome[]): Promise<Routed[]> {
  const [projects, users] = [new Set<string>(), new Set<string>()]
  for (const { event } of batch) {
    if (event.project !== undefined) projects.add(event.project)
    if (event.user !== undefined) users.add(event.user)
  }
  const nameless = batch.filter(({ event }) => event.project === undefined)
  const [payers, knownUsers, accounts] = await Promise.all([
    findPayers(tx, [...projects]),
    findKnownUsers(tx, [...users]),
    findAccountsOf(
      tx,
      nameless.map(({ event }) => event),
    ),
  ])
  const seen = new Map(nameless.map((incoming, i) => [incoming, accounts[i]]))
  const starting = new Map<string, Payer>()
  if (nameless.length > 0)
    for (const { event } of batch) {
      const payer = opens(event) ? payers.get(event.project!) : undefined
      if (payer) starting.set(`${event.source}\0${event.subject}`, payer)
    }

  const resources = new Map<string, Resource>()
  const resourceOf = ({ source, subject }: UsageEvent, { bucket, accountId }: Payer) => {
    const resource = { bucket, accountId, source, subject }
    const key = keyOf(resource)
    return resources.get(key) ?? (resources.set(key, resource), resource)
  }
  const routed: Routed[] = []
  batch.forEach((incoming, index) => {
    const { event } = incoming
    try {
      if (checkTime(event, tx.now) === 'later') throw new Parked('in_future', event.at.toString())
      if (event.project !== undefined && !payers.has(event.project)) throw new Parked('unknown_project', event.project)
      if (event.user !== undefined && !knownUsers.has(event.user)) throw new Parked('unknown_user', event.user)
      const payer =
        event.project === undefined
          ? (seen.get(incoming) ?? starting.get(`${event.source}\0${event.subject}`))
          : payers.get(event.project)
      if (!payer) throw new Parked('unknown_resource', event.subject)
      routed.push({ index, event, resource: resourceOf(event, payer) })
    } catch (error) {
      outcomes[index] = outcomeOf(error)
    }
  })
  return routed
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

/** Thrown to park one event: the reason may pass. */
class Parked extends Error {
  readonly code: RefusalCode
  readonly details: Record<string, unknown>
  constructor(code: RefusalCode, value: string, at?: Temporal.Instant) {
    super(code)
    this.code = code
    this.details = { value, at: at?.toString() }
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Parked) return { status: 'parked', code: error.code, details: error.details }
  if (error instanceof Refusal) return { status: 'refused', code: error.code, details: error.details }
  throw error
}

/** Whether an event can begin a span, and so carries whose use it is. */
export function opens(event: UsageEvent): boolean {
  return event.type === 'started' || event.type === 'running'
}
