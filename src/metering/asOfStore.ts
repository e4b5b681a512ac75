import type { Tx } from '../base/index.ts'
import type { Payer } from '../identity/index.ts'
import type { Observation } from './fold.ts'
import { columns, EVENT, EVENT_OF_RESOURCE, observationsOf, RESOURCES, type EventRow, type Resource } from './store.ts'

/**
 * The resources that may have used something in a stretch as the books stood before posting `seq`: those whose spans reach into it today,
 * and those of which anything about the time before its end was only heard later.
 */
export function findUsing(
  tx: Tx,
  { bucket, accountId }: Payer,
  seq: bigint,
  from: Temporal.Instant,
  to: Temporal.Instant,
): Promise<Resource[]> {
  return tx.query<Resource>(
    {
      text: `select bucket, account_id as "accountId", source, subject from usage_span
        where bucket = $1 and account_id = $2 and ended_at > $4 and started_at < $5
        union
        select bucket, account_id, source, subject from usage_event where bucket = $1 and account_id = $2 and seq >= $3 and at < $5`,
    },
    [bucket, accountId, seq, from, to],
  )
}

/** The resources of which something was heard after one posting and before another. */
export function findHeardOf(tx: Tx, { bucket, accountId }: Payer, after: bigint, before: bigint): Promise<Resource[]> {
  return tx.query<Resource>(
    {
      text: `select distinct bucket, account_id as "accountId", source, subject from usage_event
        where bucket = $1 and account_id = $2 and seq >= $3 and seq < $4`,
    },
    [bucket, accountId, after, before],
  )
}

/** What was known of some resources when posting `seq` was written, by their position in the list. */
export async function readEventsAsOf(tx: Tx, resources: readonly Resource[], seq: bigint): Promise<Observation[][]> {
  const rows = await tx.query<EventRow>(
    { text: `select ${EVENT} from ${RESOURCES} join usage_event e on ${EVENT_OF_RESOURCE} and e.seq < $5` },
    [...columns(resources), seq],
  )
  return observationsOf(rows, resources.length)
}

/** A span of today. `n`: the position of its resource in the list. */
export type StandingSpan = { n: number; spanId: string; startedAt: Temporal.Instant; endedAt: Temporal.Instant | null }

/** The spans of some resources as they stand today, of those that end after an instant. */
export function readStandingSpans(
  tx: Tx,
  resources: readonly Resource[],
  after: Temporal.Instant,
): Promise<StandingSpan[]> {
  return tx.query<StandingSpan>(
    {
      text: `select r.n::int - 1 as n, s.span_id as "spanId", s.started_at as "startedAt", s.ended_at as "endedAt"
        from ${RESOURCES} join usage_span s on s.bucket = r.bucket and s.account_id = r.account_id and s.ended_at > $5
          and s.subject = r.subject and s.source = r.source`,
    },
    [...columns(resources), after],
  )
}
