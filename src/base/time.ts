import { Refusal } from './refusal.ts'

/** The wallet is debited at every multiple of this many seconds since the epoch. */
export const BOUNDARY_SECONDS = 300
const HOUR_SECONDS = 3600

/** Where the time comes from. Nothing else reads it. */
export type Clock = { now(): Temporal.Instant }
export type ManualClock = Clock & { set(at: Temporal.Instant | string): void; advance(seconds: number): void }

let last = { ms: 0, instant: Temporal.Instant.fromEpochMilliseconds(0) }

/** To the millisecond: every request asks several times, and to make an instant anew takes 0.7 microseconds, to look 0.1. */
export const systemClock: Clock = {
  now() {
    const ms = Date.now()
    if (ms !== last.ms) last = { ms, instant: Temporal.Instant.fromEpochMilliseconds(ms) }
    return last.instant
  },
}

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

/** The same seconds come again and again, and an instant lies outside V8's heap: to make and to collect one takes 0.4 microseconds, to look 0.03. */
const made = new Map<number, Temporal.Instant>()
const MOST_KEPT = 10_000

export function instantOf(seconds: number): Temporal.Instant {
  let instant = made.get(seconds)
  if (!instant) {
    if (made.size >= MOST_KEPT) made.clear()
    instant = Temporal.Instant.fromEpochMilliseconds(seconds * 1000)
    made.set(seconds, instant)
  }
  return instant
}

export function floorSecond(at: Temporal.Instant): Temporal.Instant {
  // Nearly all instants are whole seconds already, and to look costs a fifth of making one anew.
  return at.epochMilliseconds % 1000 === 0 && at.epochNanoseconds % 1_000_000n === 0n ? at : instantOf(secondsOf(at))
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

const FINER_THAN_MICROSECONDS = /\.\d{7}/

// From the year 1 to 9999 in UTC, whatever the offset: what the database and its texts can keep.
const FIRST_MS = Temporal.Instant.from('0001-01-01T00:00:00Z').epochMilliseconds
const LAST_MS = Temporal.Instant.from('9999-12-31T23:59:59.999Z').epochMilliseconds

/** Whoever sends thousands of events a second names the same instant again and again. */
let lastRead: { text: string; instant: Temporal.Instant } | undefined

/**
 * Reads an RFC 3339 instant, cut to whole microseconds (what the database keeps).
 * @throws Refusal bad_time when it is not one.
 */
export function parseInstant(text: string): Temporal.Instant {
  if (lastRead?.text !== text) lastRead = { text, instant: readInstant(text) }
  return lastRead.instant
}

function readInstant(text: string): Temporal.Instant {
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text))
    throw new Refusal('bad_time', { value: text })
  try {
    const instant = Temporal.Instant.from(text.replace(' ', 'T'))
    if (instant.epochMilliseconds < FIRST_MS || instant.epochMilliseconds > LAST_MS) throw new RangeError(text)
    // To round costs three times what reading does, and hardly a sender names nanoseconds.
    return FINER_THAN_MICROSECONDS.test(text)
      ? instant.round({ smallestUnit: 'microsecond', roundingMode: 'floor' })
      : instant
  } catch {
    throw new Refusal('bad_time', { value: text })
  }
}

/** Below 0 when `a` comes first. Temporal's own compare does the same at a tenth of the speed: 0.75 microseconds against 0.06. */
export function compareInstants(a: Temporal.Instant, b: Temporal.Instant): number {
  if (a === b) return 0
  const apart = a.epochMilliseconds - b.epochMilliseconds
  if (apart !== 0) return apart
  const [first, second] = [a.epochNanoseconds, b.epochNanoseconds]
  return first < second ? -1 : first > second ? 1 : 0
}

export function earlier(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return compareInstants(a, b) <= 0 ? a : b
}

export function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return compareInstants(a, b) >= 0 ? a : b
}

function floorTo(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step
}
