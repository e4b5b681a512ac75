import type { RefusalCode } from '@corehour/contract'
import { Refusal, SYSTEM, transact, type App } from '../base/index.ts'
import { parseUsageEvent, type UsageEvent } from './event.ts'
import { applyInLanes } from './lanes.ts'
import { place, type Incoming, type Outcome } from './place.ts'
import { readParked, removeParked, type ParkedEvent } from './parkedStore.ts'

export type EventResult = { source: string; id: string } & Outcome

/**
 * Takes usage events (CloudEvents 1.0 as parsed JSON) and answers for each, in order. Each is applied exactly once, however
 * often, late or out of order it comes; what can't be applied yet is parked and tried again. The good ones of a batch are
 * taken, whatever becomes of the others.
 */
export async function applyEvents(app: App, inputs: readonly unknown[]): Promise<EventResult[]> {
  const results: EventResult[] = []
  const batch: (Incoming & { index: number })[] = []
  inputs.forEach((input, index) => {
    try {
      const event = parseUsageEvent(input)
      batch.push({ event, input, index })
      results.push({ source: event.source, id: event.id, status: 'accepted' })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const [source, id] = [nameIn(input, 'source'), nameIn(input, 'id')]
      results.push({ source, id, status: 'refused', code: error.code, details: error.details })
    }
  })
  // Hardly ever is an id there twice, and to put names together costs a microsecond an event.
  const mayRepeat = new Set(batch.map(({ event }) => event.id)).size < batch.length
  const outcomes = new Map<string, Outcome>()
  for (let waiting = batch; waiting.length > 0;) {
    let part = waiting
    waiting = []
    if (mayRepeat) {
      const names = new Set<string>()
      part = part.filter((each) => {
        const name = nameOf(each.event)
        // The same event twice in one request: the second counts only where the first was refused.
        if ((outcomes.get(name)?.status ?? 'refused') !== 'refused') results[each.index]!.status = 'duplicate'
        else if (names.has(name)) waiting.push(each)
        else return names.add(name)
        return false
      })
    }
    const done = await applyInLanes(app)(await place(app, part))
    part.forEach(({ event, index }, i) => {
      const outcome = done.outcomes[i]!
      if (waiting.length > 0) outcomes.set(nameOf(event), outcome)
      if (outcome.status !== 'accepted' || outcome.code) Object.assign(results[index]!, outcome)
    })
    if (done.released.length > 0) await tryAgain(app, done.released)
  }
  return results
}

/** Tries parked events again, all or those that wait for one reason. Answers how many were taken. */
export async function retryParked(app: App, code: RefusalCode | null = null): Promise<number> {
  let taken = 0
  let after = { source: '', eventId: '' }
  for (;;) {
    const parked = await transact(app, SYSTEM, (tx) => readParked(tx, code, after, 500))
    if (parked.length === 0) return taken
    taken += await tryAgain(app, parked)
    after = parked.at(-1)!
  }
}

/** Applied first, forgotten after: a crash between the two leaves a duplicate that changes nothing. */
async function tryAgain(app: App, parked: readonly ParkedEvent[]): Promise<number> {
  const events = parked.map((each) => each.event)
  const results = await applyEvents(app, events)
  const done = parked.filter((_, i) => results[i]!.status !== 'parked')
  if (done.length > 0) await transact(app, SYSTEM, (tx) => removeParked(tx, done))
  return done.length
}

/** What makes an event the same: its source and id. */
function nameOf({ source, id }: UsageEvent): string {
  return `${source}\0${id}`
}

/** A name in an input that may be anything, for the answer. */
function nameIn(input: unknown, name: 'source' | 'id'): string {
  const value = typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : ''
}
