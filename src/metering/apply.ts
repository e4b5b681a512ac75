import type { RefusalCode } from '@corehour/contract'
import { compareInstants, formatGrains, Refusal, transact, type Actor, type App, type Tx } from '../base/index.ts'
import { findDeletions } from '../identity/index.ts'
import { findQuotes } from '../pricing/index.ts'
import { takeHolds } from '../wallet/index.ts'
import { parseUsageEvent } from './event.ts'
import { bringToBoundary, foldContext, loadBooks, projectsOf, recall, refold } from './refold.ts'
import { accept, opens, quotesIn, route, type Incoming, type Known, type Outcome, type Routed } from './route.ts'
import * as store from './store.ts'
import { keyOf, type Resource, type ResourceState } from './store.ts'

export type EventResult = { source: string; id: string } & Outcome

/** Events a transaction: more gain nothing and make others wait. */
const EVENTS_PER_TRANSACTION = 1000

/**
 * Takes usage events (CloudEvents 1.0 as parsed JSON) and answers for each, in order. Each is applied exactly once, however
 * often, late or out of order it comes; what can't be applied yet is parked and tried again. The good ones of a batch are
 * taken, whatever becomes of the others. More than 1000 at once are taken in steps of 1000, each of which is one act.
 */
export async function applyEvents(app: App, actor: Actor, inputs: readonly unknown[]): Promise<EventResult[]> {
  const results: EventResult[] = []
  const batch: (Incoming & { index: number })[] = []
  inputs.forEach((input, index) => {
    const result = { source: nameIn(input, 'source'), id: nameIn(input, 'id') }
    try {
      const event = parseUsageEvent(input)
      batch.push({ event, input, name: nameOf(event.source, event.id), index })
      results.push({ ...result, status: 'accepted' })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      results.push({ ...result, status: 'refused', code: error.code, details: error.details })
    }
  })
  const outcomes = new Map<string, Outcome>()
  for (let waiting = batch; waiting.length > 0;) {
    const part: typeof batch = []
    const names = new Set<string>()
    waiting = waiting.filter((each) => {
      const { name } = each
      // The same event twice in one request: the second counts only where the first was refused.
      if ((outcomes.get(name)?.status ?? 'refused') !== 'refused') results[each.index]!.status = 'duplicate'
      else if (names.has(name) || part.length === EVENTS_PER_TRANSACTION) return true
      else part.push(each)
      names.add(name)
      return false
    })
    const done = await applyAll(app, actor, part)
    part.forEach(({ name, index }, i) => {
      outcomes.set(name, done.outcomes[i]!)
      Object.assign(results[index]!, done.outcomes[i])
    })
    if (done.released.length > 0) await tryAgain(app, actor, done.released)
  }
  return results
}

/** Tries parked events again, all or those that wait for one reason. Answers how many were taken. */
export async function retryParked(app: App, actor: Actor, code: RefusalCode | null = null): Promise<number> {
  let taken = 0
  let after = { source: '', eventId: '' }
  for (;;) {
    const parked = await transact(app, actor, (tx) => store.readParked(tx, code, after, 500))
    if (parked.length === 0) return taken
    taken += await tryAgain(app, actor, parked)
    after = parked.at(-1)!
  }
}

/** Applied first, forgotten after: a crash between the two leaves a duplicate that changes nothing. */
async function tryAgain(app: App, actor: Actor, parked: readonly store.ParkedEvent[]): Promise<number> {
  const events = parked.map((each) => each.event)
  const results = await applyEvents(app, actor, events)
  const done = parked.filter((_, i) => results[i]!.status !== 'parked')
  if (done.length > 0) await transact(app, actor, (tx) => store.removeParked(tx, done))
  return done.length
}

/** Grains of an account are a bigint. */
const MOST_UNITS = formatGrains(2n ** 63n - 1n, 0)
const TOO_LARGE: Outcome = {
  status: 'refused',
  code: 'amount_too_large',
  details: { value: `> ${MOST_UNITS}`, limit: MOST_UNITS },
}

/** A field that is no part of an event may hold what PostgreSQL's JSON can't: a NUL, half a character. Such an event could not wait. */
const UNKEEPABLE: Outcome = {
  status: 'refused',
  code: 'bad_event',
  details: { detail: 'a field holds a character that cannot be kept' },
}
/** By SQLSTATE, why one event of a batch is refused alone. */
const REFUSED_ALONE: Record<string, Outcome> = { '22003': TOO_LARGE, '22P02': UNKEEPABLE, '22P05': UNKEEPABLE }

/** What became of a batch, and the parked events that waited for a start in it. */
type Applied = { outcomes: Outcome[]; released: store.ParkedEvent[] }

/**
 * One transaction for the batch; one that the books can't hold is found by halving and refused alone.
 * `mayStand`: some of the events may be stored already, though they seem to be new.
 */
async function applyAll(app: App, actor: Actor, batch: readonly Incoming[], mayStand = false): Promise<Applied> {
  if (batch.length === 0) return { outcomes: [], released: [] }
  try {
    return await transact(app, actor, (tx) => applyBatch(tx, batch, mayStand))
  } catch (error) {
    const state = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (state === '23505' && !mayStand) return applyAll(app, actor, batch, true)
    const refused = REFUSED_ALONE[state]
    if (!refused) throw error
    if (batch.length === 1) return { outcomes: [refused], released: [] }
    const half = Math.ceil(batch.length / 2)
    const [left, right] = [
      await applyAll(app, actor, batch.slice(0, half), mayStand),
      await applyAll(app, actor, batch.slice(half), mayStand),
    ]
    return { outcomes: [...left.outcomes, ...right.outcomes], released: [...left.released, ...right.released] }
  }
}

async function applyBatch(tx: Tx, batch: readonly Incoming[], mayStand: boolean): Promise<Applied> {
  const outcomes: Outcome[] = batch.map(() => ({ status: 'accepted' }))
  const routed = await route(tx, batch, outcomes)
  const known = await lookUp(tx, routed)
  const accepted = accept(routed, known, outcomes)

  const isNew = accepted.map((each) => !mayStand && isNewest(each, known.states))
  const inserted = new Set(
    await store.insertEvents(
      tx,
      accepted.filter((_, i) => !isNew[i]),
    ),
  )
  const fresh = accepted.filter((each, i) => isNew[i] || inserted.has(each))
  const started = fresh.filter(({ event }) => opens(event)).map(({ resource }) => resource)
  // While PostgreSQL writes the events, the spans are folded here.
  const [, noEffect, , , released] = await Promise.all([
    store.copyEvents(
      tx,
      accepted.filter((_, i) => isNew[i]),
    ),
    foldAgain(tx, fresh, known),
    takeHolds(tx, admittedIn(fresh)),
    store.insertParked(tx, parkedOf(batch, outcomes)),
    store.findParkedOf(tx, started),
  ])

  if (fresh.length < accepted.length) {
    const isFresh = new Set(fresh)
    for (const each of accepted) if (!isFresh.has(each)) outcomes[each.index] = { status: 'duplicate' }
  }
  if (noEffect.size > 0)
    for (const { index, event, resource } of accepted) {
      const code = noEffect.get(`${keyOf(resource)}\0${event.id}`)
      if (code) outcomes[index]!.code = code
    }
  return { outcomes, released }
}

/** What the books say of the accounts and resources of a batch, whose wallets are locked from here on. */
async function lookUp(tx: Tx, routed: readonly Routed[]): Promise<Known> {
  const resources = [...new Set(routed.map(({ resource }) => resource))]
  const payers = new Map(resources.map(({ bucket, accountId }) => [accountId, { bucket, accountId }]))
  const [wallets, found] = await Promise.all([
    bringToBoundary(tx, [...payers.values()]),
    store.readStates(tx, resources),
  ])
  const projects = new Set(routed.flatMap(({ event }) => event.project ?? []))
  for (const { all } of found) if (all) for (const id of projectsOf(all)) projects.add(id)
  const [books, quotes, deleted] = await Promise.all([
    loadBooks(tx, wallets),
    findQuotes(tx, quotesIn(routed)),
    findDeletions(tx, [...projects]),
  ])
  const states = new Map(resources.map((resource, i) => [resource, found[i]!]))
  return { wallets, states, books, quotes, deletions: { asked: projects, at: deleted } }
}

/** Folds the resources of fresh events again. Answers which had no effect. */
async function foldAgain(
  tx: Tx,
  fresh: readonly store.AcceptedEvent[],
  known: Known,
): Promise<Map<string, RefusalCode>> {
  const changed = [...Map.groupBy(fresh, ({ resource }) => resource)].map(([resource, events]) => ({
    resource,
    observations: events.map((each) => each.observation),
  }))
  const refolding = await recall(tx, changed, known.states)
  return refold(tx, refolding, known.wallets, await foldContext(tx, refolding, known.books, known.deletions))
}

/** The admissions that fresh starts name, in the books of whoever pays for the start: another's are out of reach. */
function admittedIn(fresh: readonly store.AcceptedEvent[]) {
  return fresh.flatMap(({ event: { admission }, resource: { bucket, accountId } }) =>
    admission === undefined ? [] : [{ bucket, accountId, admissionId: admission }],
  )
}

/** Whether an event comes after all that is known of its resource, and so can hardly be stored already. */
function isNewest({ resource, event }: store.AcceptedEvent, states: Map<Resource, ResourceState>): boolean {
  const { lastAt } = states.get(resource)!
  return lastAt === undefined || compareInstants(event.at, lastAt) > 0
}

function parkedOf(batch: readonly Incoming[], outcomes: readonly Outcome[]): store.ParkedEvent[] {
  return batch.flatMap(({ event, input }, i) => {
    const { status, code } = outcomes[i]!
    if (status !== 'parked' || !code) return []
    return { source: event.source, eventId: event.id, subject: event.subject, code, event: input }
  })
}

/** What makes an event the same: its source and id. */
function nameOf(source: string, id: string): string {
  return `${source}\0${id}`
}

/** A name in an input that may be anything, for the answer. */
function nameIn(input: unknown, name: 'source' | 'id'): string {
  const value = typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : ''
}
