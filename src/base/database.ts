import pg from 'pg'
import { TYPES, writeList, type Scalar, type Type } from './binary.ts'

/** One pool of connections to the books. */
export type Database = { pool: pg.Pool; close(): Promise<void> }
export type DatabaseOptions = {
  connectionString?: string
  host?: string
  user?: string
  database?: string
  max?: number
}
export type { Scalar }
/** What a statement takes: single values go as text, lists in binary where it names their type. */
export type Value = Scalar | readonly Scalar[]
export type Row = Record<string, any>

const OID = { int8: 20, int8Array: 1016, date: 1082, timestamptz: 1184, timestamptzArray: 1185 }

/** Opens a pool whose int8 are bigint, timestamptz Temporal.Instant (infinity: null) and dates Temporal.PlainDate. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    max: 16,
    connectionTimeoutMillis: 10_000,
    ...options,
    // Statements that don't wait for each other are sent at once and answered in their order.
    pipeline: true,
    types: { getTypeParser },
    application_name: 'corehour',
  })
  // A connection that breaks while idle is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {})
  // So is one that breaks while it is lent out: the statement under way fails, which is what its holder hears.
  pool.on('connect', (client) => client.on('error', () => {}))
  return { pool, close: () => pool.end() }
}

/** Runs one statement; with a name it is prepared once per connection. */
export async function query<R extends Row>(
  client: pg.Pool | pg.ClientBase,
  statement: { name?: string; text: string },
  values: readonly Value[] = [],
): Promise<R[]> {
  const result = await client.query<R>({ ...statement, values: encodeAll(statement.text, values) })
  return result.rows
}

/** Runs one statement that answers no rows; answers how many it has written. */
export async function execute(
  client: pg.Pool | pg.ClientBase,
  statement: { name?: string; text: string },
  values: readonly Value[] = [],
): Promise<number> {
  const { rowCount } = await client.query({ ...statement, values: encodeAll(statement.text, values) })
  return rowCount ?? 0
}

function encodeAll(text: string, values: readonly Value[]): unknown[] {
  if (!values.some(Array.isArray)) return values.map((value) => encode(value as Scalar))
  const types = typesIn(text)
  return values.map((value, i) => {
    if (!Array.isArray(value)) return encode(value as Scalar)
    const type = types[i]
    return (type && writeList(type, value)) ?? encodeArray(value)
  })
}

/** By a statement's text, of which type its lists are, by their place. */
const named = new Map<string, readonly (Type | undefined)[]>()
const MOST_NAMED = 1000

function typesIn(text: string): readonly (Type | undefined)[] {
  let types = named.get(text)
  if (!types) {
    if (named.size >= MOST_NAMED) named.clear()
    const found: (Type | undefined)[] = []
    for (const [, n, type] of text.matchAll(/\$(\d+)::(\w+)\[\]/g))
      found[Number(n) - 1] = Object.hasOwn(TYPES, type!) ? (type as Type) : undefined
    named.set(text, (types = found))
  }
  return types
}

function encode(value: Scalar): unknown {
  if (value instanceof Temporal.Instant) return writeInstant(value)
  if (value instanceof Temporal.PlainDate) return value.toString()
  return value
}

const NEEDS_ESCAPE = /["\\]/
const ESCAPED = /["\\]/g

/** A list as PostgreSQL's literal: of dates, of what a statement doesn't name, and of what is too large. */
function encodeArray(values: readonly Scalar[]): string {
  let text = '{'
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (i > 0) text += ','
    if (value === null) text += 'NULL'
    else if (typeof value === 'string') text += `"${NEEDS_ESCAPE.test(value) ? value.replace(ESCAPED, '\\$&') : value}"`
    else if (typeof value === 'object') text += `"${value.toString()}"`
    else text += value.toString()
  }
  return `${text}}`
}

const int8Array = pg.types.getTypeParser(1009 as never) as unknown as (text: string) => (string | null)[]
const parsers: Record<number, (text: string) => unknown> = {
  [OID.int8]: BigInt,
  [OID.int8Array]: (text) => int8Array(text).map((each) => (each === null ? null : BigInt(each))),
  [OID.date]: (text) => Temporal.PlainDate.from(text),
  [OID.timestamptz]: parseTimestamp,
  [OID.timestamptzArray]: (text) => int8Array(text).map((each) => (each === null ? null : parseTimestamp(each))),
}

function getTypeParser(oid: number, format?: string): any {
  return (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid as never, format as never)
}

// The same few instants stand in nearly every row (boundaries, hours, days): both ways they are kept.
const MOST_KEPT = 10_000

/** Reading an instant anew costs 1 microsecond, a look-up 15 ns. */
const seen = new Map<string, Temporal.Instant | null>()

function parseTimestamp(text: string): Temporal.Instant | null {
  let instant = seen.get(text)
  if (instant === undefined) {
    if (seen.size >= MOST_KEPT) seen.clear()
    instant = text.endsWith('infinity') ? null : Temporal.Instant.from(text)
    seen.set(text, instant)
  }
  return instant
}

/** Writing one anew costs 2 microseconds, a look-up 0.2. */
const written = new Map<bigint, string>()

function writeInstant(at: Temporal.Instant): string {
  const key = at.epochNanoseconds
  let text = written.get(key)
  if (text === undefined) {
    if (written.size >= MOST_KEPT) written.clear()
    text = at.toString()
    written.set(key, text)
  }
  return text
}
