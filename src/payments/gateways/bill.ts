import { crc32, inflateRawSync } from 'node:zlib'
import { Unreadable } from './fields.ts'

/** A row has about 300 bytes: 400,000 payments a day, which the process still holds in memory. */
export const BILL_LIMIT = 128_000_000
const NO_ZIP = 'the bill is not a sound zip'

/** What lies in a zip, unpacked, whatever its names (which Alipay writes in GBK). @throws Unreadable when it is broken or cut short. */
export function unzip(bytes: Buffer): Buffer[] {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (end < 0 || end + 22 > bytes.length) throw new Unreadable(NO_ZIP)
  const parts: Buffer[] = []
  let room = BILL_LIMIT
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw new Unreadable(NO_ZIP)
    const part = unpack(bytes, at, room)
    room -= part.length
    parts.push(part)
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return parts
}

/** One part, by its entry in the directory. */
function unpack(bytes: Buffer, entry: number, room: number): Buffer {
  const method = bytes.readUInt16LE(entry + 10)
  const packed = bytes.readUInt32LE(entry + 20)
  const length = bytes.readUInt32LE(entry + 24)
  const head = bytes.readUInt32LE(entry + 42)
  if (length > room || head + 30 > bytes.length) throw new Unreadable(NO_ZIP)
  const from = head + 30 + bytes.readUInt16LE(head + 26) + bytes.readUInt16LE(head + 28)
  const whole = open(method, bytes.subarray(from, from + packed), length)
  if (whole?.length !== length || crc32(whole) !== bytes.readUInt32LE(entry + 16)) throw new Unreadable(NO_ZIP)
  return whole
}

/** Undefined where the bytes are not what the directory says of them. */
function open(method: number, bytes: Buffer, length: number): Buffer | undefined {
  if (method === 0) return bytes
  if (method !== 8) return undefined
  try {
    // A limit of 0 counts as none.
    return inflateRawSync(bytes, { maxOutputLength: Math.max(length, 1) })
  } catch {
    return undefined
  }
}

/** One row of a bill, by the names of its columns. @throws Unreadable for a column that the bill does not have. */
export type BillRow = (column: string) => string

/**
 * Rows by the names in the table's head.
 * @throws Unreadable for a row with more or fewer values: what a value is would be a guess.
 */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): BillRow[] {
  // Both widths of brackets are seen in names of columns.
  const places = new Map(head.map((name, place) => [narrow(name), place]))
  return rows.map((row) => {
    if (row.length !== head.length) throw new Unreadable('the bill has a row that does not fit its head')
    return (column) => {
      const place = places.get(column)
      if (place === undefined) throw new Unreadable(`the bill has no column ${column}`)
      return row[place]!
    }
  })
}

function narrow(name: string): string {
  return name.replaceAll('（', '(').replaceAll('）', ')')
}
