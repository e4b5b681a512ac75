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

/** Bills of both are made from 9:00 on; from noon on, one that does not exist will not come. */
const BILLS_OUT_HOUR = 12

/** Whether a day's bill can be asked for: not before the day is over in China, and by when it must be out. */
export function billOf(day: Temporal.PlainDate, now: Temporal.Instant): 'not yet' | 'being made' | 'out' {
  const over = day.add({ days: 1 }).toZonedDateTime({ timeZone: CHINA })
  if (Temporal.Instant.compare(now, over.toInstant()) < 0) return 'not yet'
  return Temporal.Instant.compare(now, over.add({ hours: BILLS_OUT_HOUR }).toInstant()) < 0 ? 'being made' : 'out'
}
