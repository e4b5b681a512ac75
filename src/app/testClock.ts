import {
  BOUNDARY_SECONDS,
  boundaryBefore,
  later,
  manualClock,
  query,
  systemClock,
  type App,
  type Clock,
  type Database,
  type ManualClock,
} from '../base/index.ts'
import type { TestClock } from './api/services.ts'
import { tick, tickBetween } from './clock.ts'

/** A clock that stands still, and what moves it for a given app. */
export type MovedClock = { clock: Clock; open(app: App): TestClock }

/** Stands at the present, or where the books have come to if that is later. */
export async function openTestClock(database: Database): Promise<MovedClock> {
  const [seen] = await query<{ at: Temporal.Instant | null }>(database.pool, {
    text: 'select max(greatest(seen_at, settled_at)) as at from wallet',
  })
  const clock = manualClock(later(systemClock.now(), seen?.at ?? systemClock.now()))
  return { clock, open: (app) => moveByHand(app, clock) }
}

/** Does what is due at every boundary on its way, as the loop on the wall's clock does. */
export function moveByHand(app: App, clock: ManualClock): TestClock {
  // One at a time: a second request goes on where the first one ends.
  let last: Promise<unknown> = Promise.resolve()
  const advance = async (to: Temporal.Instant) => {
    for (;;) {
      const boundary = boundaryBefore(clock.now()).add({ seconds: BOUNDARY_SECONDS })
      if (Temporal.Instant.compare(boundary, to) > 0) break
      clock.set(boundary)
      await tick(app)
    }
    if (Temporal.Instant.compare(clock.now(), to) < 0) {
      clock.set(to)
      await tickBetween(app)
    }
    return clock.now()
  }
  return {
    now: () => clock.now(),
    advance(to) {
      const done = last.then(() => advance(to))
      last = done.catch(() => {})
      return done
    },
  }
}
