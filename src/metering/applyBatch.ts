import type { RefusalCode } from '@corehour/contract'
import { compareInstants, formatGrains, SYSTEM, transact, type App, type Tx } from '../base/index.ts'
import { findDeletions } from '../identity/index.ts'
import { findQuotes } from '../pricing/index.ts'
import { takeHolds } from '../wallet/index.ts'
import { accept, quotesIn, route, type Known, type Routed } from './accept.ts'
import { opens } from './event.ts'
import type { Outcome, Placed } from './place.ts'
import { bringToBoundary, foldContext, loadBooks, projectsOf, recall, refold } from './refold.ts'
import * as store from './store.ts'
import { keyOf, type Resource, type ResourceState } from './store.ts'

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
export type Applied = { outcomes: Outcome[]; released: store.ParkedEvent[] }

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
  const outcomes = batch.map((placed): Outcome => ('outcome' in placed ? placed.outcome : { status: 'accepted' }))
  const routed = route(batch)
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

function parkedOf(batch: readonly Placed[], outcomes: readonly Outcome[]): store.ParkedEvent[] {
  return batch.flatMap(({ event, input }, i) => {
    const { status, code } = outcomes[i]!
    if (status !== 'parked' || !code) return []
    return { source: event.source, eventId: event.id, subject: event.subject, code, event: input }
  })
}
