import { Refusal } from './refusal.ts'

/** The wallet is debited at every multiple of this many seconds since the epoch. */
export const BOUNDARY_SECONDS = 300
const HOUR_SECONDS = 3600

/** Where the time comes from. Nothing else reads it. */
export type Clock = { now(): Temporal.Instant }
export type ManualClock = Clock & { set(at: Temporal.Instant | string): void; advance(seconds: number): void }

export const systemClock: Clock = { now: () => Temporal.Now.instant() }

/** A clock that moves only when told to; for tests and for replaying the past. Never moves back. */
export function manualClock(start: Temporal.Instant | string): ManualClock {
  let now = Temporal.Instant.from(start)
  return {
    now: () => now,
    set(at) {
      const next = Temporal.Instant.from(at)
      if (Temporal.Instant.compare(next, now) < 0)
        throw new RangeError(`the clock stands at ${now}, not before ${next}`)
      now = next
    },
    advance(seconds) {
      now = now.add({ seconds })
    },
  }
}

/** Whole seconds since the epoch, floored: the form in which usage is reckoned. */
export function secondsOf(at: Temporal.Instant): number {
  return Math.floor(at.epochMilliseconds / 1000)
}

export function instantOf(seconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1000)
}

export function floorSecond(at: Temporal.Instant): Temporal.Instant {
  return instantOf(secondsOf(at))
}

/** The last deduction boundary at or before an instant. */
export function boundaryBefore(at: Temporal.Instant): Temporal.Instant {
  return instantOf(floorTo(secondsOf(at), BOUNDARY_SECONDS))
}

/** The last full hour at or before an instant. */
export function hourBefore(at: Temporal.Instant): Temporal.Instant {
  return instantOf(floorTo(secondsOf(at), HOUR_SECONDS))
}

/** Every full hour strictly between two instants. */
export function hoursBetween(from: Temporal.Instant, to: Temporal.Instant): Temporal.Instant[] {
  const hours: Temporal.Instant[] = []
  const end = secondsOf(to)
  for (let at = floorTo(secondsOf(from), HOUR_SECONDS) + HOUR_SECONDS; at < end; at += HOUR_SECONDS)
    hours.push(instantOf(at))
  return hours
}

/** The calendar day of an instant in the operator's time zone. */
export function dayOf(at: Temporal.Instant, timeZone: string): Temporal.PlainDate {
  return at.toZonedDateTimeISO(timeZone).toPlainDate()
}

/** The instant at which a day begins in the operator's time zone. */
export function startOfDay(day: Temporal.PlainDate, timeZone: string): Temporal.Instant {
  return day.toZonedDateTime({ timeZone }).toInstant()
}

/** Every midnight of the operator's time zone strictly between two instants. */
export function midnightsBetween(from: Temporal.Instant, to: Temporal.Instant, timeZone: string): Temporal.Instant[] {
  const midnights: Temporal.Instant[] = []
  if (Temporal.Instant.compare(from, to) >= 0) return midnights
  let day = dayOf(from, timeZone).add({ days: 1 })
  for (let at = startOfDay(day, timeZone); Temporal.Instant.compare(at, to) < 0; at = startOfDay(day, timeZone)) {
    midnights.push(at)
    day = day.add({ days: 1 })
  }
  return midnights
}

/**
 * Reads an RFC 3339 instant, cut to whole microseconds (what the database keeps).
 * @throws Refusal bad_time when it is not one.
 */
export function parseInstant(text: string): Temporal.Instant {
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text))
    throw new Refusal('bad_time', { value: text })
  try {
    return Temporal.Instant.from(text.replace(' ', 'T')).round({ smallestUnit: 'microsecond', roundingMode: 'floor' })
  } catch {
    throw new Refusal('bad_time', { value: text })
  }
}

export function earlier(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return a === b || Temporal.Instant.compare(a, b) <= 0 ? a : b
}

export function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return a === b || Temporal.Instant.compare(a, b) >= 0 ? a : b
}

function floorTo(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step
}
