import { Refusal } from './refusal.ts'

/** Where a page ended, as text that callers hand back and don't read. */
export function writeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/**
 * Reads a cursor of so many parts.
 * @throws Refusal bad_request when it was not made by `writeCursor`.
 */
export function readCursor(text: string, length: number): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    const sound =
      Array.isArray(parts) &&
      parts.length === length &&
      parts.every((part) => typeof part === 'string' && !part.includes('\0'))
    if (sound && writeCursor(parts) === text) return parts
  } catch {
    // Not JSON: answered as every other cursor that is not ours.
  }
  throw badCursor()
}

export function badCursor(): Refusal {
  return new Refusal('bad_request', { detail: 'the cursor is not one that was handed out; start from the first page' })
}

const LARGEST_PAGE = 1000

/** Asks for one page of a list: `limit` rows (1 to 1000) after a cursor, or from the beginning. */
export type PageRequest = { limit: number; cursor?: string }
export type Page<T> = { data: T[]; nextCursor?: string }

/** @throws Refusal bad_request when a page's limit is not a whole number from 1 to 1000. */
export function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_PAGE) return limit
  throw new Refusal('bad_request', { detail: `limit is a whole number from 1 to ${LARGEST_PAGE}` })
}

/** A page from rows of which one more than the limit was asked for. */
export function toPage<T>(rows: T[], limit: number, cursorOf: (last: T) => string): Page<T> {
  if (rows.length <= limit) return { data: rows }
  const data = rows.slice(0, limit)
  return { data, nextCursor: cursorOf(data.at(-1)!) }
}
