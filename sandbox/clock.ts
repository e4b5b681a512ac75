/** Where the time comes from; in tests one that they move. */
export type Clock = { now(): Temporal.Instant }

/** An instant as the store keeps it: UTC with three decimals, so that texts sort as instants do. */
export type At = string

/** Where Alipay and WeChat Pay keep their days. */
export const CHINA = 'Asia/Shanghai'

export const systemClock: Clock = { now: () => Temporal.Now.instant() }

/** A clock that stands, and moves only when it is told to. */
export function standingClock(at: Temporal.Instant): Clock {
  return { now: () => at }
}

/** The sandbox's own clock: another one, and how far it was moved on from there. */
export type MovedClock = Clock & { moveTo(at: Temporal.Instant): void; offset(): Temporal.Duration }

export function moveClock(base: Clock, offset: Temporal.Duration): MovedClock {
  let moved = offset
  return {
    now: () => base.now().add(moved),
    moveTo(at) {
      const ahead = at.since(base.now())
      // Never back: what was sent stays sent.
      if (Temporal.Duration.compare(ahead, moved) > 0) moved = ahead
    },
    offset: () => moved,
  }
}

export function atOf(instant: Temporal.Instant): At {
  return instant.toString({ smallestUnit: 'millisecond' })
}

export function addSeconds(at: At, seconds: number): At {
  return atOf(Temporal.Instant.from(at).add({ milliseconds: Math.round(seconds * 1000) }))
}

/** As Alipay and WeChat's bills write it: 2026-11-27 20:04:55, in China. */
export function chinaTime(at: At): string {
  const { year, month, day, hour, minute, second } = inChina(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}

/** As WeChat Pay writes it: 2026-11-27T20:04:55+08:00. */
export function chinaRfc3339(at: At): string {
  return `${chinaTime(at).replace(' ', 'T')}+08:00`
}

/** As PayPal writes it: whole seconds, UTC. */
export function utcSeconds(at: At): string {
  return Temporal.Instant.from(at).toString({ smallestUnit: 'second' })
}

export function inChina(at: At): Temporal.ZonedDateTime {
  return Temporal.Instant.from(at).toZonedDateTimeISO(CHINA)
}

/** A day of China's calendar as a stretch of instants, from and before. */
export function dayInChina(day: Temporal.PlainDate): { from: At; before: At } {
  const start = (date: Temporal.PlainDate) => atOf(date.toZonedDateTime({ timeZone: CHINA }).toInstant())
  return { from: start(day), before: start(day.add({ days: 1 })) }
}
