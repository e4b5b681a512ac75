import {
  badCursor,
  checkLimit,
  earlier,
  instantOf,
  readCursor,
  secondsOf,
  toPage,
  writeCursor,
  type Page,
  type PageRequest,
  type Rate,
  type Tx,
} from '../base/index.ts'
import type { Quantity } from '../pricing/index.ts'
import type { UsageKind } from './fold.ts'
import { readEnded, readRunning, type SpanPosition } from './spanStore.ts'

/** A usage span as it is shown. */
export type Span = {
  spanId: string
  accountId: string
  projectId: string
  userId: string
  kind: UsageKind
  sku: string
  priceId: string
  source: string
  subject: string
  run: number
  quantity: Quantity
  rate: Rate
  startedAt: Temporal.Instant
  /** Null: it runs. */
  endedAt: Temporal.Instant | null
}

/** Which spans of one account; what is left out excludes nothing. */
export type SpanFilter = {
  accountId: string
  /** What runs alone, or what has ended alone. */
  running?: boolean
  projectId?: string
  userId?: string
}

/**
 * One page of an account's spans: what runs, the last started first, then the others, the last ended first. What runs is told as of the
 * first page, so that a span that ends while pages are read keeps its place. None is left out; one whose end is reported late, with a
 * time before the first page, may come a second time, with its end.
 * @throws Refusal bad_request when the limit is not 1 to 1000 or the cursor is not one that was handed out.
 */
export async function spans(tx: Tx, filter: SpanFilter, page: PageRequest): Promise<Page<Span>> {
  const limit = checkLimit(page.limit)
  const { asOf, after } = page.cursor === undefined ? { asOf: tx.now } : readPlace(page.cursor)
  const found: Span[] = []
  if (filter.running !== false && !after?.endedAt)
    found.push(...(await readRunning(tx, filter, asOf, after, limit + 1)))
  if (filter.running !== true && found.length <= limit) {
    const ended = after?.endedAt ? after : undefined
    found.push(...(await readEnded(tx, filter, asOf, ended, limit + 1 - found.length)))
  }
  return toPage(found, limit, (last) => writePlace(asOf, last))
}

/** Seconds of a span up to an instant, and what they cost in grains. */
export function reckonSpan(
  { startedAt, endedAt, rate }: Pick<Span, 'startedAt' | 'endedAt' | 'rate'>,
  at: Temporal.Instant,
): { seconds: number; cost: bigint } {
  const end = endedAt ? earlier(endedAt, at) : at
  const seconds = Math.max(0, secondsOf(end) - secondsOf(startedAt))
  return { seconds, cost: rate * BigInt(seconds) }
}

function writePlace(asOf: Temporal.Instant, { endedAt, startedAt, spanId }: Span): string {
  const runs = !endedAt || Temporal.Instant.compare(endedAt, asOf) > 0
  const seconds = (at: Temporal.Instant) => secondsOf(at).toString()
  return writeCursor([seconds(asOf), runs ? '' : seconds(endedAt), seconds(startedAt), spanId])
}

function readPlace(cursor: string): { asOf: Temporal.Instant; after: SpanPosition } {
  const [asOf, endedAt, startedAt, spanId] = readCursor(cursor, 4) as [string, string, string, string]
  return {
    asOf: readSecond(asOf),
    after: { endedAt: endedAt === '' ? null : readSecond(endedAt), startedAt: readSecond(startedAt), spanId },
  }
}

function readSecond(text: string): Temporal.Instant {
  if (!/^\d{1,10}$/.test(text)) throw badCursor()
  return instantOf(Number(text))
}
