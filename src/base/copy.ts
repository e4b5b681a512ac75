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
  let page = Buffer.allocUnsafe(64 + rows.length * ROOM_A_ROW)
  let at = 5 + SIGNATURE.copy(page, 5)
  for (const row of rows) {
    at = page.writeInt16BE(types.length, at)
    for (let i = 0; i < types.length; i++) {
      const value = row[i]!
      const room = typeof value === 'string' ? 5 + value.length * MOST_BYTES : 12
      // Two are for the number of the next row's columns, or the end.
      if (at + room + 2 + COPY_DONE.length > page.length) page = Buffer.concat([page], page.length * 2 + room)
      at = writeField(page, at, types[i]!, value)
    }
  }
  at = page.writeInt16BE(-1, at)
  page[0] = COPY_DATA
  page.writeInt32BE(at - 1, 1)
  page.set(COPY_DONE, at)
  return page.subarray(0, at + COPY_DONE.length)
}

/** Length and bytes of one value; answers where the next begins. */
function writeField(page: Buffer, at: number, type: Columns[string], value: Scalar): number {
  if (value === null) return page.writeInt32BE(-1, at)
  if (type === 'text' || type === 'jsonb') {
    assert(typeof value === 'string', `${type} is written as text`)
    const start = type === 'jsonb' ? page.writeUInt8(JSONB_VERSION, at + 4) : at + 4
    const end = start + page.write(value, start)
    page.writeInt32BE(end - at - 4, at)
    return end
  }
  if (type === 'int4') return page.writeInt32BE(Number(value), page.writeInt32BE(4, at))
  const start = page.writeInt32BE(8, at)
  if (type === 'int8') return page.writeBigInt64BE(BigInt(value as bigint), start)
  return page.writeBigInt64BE(microsecondsOf(value as Temporal.Instant | 'infinity'), start)
}
