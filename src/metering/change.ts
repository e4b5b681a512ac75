import { compareInstants, dayOf, earlier, secondsOf } from '../base/index.ts'
import type { FoldedSpan } from './fold.ts'
import type { ChangedSpan, Resource, ResourceSpan } from './store.ts'

/** How stored spans become new ones. */
export type SpanChanges = { insert: ResourceSpan[]; update: ChangedSpan[]; end: ChangedSpan[]; remove: ResourceSpan[] }

/** One day's use by one key: what attribution must reckon again. */
export type Mark = { day: Temporal.PlainDate; projectId: string; userId: string; kind: string; sku: string }

/** What the change of one resource's spans does to its wallet (grains; rate in grains per second), and which keys it touches. */
export type Effect = { rate: bigint; accrued: bigint; late: bigint; lateFrom: Temporal.Instant | null; marks: Mark[] }

/** An old and a new span that begin together; one of them alone where nothing else begins then. */
export type Pair = { was: FoldedSpan | undefined; span: FoldedSpan | undefined }

/** Old and new spans side by side by their start: one resource never runs twice at once. */
export function pairUp(before: readonly FoldedSpan[], after: readonly FoldedSpan[]): Pair[] {
  if (before.length === 0 && after.length === 1) return [{ was: undefined, span: after[0] }]
  const pairs: Pair[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    const [was, span] = [before[i], after[j]]
    const order = !was ? 1 : !span ? -1 : compareInstants(was.startedAt, span.startedAt)
    if (order <= 0) i++
    if (order >= 0) j++
    pairs.push({ was: order <= 0 ? was : undefined, span: order >= 0 ? span : undefined })
  }
  return pairs
}

/** Adds to `changes` how a resource's old spans become its new ones, so that each that goes on keeps its id. */
export function planSpanChanges(resource: Resource, pairs: readonly Pair[], changes: SpanChanges): void {
  for (const { was, span } of pairs)
    if (!was) changes.insert.push({ resource, span: span! })
    else if (!span) changes.remove.push({ resource, span: was })
    else if (!sameUse(was, span)) changes.update.push({ resource, was, span })
    else if (!sameEnd(was, span)) changes.end.push({ resource, was, span })
}

/**
 * What a change of spans does to the wallet: each old span is taken off and each new one put on. The part before `settledAt`
 * has been deducted already, so its difference is late; what lies before `attributedAt` is marked, by day and key.
 */
export function reckonEffect(
  pairs: readonly Pair[],
  wallet: { settledAt: Temporal.Instant; attributedAt: Temporal.Instant },
  timeZone: string,
): Effect {
  const effect: Effect = { rate: 0n, accrued: 0n, late: 0n, lateFrom: null, marks: [] }
  const settled = secondsOf(wallet.settledAt)
  for (const pair of pairs)
    for (const { sign, span } of differencesOf(pair)) {
      const rate = sign * span.rate
      const start = secondsOf(span.startedAt)
      const end = span.endedAt && secondsOf(span.endedAt)
      if (end === undefined) {
        effect.rate += rate
        effect.accrued -= rate * BigInt(Math.max(start, settled) - settled)
      } else effect.accrued += rate * BigInt(Math.max(end, settled) - Math.max(start, settled))
      const late = Math.min(end ?? settled, settled) - start
      if (late > 0) {
        effect.late += rate * BigInt(late)
        effect.lateFrom = effect.lateFrom ? earlier(effect.lateFrom, span.startedAt) : span.startedAt
        effect.marks.push(...marksOf(span, wallet.attributedAt, timeZone))
      }
    }
  return effect
}

export type Difference = { sign: bigint; span: FoldedSpan }

/** Old spans with -1 and new ones with +1; where only the end moved, just the part between the two ends. */
export function differences(before: readonly FoldedSpan[], after: readonly FoldedSpan[]): Difference[] {
  return pairUp(before, after).flatMap(differencesOf)
}

function differencesOf({ was, span }: Pair): Difference[] {
  if (!was) return [{ sign: 1n, span: span! }]
  if (!span) return [{ sign: -1n, span: was }]
  if (!sameKey(was, span) || was.rate !== span.rate) {
    return [
      { sign: -1n, span: was },
      { sign: 1n, span },
    ]
  }
  return sameEnd(was, span) ? [] : differingTail(was, span)
}

function differingTail(was: FoldedSpan, span: FoldedSpan): Difference[] {
  // What runs has the part that the other has not.
  if (!was.endedAt) return [{ sign: -1n, span: { ...was, startedAt: span.endedAt! } }]
  if (!span.endedAt) return [{ sign: 1n, span: { ...span, startedAt: was.endedAt } }]
  return compareInstants(was.endedAt, span.endedAt) > 0
    ? [{ sign: -1n, span: { ...was, startedAt: span.endedAt } }]
    : [{ sign: 1n, span: { ...span, startedAt: was.endedAt } }]
}

/** The local days before `attributedAt` on which a span ran. */
function marksOf(span: FoldedSpan, attributedAt: Temporal.Instant, timeZone: string): Mark[] {
  const end = span.endedAt ? earlier(span.endedAt, attributedAt) : attributedAt
  if (compareInstants(span.startedAt, end) >= 0) return []
  const marks: Mark[] = []
  const lastDay = dayOf(end.subtract({ nanoseconds: 1 }), timeZone)
  const { projectId, userId, kind, sku } = span
  for (
    let day = dayOf(span.startedAt, timeZone);
    Temporal.PlainDate.compare(day, lastDay) <= 0;
    day = day.add({ days: 1 })
  ) {
    marks.push({ day, projectId, userId, kind, sku })
  }
  return marks
}

function sameKey(a: FoldedSpan, b: FoldedSpan): boolean {
  return a.projectId === b.projectId && a.userId === b.userId && a.kind === b.kind && a.sku === b.sku
}

function sameUse(a: FoldedSpan, b: FoldedSpan): boolean {
  return sameKey(a, b) && a.rate === b.rate && a.run === b.run && a.priceId === b.priceId && sameQuantity(a, b)
}

function sameEnd(a: FoldedSpan, b: FoldedSpan): boolean {
  return a.endedAt && b.endedAt ? compareInstants(a.endedAt, b.endedAt) === 0 : a.endedAt === b.endedAt
}

function sameQuantity(a: FoldedSpan, b: FoldedSpan): boolean {
  const names = Object.keys(a.quantity)
  return names.length === Object.keys(b.quantity).length && names.every((name) => a.quantity[name] === b.quantity[name])
}
