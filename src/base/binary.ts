/** Types whose values are sent in binary, by their names in SQL, with their numbers: there is less for PostgreSQL to read, most of all in times. */
export const TYPES = { int: 23, bigint: 20, text: 25, timestamptz: 1184, jsonb: 3802 } as const
export type Type = keyof typeof TYPES
/** A value that a statement may take. JSON is text, and what never ends is 'infinity'. */
export type Scalar = string | number | bigint | boolean | null | Temporal.Instant | Temporal.PlainDate

const JSONB_VERSION = 1
const EPOCH = Temporal.Instant.from('2000-01-01T00:00:00Z').epochNanoseconds / 1000n
const INFINITY = 2n ** 63n - 1n

/** Bytes, and the view through which their numbers are written: a Buffer's own methods make half a kilobyte of garbage an event from bigints. */
export type Page = { bytes: Buffer; view: DataView }

/** A page with what stood on the one before. */
export function openPage(size: number, before?: Page): Page {
  const bytes = Buffer.allocUnsafe(size)
  before?.bytes.copy(bytes)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, size) }
}

/** The most bytes that a value takes with its length: no more than three for a character of UTF-16. */
export function roomOf(value: Scalar): number {
  return typeof value === 'string' ? 5 + value.length * 3 : 12
}

/** Whether a value is one of its type, and small enough: a larger number would be cut, and is left to PostgreSQL to refuse. */
export function fits(type: Type, value: Scalar): boolean {
  if (value === null) return true
  if (type === 'int') return typeof value === 'number' && (value | 0) === value
  if (type === 'bigint') return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
  if (type === 'timestamptz') return value instanceof Temporal.Instant || value === 'infinity'
  return typeof value === 'string'
}

/** Writes length and bytes of a value that fits; answers where the next begins. */
export function writeValue({ bytes, view }: Page, at: number, type: Type, value: Scalar): number {
  const start = at + 4
  if (value === null) {
    view.setInt32(at, -1)
    return start
  }
  if (type === 'text' || type === 'jsonb') {
    if (type === 'jsonb') bytes[start] = JSONB_VERSION
    const head = type === 'jsonb' ? 1 : 0
    const length = head + bytes.write(value as string, start + head)
    view.setInt32(at, length)
    return start + length
  }
  if (type === 'int') {
    view.setInt32(at, 4)
    view.setInt32(start, value as number)
    return start + 4
  }
  view.setInt32(at, 8)
  view.setBigInt64(
    start,
    type === 'bigint' ? (value as bigint) : microsecondsOf(value as Temporal.Instant | 'infinity'),
  )
  return start + 8
}

/** Where a list is written before its length is known: three times as much memory a list costs Node 4 % of a batch of events. */
let draft = openPage(64 * 1024)

/** A list as PostgreSQL takes it: one dimension that may hold nulls, counted from 1. Undefined where a value doesn't fit. */
export function writeList(type: Type, values: readonly Scalar[]): Buffer | undefined {
  const head = [1, 1, TYPES[type], values.length, 1]
  head.forEach((each, i) => draft.view.setInt32(i * 4, each))
  let at = head.length * 4
  for (const value of values) {
    if (!fits(type, value)) return undefined
    const room = roomOf(value)
    if (at + room > draft.bytes.length) draft = openPage(draft.bytes.length * 2 + room, draft)
    at = writeValue(draft, at, type, value)
  }
  return Buffer.from(draft.bytes.subarray(0, at))
}

/** An instant as PostgreSQL keeps it. */
function microsecondsOf(at: Temporal.Instant | 'infinity'): bigint {
  return at === 'infinity' ? INFINITY : at.epochNanoseconds / 1000n - EPOCH
}
