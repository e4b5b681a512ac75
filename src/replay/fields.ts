import { parseDecimal, type Decimal } from '../base/index.ts'

/** Reads a row's fields by column and keeps the first that cannot be read. A column that is not there reads as empty. */
export type Fields = {
  /** A name: no control characters, at most 200 long; '' where empty. */
  name(column: string): string
  /** Microseconds since the epoch, 1970 to 9999; undefined where absent. */
  instant(column: string): bigint | undefined
  /** Microseconds of a plain number of seconds; undefined where absent. */
  seconds(column: string): bigint | undefined
  /** Microseconds of Slurm's [DD-[HH:]]MM:SS; undefined where absent. */
  elapsed(column: string): bigint | undefined
  /** A decimal, not negative; undefined where absent. */
  amount(column: string): Decimal | undefined
  text(column: string): string
  fail(column: string): undefined
  broken(): { column: string; value: string } | undefined
}

export const MICROS = 1_000_000n
/** The end of the year 9999, in microseconds: four-digit years are what every format here can write. */
export const LAST_TIME = 253_402_300_799n * MICROS

const ABSENT = new Set(['', 'unknown', 'none', 'n/a'])
const LONGEST_NAME = 200
const UNNAMEABLE = /[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:?\d\d)?$/i
const ELAPSED = /^(?:(?:(\d{1,7})-)?(\d{1,9}):)?(\d{1,9}):(\d\d)$/

export function fieldsOf(get: (column: string) => string | undefined): Fields {
  let broken: { column: string; value: string } | undefined
  const text = (column: string) => get(column)?.trim() ?? ''
  const fail = (column: string) => {
    broken ??= { column, value: text(column) }
    return undefined
  }
  /** Absent is undefined; what `read` cannot read is undefined too, and kept as broken. */
  const optional = <T>(column: string, read: (value: string) => T | undefined): T | undefined => {
    const value = text(column)
    return ABSENT.has(value.toLowerCase()) ? undefined : (read(value) ?? fail(column))
  }
  return {
    text,
    fail,
    name(column) {
      const value = text(column)
      if (value.length > LONGEST_NAME || UNNAMEABLE.test(value)) fail(column)
      return value
    },
    instant: (column) => optional(column, parseTime),
    seconds: (column) => optional(column, parseMicros),
    elapsed: (column) => optional(column, parseElapsed),
    amount: (column) => optional(column, parseAmountOf),
    broken: () => broken,
  }
}

/** Epoch seconds, or ISO 8601; without a zone it is UTC. */
export function parseTime(text: string): bigint | undefined {
  const micros = parseMicros(text) ?? parseIso(text)
  return micros !== undefined && micros >= 0n && micros <= LAST_TIME ? micros : undefined
}

function parseIso(text: string): bigint | undefined {
  const match = ISO.exec(text)
  if (!match) return undefined
  try {
    const at = Temporal.Instant.from(`${match[1]}T${match[2]}${match[3] ?? 'Z'}`)
    return floorDivide(at.epochNanoseconds, 1000n)
  } catch {
    return undefined // the thirtieth of February
  }
}

/** Seconds as microseconds, floored. */
function parseMicros(text: string): bigint | undefined {
  const decimal = parseDecimal(text)
  if (!decimal) return undefined
  return floorDivide(decimal.digits * MICROS, 10n ** BigInt(decimal.places))
}

export function parseElapsed(text: string): bigint | undefined {
  // Slurm prints INVALID for a duration below zero.
  if (text === 'INVALID') return -MICROS
  const negative = text.startsWith('-')
  const match = ELAPSED.exec(negative ? text.slice(1) : text)
  if (!match) return undefined
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => BigInt(part ?? 0)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const total = (((days * 24n + hours) * 60n + minutes) * 60n + seconds) * MICROS
  return negative ? -total : total
}

function parseAmountOf(text: string): Decimal | undefined {
  const decimal = parseDecimal(text)
  return decimal && decimal.digits >= 0n ? decimal : undefined
}

export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}
