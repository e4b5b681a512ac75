import { Unreadable } from './fields.ts'

/** In which Alipay and WeChat Pay tell times without a zone, wherever the server stands. */
const CHINA = 'Asia/Shanghai'

/** As `2026-11-27 20:05:00` in China. */
export function formatChina(at: Temporal.Instant): string {
  return at.toZonedDateTimeISO(CHINA).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')
}

/** As `2026-11-27T20:05:00+08:00`, which WeChat Pay takes. */
export function formatChinaOffset(at: Temporal.Instant): string {
  return at.toString({ timeZone: CHINA, smallestUnit: 'second' })
}

/** Reads `2026-11-27 20:05:00`, with or without a fraction. @throws Unreadable when it is not such a time. */
export function readChina(text: string): Temporal.Instant {
  try {
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/.test(text)) throw new RangeError(text)
    return Temporal.PlainDateTime.from(text.replace(' ', 'T')).toZonedDateTime(CHINA).toInstant()
  } catch {
    throw new Unreadable('a time is not written as 2026-11-27 20:05:00')
  }
}

/** The instant at which an hour of a day begins in China; from 24 on it is of the next day. */
export function chinaHour(day: Temporal.PlainDate, hour: number): Temporal.Instant {
  return day.toZonedDateTime({ timeZone: CHINA }).add({ hours: hour }).toInstant()
}
