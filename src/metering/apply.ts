import type { RefusalCode } from '@corehour/contract'
import { compareInstants, formatGrains, Refusal, transact, type Actor, type App, type Tx } from '../base/index.ts'
import { takeHolds } from '../wallet/index.ts'
import { parseUsageEvent } from './event.ts'
import { bringToBoundary, loadBooks, recall, refold } from './refold.ts'
import { accept, opens, route, type Incoming, type Outcome } from './route.ts'
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
  const resources = [...new Set(routed.map(({ resource }) => resource))]
  const payers = new Map(resources.map(({ bucket, accountId }) => [accountId, { bucket, accountId }]))
  const wallets = await bringToBoundary(tx, [...payers.values()])
  const found = await store.readStates(tx, resources)
  const states = new Map(resources.map((resource, i) => [resource, found[i]!]))

  const books = await loadBooks(tx, wallets)
  const accepted = await accept(tx, routed, wallets, books, states, outcomes)
  const fresh = await storeEvents(tx, accepted, states, mayStand)
  const byResource = Map.groupBy(fresh, ({ resource }) => resource)
  const changed = [...byResource].map(([resource, events]) => ({
    resource,
    observations: events.map((each) => each.observation),
  }))
  const noEffect = await refold(tx, await recall(tx, changed, states), wallets, books)
  await takeHolds(tx, admittedIn(fresh))

  if (fresh.length < accepted.length) {
    const isFresh = new Set(fresh)
    for (const each of accepted) if (!isFresh.has(each)) outcomes[each.index] = { status: 'duplicate' }
  }
  if (noEffect.size > 0)
    for (const { index, event, resource } of accepted) {
      const code = noEffect.get(`${keyOf(resource)}\0${event.id}`)
      if (code) outcomes[index]!.code = code
    }
  await store.insertParked(tx, parkedOf(batch, outcomes))
  const started = fresh.filter(({ event }) => opens(event)).map(({ resource }) => resource)
  return { outcomes, released: await store.findParkedOf(tx, started) }
}

/** The admissions that fresh starts name, in the books of whoever pays for the start: another's are out of reach. */
function admittedIn(fresh: readonly store.AcceptedEvent[]) {
  return fresh.flatMap(({ event: { admission }, resource: { bucket, accountId } }) =>
    admission === undefined ? [] : [{ bucket, accountId, admissionId: admission }],
  )
}

/** Stores what is not stored yet, and answers that. */
async function storeEvents(
  tx: Tx,
  accepted: readonly store.AcceptedEvent[],
  states: Map<Resource, ResourceState>,
  mayStand: boolean,
): Promise<readonly store.AcceptedEvent[]> {
  const isNew = accepted.map((each) => !mayStand && isNewest(each, states))
  await store.copyEvents(
    tx,
    accepted.filter((_, i) => isNew[i]),
  )
  const inserted = new Set(
    await store.insertEvents(
      tx,
      accepted.filter((_, i) => !isNew[i]),
    ),
  )
  return accepted.filter((each, i) => isNew[i] || inserted.has(each))
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
