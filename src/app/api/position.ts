import { parseInstant, readCursor, writeCursor } from '../../base/index.ts'

/** Where a page that goes from new to old ended: an instant, and an id among those of the same. */
export type Position = { at: Temporal.Instant; id: string }

/** Null: from the beginning. @throws Refusal bad_request for what is no position. */
export function readPosition(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null
  const [at, id] = readCursor(cursor, 2) as [string, string]
  return { at: parseInstant(at), id }
}

export function writePosition(at: Temporal.Instant, id: string): string {
  return writeCursor([at.toString(), id])
}
