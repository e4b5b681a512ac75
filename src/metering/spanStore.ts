import { bucketOf, type Tx, type Value } from '../base/index.ts'
import type { Span, SpanFilter } from './spans.ts'

/** Where a page goes on: after this span. `endedAt` null: among those that run. */
export type SpanPosition = { endedAt: Temporal.Instant | null; startedAt: Temporal.Instant; spanId: string }

// Neither is a named statement: a prepared one may go over to a plan for the average account, which reads all spans of a heavy one.
const SPANS = `select span_id as "spanId", account_id as "accountId", project_id as "projectId", user_id as "userId", kind, sku,
    price_id as "priceId", source, subject, run, quantity, rate, started_at as "startedAt", ended_at as "endedAt"
  from usage_span where bucket = $1 and account_id = $2 and ($3::text is null or project_id = $3)
    and ($4::text is null or user_id = $4)`

function valuesOf({ accountId, projectId, userId }: SpanFilter): Value[] {
  return [bucketOf(accountId), accountId, projectId ?? null, userId ?? null]
}

/** Spans that run as of an instant, the last started first. */
export function readRunning(
  tx: Tx,
  filter: SpanFilter,
  asOf: Temporal.Instant,
  after: SpanPosition | undefined,
  limit: number,
): Promise<Span[]> {
  return tx.query<Span>(
    {
      text: `${SPANS} and ended_at > $5 ${after ? 'and (started_at, span_id) < ($7, $8::text)' : ''}
        order by started_at desc, span_id desc limit $6`,
    },
    [...valuesOf(filter), asOf, limit, ...(after ? [after.startedAt, after.spanId] : [])],
  )
}

/** Spans that ended up to an instant, the last ended first. */
export function readEnded(
  tx: Tx,
  filter: SpanFilter,
  asOf: Temporal.Instant,
  after: SpanPosition | undefined,
  limit: number,
): Promise<Span[]> {
  // The plain comparison with the end lets the index begin there; the row's alone would read all before it.
  return tx.query<Span>(
    {
      text: `${SPANS} and ended_at <= $5 ${after ? 'and (ended_at, started_at, span_id) < ($5, $7, $8::text)' : ''}
        order by ended_at desc, started_at desc, span_id desc limit $6`,
    },
    [...valuesOf(filter), after?.endedAt ?? asOf, limit, ...(after ? [after.startedAt, after.spanId] : [])],
  )
}

/** One span by its id, of those among the filter. Without an index of its own: nobody asks often. */
export async function findSpan(tx: Tx, filter: SpanFilter, spanId: string): Promise<Span | undefined> {
  const [span] = await tx.query<Span>({ text: `${SPANS} and span_id = $5` }, [...valuesOf(filter), spanId])
  return span
}
