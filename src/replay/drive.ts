import { BOUNDARY_SECONDS, boundaryBefore, instantOf, secondsOf, type App, type ManualClock } from '../base/index.ts'
import { applyEvents } from '../metering/index.ts'
import { attribute, deduct, expireDue } from '../settlement/index.ts'
import { toEvent, type Happening } from './schedule.ts'
import type { World } from './world.ts'

export type Drive = {
  app: App
  /** The app's clock; stands at or before the first happening. */
  clock: ManualClock
  world: World
  /** Called after each boundary with how much of the period is done, 0 to 1. */
  onProgress?: ((done: number, at: Temporal.Instant) => void) | undefined
  /** Ends the replay between two boundaries. */
  signal?: AbortSignal | undefined
}

const EVENTS_A_BATCH = 1000
const HOUR_SECONDS = 3600

/**
 * Lives through everything that happens (in order of time), boundary by boundary, as a server would: events as they come, the
 * deduction at each boundary, attribution at each full hour. Ends at the first full hour at which nothing runs and nothing
 * is still to come, so that all use is attributed.
 */
export async function drive(run: Drive, happenings: readonly Happening[]): Promise<void> {
  const { app, clock } = run
  const first = secondsOf(boundaryBefore(clock.now()))
  const last = happenings.at(-1)?.second ?? first
  let at = first
  let next = 0
  let running = 0
  while (next < happenings.length || running > 0 || at % HOUR_SECONDS !== 0) {
    run.signal?.throwIfAborted()
    // Where nothing runs and all is attributed, every boundary up to the next happening would do nothing.
    const idle = running === 0 && at % HOUR_SECONDS === 0
    if (idle) at = Math.max(at, secondsOf(boundaryBefore(instantOf(happenings[next]!.second))))
    const from = next
    while (next < happenings.length && happenings[next]!.second < at + BOUNDARY_SECONDS) next++
    if (next > from) {
      // The last second before the boundary: all of them have happened, and none is late.
      clock.set(instantOf(at + BOUNDARY_SECONDS - 1))
      const now = happenings.slice(from, next)
      await apply(run, now)
      for (const { type } of now) running += type === 'started' ? 1 : -1
    }
    at += BOUNDARY_SECONDS
    clock.set(instantOf(at))
    await passBoundary(app, at)
    run.onProgress?.(last === first ? 1 : Math.min(1, (at - first) / (last - first)), clock.now())
  }
}

async function passBoundary(app: App, at: number): Promise<void> {
  await deduct(app, instantOf(at))
  if (at % HOUR_SECONDS !== 0) return
  await attribute(app, instantOf(at))
  await expireDue(app)
}

async function apply({ app, world }: Drive, happenings: readonly Happening[]): Promise<void> {
  for (let from = 0; from < happenings.length; from += EVENTS_A_BATCH) {
    const batch = happenings.slice(from, from + EVENTS_A_BATCH)
    const results = await applyEvents(
      app,
      batch.map((happening) => toEvent(happening, world)),
    )
    const bad = results.findIndex((result) => result.status !== 'accepted')
    // What metering would refuse was left out before, so this is our fault and no bill may come of it.
    if (bad >= 0)
      throw new Error(`line ${batch[bad]!.row.line}: the event was not taken: ${JSON.stringify(results[bad])}`)
  }
}
