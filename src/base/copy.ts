import pg from 'pg'
import { microsecondsOf, type Scalar } from './database.ts'
import { assert } from './refusal.ts'

/** The columns of a table that are named in a COPY, in the order of a row's values. JSON is text in both. */
export type Columns = Readonly<Record<string, 'int4' | 'int8' | 'text' | 'timestamptz' | 'jsonb'>>

/**
 * Adds rows to a table by COPY: half of what an INSERT of as many costs either side. Answers how many.
 * It knows no `on conflict`: a row that stands already fails the statement.
 */
export function copyIn(
  client: pg.ClientBase,
  table: string,
  columns: Columns,
  rows: readonly (readonly Scalar[])[],
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const text = `copy ${table} (${Object.keys(columns).join(', ')}) from stdin (format binary)`
  const message = frame(Object.values(columns), rows)
  client.query(new Copy(text, message, (error, copied) => (error ? reject(error) : resolve(copied.rowCount ?? 0))))
  return promise
}

/**
 * Statement, rows and their end leave together. pg-copy-streams waits for the server between them, and so can't stand among statements
 * that are sent without waiting for each other's answers.
 */
class Copy extends pg.Query {
  constructor(text: string, rows: Uint8Array, done: (error: Error | undefined, copied: pg.Result) => void) {
    super(text, done as never)
    this.submit = (connection) => {
      connection.stream.cork()
      connection.query(text)
      connection.stream.write(rows)
      connection.stream.uncork()
    }
  }

  handleCopyInResponse(): void {}
}

const COPY_DATA = 0x64
const COPY_DONE = [0x63, 0, 0, 0, 4]
/** How a binary COPY begins: its signature, no flags, no extension. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const JSONB_VERSION = 1
/** A row of ours takes 250 to 350 bytes. */
const ROOM_A_ROW = 400
/** No more bytes a character than UTF-8 takes for one of UTF-16. */
const MOST_BYTES = 3

/**
 * Two messages of the protocol: the rows, and that these are all. Binary, so that PostgreSQL need not read times and numbers from text, and
 * written into one buffer, so that nothing has to be collected behind it.
 */
function frame(types: readonly Columns[string][], rows: readonly (readonly Scalar[])[]): Uint8Array {
  let page = openPage(64 + rows.length * ROOM_A_ROW)
  let at = 5 + SIGNATURE.copy(page.bytes, 5)
  for (const row of rows) {
    page.view.setInt16(at, types.length)
    at += 2
    for (let i = 0; i < types.length; i++) {
      const value = row[i]!
      const room = typeof value === 'string' ? 5 + value.length * MOST_BYTES : 12
      // Two are for the number of the next row's columns, or the end.
      if (at + room + 2 + COPY_DONE.length > page.bytes.length) page = openPage(page.bytes.length * 2 + room, page)
      at = writeField(page, at, types[i]!, value)
    }
  }
  const { bytes, view } = page
  view.setInt16(at, -1)
  bytes[0] = COPY_DATA
  view.setInt32(1, at + 1)
  bytes.set(COPY_DONE, at + 2)
  return bytes.subarray(0, at + 2 + COPY_DONE.length)
}

/** Numbers are written through the view: a Buffer makes garbage of half a kilobyte an event from bigints. */
type Page = { bytes: Buffer; view: DataView }

function openPage(size: number, before?: Page): Page {
  const bytes = Buffer.allocUnsafe(size)
  before?.bytes.copy(bytes)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, size) }
}

/** Length and bytes of one value; answers where the next begins. */
function writeField({ bytes, view }: Page, at: number, type: Columns[string], value: Scalar): number {
  const start = at + 4
  if (value === null) {
    view.setInt32(at, -1)
    return start
  }
  if (type === 'text' || type === 'jsonb') {
    assert(typeof value === 'string', `${type} is written as text`)
    if (type === 'jsonb') bytes[start] = JSONB_VERSION
    const length = type === 'jsonb' ? 1 + bytes.write(value, start + 1) : bytes.write(value, start)
    view.setInt32(at, length)
    return start + length
  }
  if (type === 'int4') {
    view.setInt32(at, 4)
    view.setInt32(start, Number(value))
    return start + 4
  }
  view.setInt32(at, 8)
  const number = type === 'int8' ? BigInt(value as bigint) : microsecondsOf(value as Temporal.Instant | 'infinity')
  view.setBigInt64(start, number)
  return start + 8
}
