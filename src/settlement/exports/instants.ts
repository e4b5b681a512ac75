import { instantOf } from '../../base/index.ts'
import { keepBy } from './rows.ts'

const TWO = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const DAY_SECONDS = 86_400
/** Offsets change on quarters of an hour at most. */
const QUARTER_SECONDS = 900

/** Writes seconds since the epoch as 2026-01-31T15:30:00Z; a tenth of a microsecond each, where Temporal takes two. */
export function openIso(): (second: number) => string {
  const dates = keepBy((day: number) =>
    instantOf(day * DAY_SECONDS)
      .toString()
      .slice(0, -'00:00:00Z'.length),
  )
  return (second) => {
    const day = Math.floor(second / DAY_SECONDS)
    const rest = second - day * DAY_SECONDS
    const minutes = Math.floor(rest / 60)
    return `${dates(day)}${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[rest % 60]}Z`
  }
}

/** Seconds since the epoch as those of the wall clock of a time zone, counted as if it were UTC. */
export function openWallClock(timeZone: string): (second: number) => number {
  const offsets = keepBy(
    (quarter: number) => instantOf(quarter * QUARTER_SECONDS).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1e9,
  )
  return (second) => second + offsets(Math.floor(second / QUARTER_SECONDS))
}
