import type { RefusalCode } from '@corehour/contract'
import { floorSecond, glance, perApp, Refusal, SYSTEM, type App } from '../base/index.ts'
import { findKnownUsers, findPayers, type Payer } from '../identity/index.ts'
import { checkTime, opens, type UsageEvent } from './event.ts'
import { findAccountsOf } from './store.ts'

/** A checked event, and as the platform sent it. */
export type Incoming = { event: UsageEvent; input: unknown }
/** `details` fill the text of `code`. */
export type Outcome = {
  status: 'accepted' | 'duplicate' | 'parked' | 'refused'
  code?: RefusalCode
  details?: Record<string, unknown>
}
/** An event in the books of whoever pays for it, or (`outcome`) one that has to wait, or can't be taken. */
export type Placed = Incoming & ({ payer: Payer } | { outcome: Outcome })

/** Thrown to park one event: the reason may pass. */
export class Parked extends Error {
  readonly code: RefusalCode
  readonly details: Record<string, unknown>
  constructor(code: RefusalCode, value: string, at?: Temporal.Instant) {
    super(code)
    this.code = code
    this.details = { value, at: at?.toString() }
  }
}

export function outcomeOf(error: unknown): Outcome {
  if (error instanceof Parked) return { status: 'parked', code: error.code, details: error.details }
  if (error instanceof Refusal) return { status: 'refused', code: error.code, details: error.details }
  throw error
}

/** Finds the account of each event; those whose time has not come or whose project, user or resource is unknown have to wait. */
export async function place(app: App, batch: readonly Incoming[]): Promise<Placed[]> {
  const nameless = batch.filter(({ event }) => event.project === undefined)
  const { payers, users, seen } = await lookUp(app, batch, nameless)
  const starting = new Map<string, Payer>()
  if (nameless.length > 0)
    for (const { event } of batch) {
      const payer = opens(event) ? payers.get(event.project!) : undefined
      if (payer) starting.set(`${event.source}\0${event.subject}`, payer)
    }
  const now = floorSecond(app.clock.now())
  const payerOf = (incoming: Incoming): Payer => {
    const { event } = incoming
    if (checkTime(event, now) === 'later') throw new Parked('in_future', event.at.toString())
    if (event.user !== undefined && !users.has(event.user)) throw new Parked('unknown_user', event.user)
    if (event.project === undefined) {
      const payer = seen.get(incoming) ?? starting.get(`${event.source}\0${event.subject}`)
      if (!payer) throw new Parked('unknown_resource', event.subject)
      return payer
    }
    const payer = payers.get(event.project)
    if (!payer) throw new Parked('unknown_project', event.project)
    return payer
  }
  return batch.map((incoming) => {
    const { event, input } = incoming
    try {
      return { event, input, payer: payerOf(incoming) }
    } catch (error) {
      return { event, input, outcome: outcomeOf(error) }
    }
  })
}

/** Who pays for a project never changes, and a user stays one: so many of each are kept, a fifth of a kilobyte each. */
const MOST_KEPT = 20_000
const keptIn = perApp(() => ({ payers: new Map<string, Payer>(), users: new Set<string>() }))

async function lookUp(app: App, batch: readonly Incoming[], nameless: readonly Incoming[]) {
  const kept = keptIn(app)
  // A new one, and not emptied: others may be at work with what there was.
  if (kept.payers.size > MOST_KEPT) kept.payers = new Map()
  if (kept.users.size > MOST_KEPT) kept.users = new Set()
  const { payers, users } = kept
  const [projects, others] = [new Set<string>(), new Set<string>()]
  for (const { event } of batch) {
    if (event.project !== undefined && !payers.has(event.project)) projects.add(event.project)
    if (event.user !== undefined && !users.has(event.user)) others.add(event.user)
  }
  if (projects.size + others.size + nameless.length === 0) return { payers, users, seen: new Map() }
  const [foundPayers, foundUsers, accounts] = await glance(app, SYSTEM, (tx) =>
    Promise.all([
      findPayers(tx, [...projects]),
      findKnownUsers(tx, [...others]),
      findAccountsOf(
        tx,
        nameless.map(({ event }) => event),
      ),
    ]),
  )
  for (const [projectId, payer] of foundPayers) payers.set(projectId, payer)
  for (const userId of foundUsers) users.add(userId)
  return { payers, users, seen: new Map(nameless.map((incoming, i) => [incoming, accounts[i]])) }
}
