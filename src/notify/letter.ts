import { formatGrains } from '@corehour/contract'
import type { Data } from './message.ts'

/** What is said, before it has a form: a subject that tells all there is for who reads no further, and what to do. */
export type Letter = {
  subject: string
  paragraphs: readonly string[]
  /** Where one can do something about it. */
  action?: { label: string; url: string }
}
/** What letters may name beside what happened. */
export type Around = {
  /** Where the console is, without a slash at the end. */
  url: string
  timeZone: string
}
/** One topic's words, in both languages. */
export type Words = { en: (data: Data, around: Around) => Letter; zh: (data: Data, around: Around) => Letter }

/** Money for reading: grains to cents, rounded half up. */
export function money(data: Data, field: string): string {
  return `${formatGrains(BigInt(String(data[field])), 2)} ${data.currency}`
}

/** A day for reading, in the operator's time zone. */
export function day(data: Data, field: string, { timeZone }: Around): string {
  return Temporal.Instant.from(String(data[field])).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}
