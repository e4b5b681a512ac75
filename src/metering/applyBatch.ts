import type { RefusalCode } from '@corehour/contract'
import { compareInstants, formatGrains, SYSTEM, transact, type App, type Tx } from '../base/index.ts'
import { findDeletions, type Payer } from '../identity/index.ts'
import { findQuotes } from '../pricing/index.ts'
import { takeHolds } from '../wallet/index.ts'
import { accept, quotesIn, route, type Known, type Routed } from './accept.ts'
import type { Outcome, Placed } from './place.ts'
import { findParkedOf, insertParked, type ParkedEvent } from './parkedStore.ts'
import { bringToBoundary, foldContext, loadBooks, recall, refold, resourceOf } from './refold.ts'
import * as store from './store.ts'
import { keyOf } from './store.ts'

/** Of nearly all events. */
const ACCEPTED: Outcome = { status: 'accepted' }
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
export type Applied = { outcomes: Outcome[]; released: ParkedEvent[] }

/**
 * One transaction for the batch; one that the books can't hold is found by halving and refused alone.
 * `mayStand`: some of the events may be stored already, though they seem to be new.
 */
export async function applyBatch(app: App, batch: readonly Placed[], mayStand = false): Promise<Applied> {
  try {
    return await transact(app, SYSTEM, (tx) => applyIn(tx, batch, mayStand))
  } catch (error) {
    const state = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (state === '23505' && !mayStand) return applyBatch(app, batch, true)
    const refused = REFUSED_ALONE[state]
    if (!refused) throw error
    if (batch.length === 1) return { outcomes: [refused], released: [] }
    const half = Math.ceil(batch.length / 2)
    const [left, right] = [
      await applyBatch(app, batch.slice(0, half), mayStand),
      await applyBatch(app, batch.slice(half), mayStand),
    ]
    return { outcomes: [...left.outcomes, ...right.outcomes], released: [...left.released, ...right.released] }
  }
}

async function applyIn(tx: Tx, batch: readonly Placed[], mayStand: boolean): Promise<Applied> {
  const outcomes = batch.map((placed): Outcome => ('outcome' in placed ? placed.outcome : ACCEPTED))
  const { routed, resources } = route(batch)
  const known = await lookUp(tx, routed, resources)
  const accepted = accept(routed, known, outcomes)

  const [fresh, doubtful] = [[] as store.AcceptedEvent[], [] as store.AcceptedEvent[]]
  for (const each of accepted) (!mayStand && isNewest(each) ? fresh : doubtful).push(each)
  const copying = [...fresh]
  if (doubtful.length > 0) {
    const stored = new Set(await store.insertEvents(tx, doubtful))
    for (const each of doubtful)
      if (stored.has(each)) fresh.push(each)
      else outcomes[each.index] = { status: 'duplicate' }
  }
  for (const { heard, observation } of fresh)
    // A list that grows from nothing has room for 17, and nearly all have one.
    if (heard.observations.length === 0) heard.observations = [observation]
    else heard.observations.push(observation)
  const started = resources.filter(({ starts, observations }) => starts && observations.length > 0)
  // While PostgreSQL writes the events, the spans are folded here.
  const [, noEffect, , , released] = await Promise.all([
    store.copyEvents(tx, copying),
    foldAgain(tx, resources, known),
    takeHolds(tx, admittedIn(fresh)),
    insertParked(tx, parkedOf(batch, outcomes)),
    findParkedOf(tx, started.map(resourceOf)),
  ])
  if (noEffect.size > 0)
    for (const { index, event, heard } of accepted) {
      const code = noEffect.get(`${keyOf(heard.resource)}\0${event.id}`)
      if (code) outcomes[index] = { ...outcomes[index]!, code }
    }
  return { outcomes, released }
}

/** What the books say of the accounts and resources of a batch, whose wallets are locked from here on. */
async function lookUp(tx: Tx, routed: readonly Routed[], resources: readonly store.Heard[]): Promise<Known> {
  const payers = new Map<string, Payer>()
  for (const { resource } of resources) if (!payers.has(resource.accountId)) payers.set(resource.accountId, resource)
  const [wallets, states] = await Promise.all([
    bringToBoundary(tx, [...payers.values()]),
    store.readStates(tx, resources.map(resourceOf)),
  ])
  const projects = new Set<string>()
  for (const { event } of routed) if (event.project !== undefined) projects.add(event.project)
  states.forEach((state, i) => {
    resources[i]!.state = state
    for (const { opening } of state.all ?? []) if (opening) projects.add(opening.projectId)
  })
  const [books, quotes, deleted] = await Promise.all([
    loadBooks(tx, wallets),
    findQuotes(tx, quotesIn(routed)),
    findDeletions(tx, [...projects]),
  ])
  return { wallets, books, quotes, deletions: { asked: projects, at: deleted } }
}

/** Folds the resources of fresh events again. Answers which had no effect. */
async function foldAgain(tx: Tx, resources: readonly store.Heard[], known: Known): Promise<Map<string, RefusalCode>> {
  const changed = resources.filter(({ observations }) => observations.length > 0)
  const refolding = await recall(tx, changed)
  return refold(tx, refolding, known.wallets, await foldContext(tx, refolding, known.books, known.deletions))
}

/** The admissions that fresh starts name, in the books of whoever pays for the start: another's are out of reach. */
function admittedIn(fresh: readonly store.AcceptedEvent[]) {
  const named: { bucket: number; accountId: string; admissionId: string }[] = []
  for (const { event, heard } of fresh)
    if (event.admission !== undefined) {
      const { bucket, accountId } = heard.resource
      named.push({ bucket, accountId, admissionId: event.admission })
    }
  return named
}

/** Whether an event comes after all that is known of its resource, and so can hardly be stored already. */
function isNewest({ heard, event }: store.AcceptedEvent): boolean {
  const { lastAt } = heard.state
  return lastAt === undefined || compareInstants(event.at, lastAt) > 0
}

function parkedOf(batch: readonly Placed[], outcomes: readonly Outcome[]): ParkedEvent[] {
  const parked: ParkedEvent[] = []
  batch.forEach(({ event: { source, id: eventId, subject }, input }, i) => {
    const { status, code } = outcomes[i]!
    if (status === 'parked' && code) parked.push({ source, eventId, subject, code, event: input })
  })
  return parked
}
