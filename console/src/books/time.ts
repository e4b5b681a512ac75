import { dateFormat, numberFormat } from './formats.ts'

/** In which zone times are shown: the reader's own. The bill's days are the operator's, and carry no time. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** A day and time to the second, such as `27 Nov 2026, 14:05:00`. */
export function showInstant(text: string, locale: string): string {
  return dateFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', timeZone: ZONE }).format(new Date(text))
}

/** The day of an instant, such as `27 Nov 2026`. */
export function showDate(text: string, locale: string): string {
  return dateFormat(locale, { dateStyle: 'medium', timeZone: ZONE }).format(new Date(text))
}

/** A time of day to the second, such as `14:05:00`. */
export function showSecond(text: string, locale: string): string {
  return dateFormat(locale, { timeStyle: 'medium', timeZone: ZONE }).format(new Date(text))
}

/** A time of day, such as `14:05`. */
export function showTime(text: string, locale: string): string {
  return dateFormat(locale, { timeStyle: 'short', timeZone: ZONE }).format(new Date(text))
}

/** The times of day between which something lies; to the second where they differ by no minute. */
export function showStretch(from: string, to: string, locale: string): [string, string] {
  const show = showTime(from, locale) === showTime(to, locale) ? showSecond : showTime
  return [show(from, locale), show(to, locale)]
}

/** A calendar day of the operator's, such as `Fri, 27 Nov`. */
export function showDay(day: string, locale: string, style: 'short' | 'long' = 'short'): string {
  const date = new Date(`${day}T00:00:00Z`)
  const parts = style === 'short' ? ({ month: 'short', day: 'numeric' } as const) : ({ dateStyle: 'medium' } as const)
  return dateFormat(locale, { ...parts, timeZone: 'UTC' }).format(date)
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** The two largest units of a stretch of time, such as `184 days, 2 hours`. */
export function showDuration(seconds: number, locale: string, unitDisplay: 'long' | 'short' = 'long'): string {
  const at = UNITS.findIndex(([, size]) => seconds >= size)
  if (at < 0) return numberFormat(locale, { style: 'unit', unit: 'second', unitDisplay }).format(0)
  let rest = Math.floor(seconds)
  const parts = UNITS.slice(at, at + 2).flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : numberFormat(locale, { style: 'unit', unit, unitDisplay }).format(count)
  })
  return parts.join(locale === 'zh' ? '' : ', ')
}

/** Minutes and seconds left, such as `3:07`. */
export function showCountdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds))
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
}

/** The calendar day so many days after another, or before it. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** The last days through the one of an instant, as a bill's filter names them: the days are the operator's. */
export function lastDays(count: number, at: string, zone = 'UTC'): { from: string; to: string } {
  // Sweden writes days as the API does.
  const today = dateFormat('sv-SE', { timeZone: zone }).format(new Date(at))
  return { from: dayAfter(today, 1 - count), to: dayAfter(today, 1) }
}
