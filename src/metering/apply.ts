import type { RefusalCode } from '@corehour/contract'
import {
  boundaryBefore,
  bucketOf,
  earlier,
  later,
  Refusal,
  transact,
  type Actor,
  type App,
  type Tx,
} from '../base/index.ts'
import { findProjects, findUsers, type Project } from '../identity/index.ts'
import {
  findQuotes,
  honourQuote,
  loadPrices,
  priceAt,
  priceOf,
  rateOf,
  type Price,
  type PriceBook,
  type Quote,
} from '../pricing/index.ts'
import { changeWallets, lockWallets, settleWallets, type Wallet, type WalletChange } from '../wallet/index.ts'
import { planSpanChanges, reckonEffect, type Mark } from './change.ts'
import { checkTime, parseUsageEvent, type UsageEvent } from './event.ts'
import { fold, type FoldContext, type FoldedSpan, type Observation } from './fold.ts'
import * as store from './store.ts'
import type { AcceptedEvent, Resource, ResourceState } from './store.ts'

export type EventResult = {
  source: string
  id: string
  status: 'accepted' | 'duplicate' | 'parked' | 'refused'
  code?: RefusalCode
}
type Outcome = Pick<EventResult, 'status' | 'code'>

/**
 * Takes usage events (CloudEvents 1.0 as parsed JSON) and answers for each, in order. Each is applied exactly once, however
 * often, late or out of order it comes; what can't be applied yet is parked and tried again. The good ones of a batch are
 * taken, whatever becomes of the others.
 */
export async function applyEvents(app: App, actor: Actor, inputs: readonly unknown[]): Promise<EventResult[]> {
  const results: EventResult[] = []
  const events = new Map<string, { event: UsageEvent; input: unknown; index: number }>()
  inputs.forEach((input, index) => {
    const name = input as { source?: unknown; id?: unknown } | null
    const result = { source: String(name?.source ?? ''), id: String(name?.id ?? '') }
    try {
      const event = parseUsageEvent(input)
      const key = `${event.source}\0${event.id}`
      results.push({ ...result, status: events.has(key) ? 'duplicate' : 'accepted' })
      if (!events.has(key)) events.set(key, { event, input, index })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      results.push({ ...result, status: 'refused', code: error.code })
    }
  })
  const batch = [...events.values()]
  const outcomes = await applyAll(app, actor, batch)
  batch.forEach(({ index }, i) => Object.assign(results[index]!, outcomes[i]))
  const started = batch.filter(({ event }, i) => event.type === 'started' && outcomes[i]!.status === 'accepted')
  if (started.length > 0)
    await releaseParked(
      app,
      actor,
      started.map(({ event }) => event),
    )
  return results
}

/** Tries every parked event again. Answers how many were taken. */
export async function retryParked(app: App, actor: Actor): Promise<number> {
  let taken = 0
  let after = { source: '', eventId: '' }
  for (;;) {
    const parked = await transact(app, actor, (tx) => store.readParked(tx, after, 500))
    if (parked.length === 0) return taken
    taken += await tryAgain(app, actor, parked)
    after = parked.at(-1)!
  }
}

/** A start may be what parked events of the same resource were waiting for. */
async function releaseParked(app: App, actor: Actor, started: readonly UsageEvent[]): Promise<void> {
  const parked = await transact(app, actor, (tx) => store.findParkedOf(tx, started))
  if (parked.length > 0) await tryAgain(app, actor, parked)
}

/** Applied first, forgotten after: a crash between the two leaves a duplicate that changes nothing. */
async function tryAgain(app: App, actor: Actor, parked: readonly store.ParkedEvent[]): Promise<number> {
  const results = await applyEvents(
    app,
    actor,
    parked.map((each) => each.event),
  )
  const done = parked.filter((_, i) => results[i]!.status !== 'parked')
  if (done.length > 0) await transact(app, actor, (tx) => store.removeParked(tx, done))
  return done.length
}

type Incoming = { event: UsageEvent; input: unknown }

/** One transaction for the batch; one that the books can't hold (numeric overflow) is found by halving and refused alone. */
async function applyAll(app: App, actor: Actor, batch: readonly Incoming[]): Promise<Outcome[]> {
  if (batch.length === 0) return []
  try {
    return await transact(app, actor, (tx) => applyBatch(tx, batch))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '22003')) throw error
    if (batch.length === 1) return [{ status: 'refused', code: 'amount_too_large' }]
    const half = Math.ceil(batch.length / 2)
    return [...(await applyAll(app, actor, batch.slice(0, half))), ...(await applyAll(app, actor, batch.slice(half)))]
  }
}

async function applyBatch(tx: Tx, batch: readonly Incoming[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = batch.map(() => ({ status: 'accepted' }))
  const routed = await route(tx, batch, outcomes)
  const wallets = await bringToBoundary(tx, [...new Set(routed.map(({ resource }) => resource.accountId))])
  const resources = new Map(routed.map(({ resource }) => [keyOf(resource), resource]))
  const states = new Map<string, ResourceState>()
  const list = [...resources.values()]
  ;(await store.readStates(tx, list)).forEach((state, i) => states.set(keyOf(list[i]!), state))

  const accepted = await accept(tx, routed, wallets, states, outcomes)
  const fresh = accepted.length > 0 ? await store.insertEvents(tx, accepted) : new Set<string>()
  const added = new Map<string, Observation[]>()
  accepted.forEach(({ resource, event, observation }) => {
    if (!fresh.has(`${event.source}\0${event.id}`)) return
    const observations = added.get(keyOf(resource))
    if (observations) observations.push(observation)
    else added.set(keyOf(resource), [observation])
  })
  const noEffect = await refold(
    tx,
    [...added].map(([key, observations]) => ({ resource: resources.get(key)!, observations, state: states.get(key) })),
    wallets,
  )

  for (const { resource, event, index } of routed) {
    if (outcomes[index]!.status !== 'accepted') continue
    if (!fresh.has(`${event.source}\0${event.id}`)) outcomes[index] = { status: 'duplicate' }
    else {
      const code = noEffect.get(`${keyOf(resource)}\0${event.id}`)
      if (code) outcomes[index] = { ...outcomes[index]!, code }
    }
  }
  await store.insertParked(
    tx,
    batch.flatMap(({ event, input }, i) => {
      const { status, code } = outcomes[i]!
      return status === 'parked'
        ? [{ source: event.source, eventId: event.id, subject: event.subject, code: code!, event: input }]
        : []
    }),
  )
  return outcomes
}

type Routed = { index: number; event: UsageEvent; resource: Resource }

/** Finds the account of each event, and parks or refuses those whose time has not come or whose project, user or resource is unknown. */
async function route(tx: Tx, batch: readonly Incoming[], outcomes: Outcome[]): Promise<Routed[]> {
  const named = (name: 'project' | 'user') => [...new Set(batch.flatMap(({ event }) => event[name] ?? []))]
  const projects = await findProjects(tx, named('project'))
  const users = await findUsers(tx, named('user'))
  const nameless = batch.filter(({ event }) => event.project === undefined)
  const accounts =
    nameless.length > 0
      ? await store.findAccountsOf(
          tx,
          nameless.map(({ event }) => event),
        )
      : []
  const seen = new Map(nameless.map((incoming, i) => [incoming, accounts[i]]))
  const starting = new Map<string, string>()
  for (const { event } of batch) {
    const project = event.type === 'started' ? projects.get(event.project!) : undefined
    if (project) starting.set(`${event.source}\0${event.subject}`, project.accountId)
  }

  const routed: Routed[] = []
  batch.forEach((incoming, index) => {
    const { event } = incoming
    try {
      if (checkTime(event, tx.now) === 'later') throw new Parked('in_future')
      const project = event.project === undefined ? undefined : projects.get(event.project)
      if (event.project !== undefined && !project) throw new Parked('unknown_project')
      if (event.user !== undefined && !users.has(event.user)) throw new Parked('unknown_user')
      const accountId = project?.accountId ?? seen.get(incoming) ?? starting.get(`${event.source}\0${event.subject}`)
      if (!accountId) throw new Parked('unknown_resource')
      const bucket = project?.accountId === accountId ? project.bucket : bucketOf(accountId)
      const resource = { bucket, accountId, source: event.source, subject: event.subject }
      routed.push({ index, event, resource })
    } catch (error) {
      outcomes[index] = outcomeOf(error)
    }
  })
  return routed
}

/** Pins prices; parks what has no price or no start yet. */
async function accept(
  tx: Tx,
  routed: readonly Routed[],
  wallets: Map<string, Wallet>,
  states: Map<string, ResourceState>,
  outcomes: Outcome[],
): Promise<AcceptedEvent[]> {
  const quotes = await findQuotes(
    tx,
    routed.flatMap(({ event, resource }) =>
      event.quote === undefined ? [] : { accountId: resource.accountId, quoteId: event.quote },
    ),
  )
  const books = await loadBooks(tx, [...wallets.values()])
  const known = new Set([...states].filter(([, state]) => state.lastAt !== null).map(([key]) => key))
  const accepted: AcceptedEvent[] = []
  const ordered = [...routed].sort((a, b) => Number(opens(b.event)) - Number(opens(a.event)))
  for (const { index, event, resource } of ordered) {
    const wallet = wallets.get(resource.accountId)!
    try {
      const observation: Observation = { eventId: event.id, run: event.run, type: event.type, at: event.at }
      if (event.quantity) observation.quantity = event.quantity
      if (opens(event)) {
        const { price, code } = pin(books.get(wallet.currency)!, event, quotes)
        rateOf(price, event.quantity!) // refuses a quantity that this price can't take
        if (code) outcomes[index] = { status: 'accepted', code }
        observation.opening = {
          projectId: event.project!,
          userId: event.user!,
          kind: event.kind!,
          sku: event.sku!,
          priceId: price.priceId,
        }
        known.add(keyOf(resource))
      } else if (!known.has(keyOf(resource))) throw new Parked('unknown_resource')
      accepted.push({ resource, event, observation, seq: wallet.lastSeq })
    } catch (error) {
      outcomes[index] = outcomeOf(error)
    }
  }
  return accepted
}

/** The price of a start: its quote's while that holds, else the list's at its instant; use is charged in any case. */
function pin(book: PriceBook, event: UsageEvent, quotes: Map<string, Quote>): { price: Price; code?: RefusalCode } {
  const quote = event.quote === undefined ? undefined : quotes.get(event.quote)
  let code: RefusalCode | undefined = event.quote !== undefined && !quote ? 'unknown_quote' : undefined
  try {
    if (quote) return { price: honourQuote(quote, event.sku!, event.at) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    code = error.code
  }
  const price = priceAt(book, event.sku!, event.at)
  if (!price) throw new Parked('unknown_sku')
  return code ? { price, code } : { price }
}

/** Locks the wallets and brings them to the last boundary, so that nothing is ever owed backwards. */
export async function bringToBoundary(tx: Tx, accountIds: readonly string[]): Promise<Map<string, Wallet>> {
  const keys = accountIds.map((accountId) => ({ bucket: bucketOf(accountId), accountId }))
  let wallets = keys.length > 0 ? await lockWallets(tx, keys) : []
  const boundary = boundaryBefore(tx.now)
  const behind = wallets.filter((wallet) => Temporal.Instant.compare(wallet.settledAt, boundary) < 0)
  if (behind.length > 0) {
    const oldest = behind.reduce((least, wallet) => earlier(least, wallet.settledAt), boundary)
    await settleWallets(tx, { keys: behind, oldest, late: behind.some((wallet) => wallet.late !== 0n) }, boundary)
    wallets = await lockWallets(tx, keys)
  }
  return new Map(wallets.map((wallet) => [wallet.accountId, wallet]))
}

export type Refolding = { resource: Resource; observations: Observation[]; state: ResourceState | undefined }

/**
 * Folds resources again and gives their wallets the difference. Where all new events come after the known ones, the span that
 * runs is all there is to know; else the whole set of events is read. Answers which events had no effect, by resource and id.
 */
export async function refold(
  tx: Tx,
  resources: readonly Refolding[],
  wallets: Map<string, Wallet>,
): Promise<Map<string, RefusalCode>> {
  const whole = resources.filter((each) => !followsOn(each))
  const [events, spans] =
    whole.length > 0
      ? [await store.readEvents(tx, whole.map(resourceOf)), await store.readSpans(tx, whole.map(resourceOf))]
      : [[], []]
  const histories = new Map(whole.map((each, i) => [each, { events: events[i]!, spans: spans[i]! }]))
  const context = await foldContext(tx, resources, histories, wallets)

  const insert: { resource: Resource; span: FoldedSpan }[] = []
  const update: { resource: Resource; span: FoldedSpan }[] = []
  const end: { resource: Resource; span: FoldedSpan }[] = []
  const remove: { resource: Resource; span: FoldedSpan }[] = []
  const marks: { resource: Resource; mark: Mark }[] = []
  const changes = new Map<string, WalletChange>()
  const noEffect = new Map<string, RefusalCode>()
  for (const each of resources) {
    const { resource } = each
    const wallet = wallets.get(resource.accountId)!
    const history = histories.get(each)
    const before = history ? history.spans : each.state?.open ? [each.state.open] : []
    const after = history ? fold(history.events, context) : fold(each.observations, context, each.state?.open)
    after.noEffect.forEach((code, eventId) => noEffect.set(`${keyOf(resource)}\0${eventId}`, code))
    const planned = planSpanChanges(before, after.spans)
    planned.insert.forEach((span) => insert.push({ resource, span }))
    planned.update.forEach((span) => update.push({ resource, span }))
    planned.end.forEach((span) => end.push({ resource, span }))
    planned.remove.forEach((span) => remove.push({ resource, span }))
    const effect = reckonEffect(before, after.spans, wallet, tx.timeZone)
    effect.marks.forEach((mark) => marks.push({ resource, mark }))
    addEffect(changes, wallet, effect, tx.now)
  }
  await store.removeSpans(tx, remove)
  await store.updateSpans(tx, update)
  await store.endSpans(tx, end)
  await store.insertSpans(tx, insert)
  await store.insertMarks(tx, marks)
  if (changes.size > 0) await changeWallets(tx, [...changes.values()])
  return noEffect
}

function followsOn({ observations, state }: Refolding): boolean {
  if (!state || observations.length === 0) return false
  if (state.lastAt === null) return true
  if (!state.open) return false
  return observations.every(
    (each) => Temporal.Instant.compare(each.at, state.lastAt!) > 0 && each.run >= state.open!.run,
  )
}

/** Prices and deletions that the folds need, loaded once. */
async function foldContext(
  tx: Tx,
  resources: readonly Refolding[],
  histories: Map<Refolding, { events: Observation[]; spans: FoldedSpan[] }>,
  wallets: Map<string, Wallet>,
): Promise<FoldContext> {
  const books = await loadBooks(tx, [...wallets.values()])
  const ids = new Set<string>()
  for (const each of resources) {
    if (each.state?.open) ids.add(each.state.open.projectId)
    for (const { opening } of histories.get(each)?.events ?? each.observations) if (opening) ids.add(opening.projectId)
  }
  const projects: Map<string, Project> = await findProjects(tx, [...ids])
  return {
    price(priceId) {
      for (const book of books.values()) {
        const price = priceOf(book, priceId)
        if (price) return price
      }
      throw new Error(`price ${priceId} is pinned but not in any list`)
    },
    deletedAt: (projectId) => projects.get(projectId)?.deletedAt ?? undefined,
  }
}

async function loadBooks(tx: Tx, wallets: readonly Wallet[]): Promise<Map<string, PriceBook>> {
  const books = new Map<string, PriceBook>()
  for (const { currency } of wallets) if (!books.has(currency)) books.set(currency, await loadPrices(tx, currency))
  return books
}

function addEffect(
  changes: Map<string, WalletChange>,
  wallet: Wallet,
  effect: ReturnType<typeof reckonEffect>,
  now: Temporal.Instant,
): void {
  const sum = changes.get(wallet.accountId)
  if (!sum) {
    const { bucket, accountId } = wallet
    const { rate, accrued, late, lateFrom } = effect
    changes.set(accountId, { bucket, accountId, rate, accrued, late, lateFrom, seenAt: later(now, wallet.seenAt) })
    return
  }
  sum.rate += effect.rate
  sum.accrued += effect.accrued
  sum.late += effect.late
  if (effect.lateFrom) sum.lateFrom = sum.lateFrom ? earlier(sum.lateFrom, effect.lateFrom) : effect.lateFrom
}

/** Thrown to park one event: the reason may pass. */
class Parked extends Error {
  readonly code: RefusalCode
  constructor(code: RefusalCode) {
    super(code)
    this.code = code
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Parked) return { status: 'parked', code: error.code }
  if (error instanceof Refusal) return { status: 'refused', code: error.code }
  throw error
}

function opens(event: UsageEvent): boolean {
  return event.type === 'started' || event.type === 'running'
}

function resourceOf({ resource }: Refolding): Resource {
  return resource
}

function keyOf(resource: Resource): string {
  return `${resource.accountId}\0${resource.source}\0${resource.subject}`
}
