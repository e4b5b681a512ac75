import { compareInstants, earlier, instantOf, later, secondsOf, type Tx } from '../base/index.ts'
import type { Payer } from '../identity/index.ts'
import { loadPrices } from '../pricing/index.ts'
import { findHeardOf, findUsing, readEventsAsOf, readStandingSpans } from './asOfStore.ts'
import { differences } from './change.ts'
import { fold, type FoldedSpan } from './fold.ts'
import { foldContext } from './refold.ts'
import type { Resource } from './store.ts'

/** Whose use, and of which currency its prices are. */
type PayerIn = Payer & { currency: string }

/**
 * A stretch [from, to) of one resource's use at one rate, as it was known when a posting was written. `amount` is rate x seconds in
 * grains; below zero where the posting took it back.
 */
export type UsedStretch = Pick<
  FoldedSpan,
  'projectId' | 'userId' | 'kind' | 'sku' | 'priceId' | 'quantity' | 'rate'
> & {
  source: string
  subject: string
  run: number
  /** The span in which the stretch lies today; null where a correction has taken it away since. */
  spanId: string | null
  from: Temporal.Instant
  to: Temporal.Instant
  seconds: number
  amount: bigint
}

const EVER = instantOf(0)

/** What an account used from one instant to another as far as it was known before posting `seq`, in order of start. */
export async function usedAsOf(
  tx: Tx,
  payer: PayerIn,
  seq: bigint,
  from: Temporal.Instant,
  to: Temporal.Instant,
): Promise<UsedStretch[]> {
  const resources = await findUsing(tx, payer, seq, from, to)
  const spans = await spansAsOf(tx, payer, resources, seq)
  const found = resources.map((_, i) => clip(spans[i]!, from, to).map((span) => ({ sign: 1n, span })))
  return toStretches(tx, resources, found)
}

/**
 * By what news the use of an account before an instant changed: what was known of it before posting `was.seq`, through `was.at`, against
 * what was known before posting `is.seq`, through `is.at`. In order of start; what is no longer used is below zero.
 */
export async function correctedSince(
  tx: Tx,
  payer: PayerIn,
  was: { seq: bigint; at: Temporal.Instant },
  is: { seq: bigint; at: Temporal.Instant },
): Promise<UsedStretch[]> {
  const resources = await findHeardOf(tx, payer, was.seq, is.seq)
  const before = await spansAsOf(tx, payer, resources, was.seq)
  const after = await spansAsOf(tx, payer, resources, is.seq)
  const found = resources.map((_, i) => differences(clip(before[i]!, EVER, was.at), clip(after[i]!, EVER, is.at)))
  return toStretches(tx, resources, found)
}

/**
 * The spans of resources as they stood when posting `seq` was written. A project that was deleted since ends its spans here too: it was
 * deleted after all that had been deducted, so nothing changes before the posting's end.
 */
async function spansAsOf(
  tx: Tx,
  payer: PayerIn,
  resources: readonly Resource[],
  seq: bigint,
): Promise<(readonly FoldedSpan[])[]> {
  if (resources.length === 0) return []
  const events = await readEventsAsOf(tx, resources, seq)
  const known = resources.map((resource, i) => ({ resource, observations: [], known: events[i]! }))
  const context = await foldContext(tx, known, new Map([[payer.currency, await loadPrices(tx, payer.currency)]]))
  return events.map((each) => fold(each, context).spans)
}

/** The parts of spans within a stretch of time; each has an end. */
function clip(spans: readonly FoldedSpan[], from: Temporal.Instant, to: Temporal.Instant): FoldedSpan[] {
  return spans.flatMap((span) => {
    const startedAt = later(span.startedAt, from)
    const endedAt = span.endedAt ? earlier(span.endedAt, to) : to
    return compareInstants(startedAt, endedAt) < 0 ? [{ ...span, startedAt, endedAt }] : []
  })
}

async function toStretches(
  tx: Tx,
  resources: readonly Resource[],
  found: readonly { sign: bigint; span: FoldedSpan }[][],
): Promise<UsedStretch[]> {
  const starts = found.flatMap((each) => each.map(({ span }) => span.startedAt))
  if (starts.length === 0) return []
  const standing = Map.groupBy(await readStandingSpans(tx, resources, starts.reduce(earlier)), ({ n }) => n)
  return resources
    .flatMap(({ source, subject }, n) =>
      found[n]!.map(({ sign, span: { startedAt: from, endedAt, ...span } }) => {
        const to = endedAt!
        const seconds = secondsOf(to) - secondsOf(from)
        const holds = standing.get(n)?.find((each) => {
          return compareInstants(each.startedAt, from) <= 0 && (!each.endedAt || compareInstants(each.endedAt, to) >= 0)
        })
        const amount = sign * span.rate * BigInt(seconds)
        return { ...span, source, subject, spanId: holds?.spanId ?? null, from, to, seconds, amount }
      }),
    )
    .sort(byStart)
}

function byStart(a: UsedStretch, b: UsedStretch): number {
  return compareInstants(a.from, b.from) || (nameOf(a) < nameOf(b) ? -1 : 1)
}

/** Of two stretches of one resource from one instant on, what was taken back comes first. */
function nameOf({ source, subject, amount }: UsedStretch): string {
  return `${source}\0${subject}\0${amount < 0n ? 0 : 1}`
}
