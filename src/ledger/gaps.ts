import { later } from '../base/index.ts'
import type { Posting } from './store.ts'

/** A run of postings of use between two others, by their numbers; the newest `uses` of them are asked for. */
export type Gap = {
  above: bigint
  below: bigint
  uses: number
  /** They took effect after this (null: nobody knows) .. */
  after: Temporal.Instant | null
  /** .. and through this (null: whenever). */
  until: Temporal.Instant | null
}

/** What is written later is later by this at most in the clocks of two servers. */
const CLOCKS_DIFFER = { hours: 1 }

/**
 * Where there was use among the newest `limit` postings before a number; before LAST, among the newest of all. The others are
 * known: `next`, the first that is not before the number, and the newest `limit` before it, newest first.
 *
 * Numbers have no gap, so they tell how many are missing. And whoever writes another posting has settled the wallet through the instant at
 * which it takes effect: use behind it took effect later than it, and use before it no later than it was written.
 */
export function gapsOf(
  before: bigint,
  limit: number,
  next: Posting | undefined,
  others: readonly Posting[],
): readonly Gap[] {
  const gaps: Gap[] = []
  let upper = { seq: before, until: next ? endOf(next) : null }
  let left = limit
  for (const lower of [...others, undefined]) {
    if (left <= 0) break
    const above = lower?.seq ?? 0n
    const missing = upper.seq - 1n - above
    const uses = missing < left ? Number(missing) : left
    if (uses > 0) gaps.push({ above, below: upper.seq, uses, after: lower?.at ?? null, until: upper.until })
    // How many stand before the newest of all nobody knows yet: perhaps none.
    left -= upper.seq === LAST ? 1 : uses + 1
    if (lower) upper = { seq: lower.seq, until: endOf(lower) }
  }
  return gaps
}

function endOf({ at, recordedAt }: Posting): Temporal.Instant {
  return later(at, recordedAt).add(CLOCKS_DIFFER)
}

/** No posting has a number as large. */
export const LAST = 2n ** 63n - 1n
