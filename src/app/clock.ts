import { setTimeout as sleep } from 'node:timers/promises'
import { BOUNDARY_SECONDS, boundaryBefore, secondsOf, SYSTEM, transact, type App } from '../base/index.ts'
import { forgetPast } from '../identity/index.ts'
import { layMonths } from '../ledger/index.ts'
import { retryParked } from '../metering/index.ts'
import { forgetMails } from '../notify/index.ts'
import { remindOfCards } from '../payments/index.ts'
import { attribute, deduct, expireDue } from '../settlement/index.ts'
import { forgetAnswers } from './api/store.ts'

/** A machine's clock may be set or sleep: the loop looks at it at least this often. */
const LOOK_MS = 5_000
/** So long the same Idempotency-Key gets the first answer. */
const ANSWERS_KEPT_HOURS = 24

/**
 * What is due at the app's instant: the deduction at the last boundary, attribution through the last full hour, expiries,
 * reminders, parked events, and answers that are kept no longer. Everything due lies in rows, so one run after an outage does what was missed, and a second one does nothing.
 */
export async function tick(app: App): Promise<void> {
  const now = app.clock.now()
  await layMonths(app)
  await retryParked(app)
  await deduct(app, now)
  await attribute(app, now)
  await expireDue(app)
  // After what has expired is written off: of that nobody is reminded.
  await remindOfCards(app)
  await transact(app, SYSTEM, (tx) => forgetAnswers(tx, tx.now.subtract({ hours: ANSWERS_KEPT_HOURS })))
  await transact(app, SYSTEM, forgetPast)
  await transact(app, SYSTEM, forgetMails)
}

/** What doesn't wait for the next boundary: events whose time has come, cards and holds whose time is over. */
export async function tickBetween(app: App): Promise<void> {
  await retryParked(app, 'in_future')
  await expireDue(app)
}

/**
 * Runs `tick` at once and then at every five-minute boundary until stopped; between two, what doesn't wait for one is
 * done within seconds. A failure is logged and tried again.
 */
export async function runClock(app: App, stopping: AbortSignal): Promise<void> {
  let done: Temporal.Instant | undefined
  while (!stopping.aborted) {
    const boundary = boundaryBefore(app.clock.now())
    try {
      if (done?.equals(boundary)) await tickBetween(app)
      else await tick(app)
      done = boundary
    } catch (error) {
      app.log.error({ error, boundary: boundary.toString() }, 'the clock loop failed; it tries again')
    }
    const left = (secondsOf(boundary) + BOUNDARY_SECONDS - secondsOf(app.clock.now())) * 1000
    await sleep(Math.min(LOOK_MS, Math.max(left, 250)), undefined, { signal: stopping }).catch(() => {})
  }
}
