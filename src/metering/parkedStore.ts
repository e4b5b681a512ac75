import { bucketOf, type Tx } from '../base/index.ts'

/** An event that waits, as the platform sent it. */
export type ParkedEvent = { source: string; eventId: string; subject: string; code: string; event: unknown }

export async function insertParked(tx: Tx, parked: readonly ParkedEvent[]): Promise<void> {
  if (parked.length === 0) return
  await tx.query(
    {
      text: `insert into parked_event (bucket, source, event_id, subject, code, event, parked_at)
        select *, $7::timestamptz from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
        on conflict (bucket, source, event_id) do update set code = excluded.code`,
    },
    [
      parked.map((p) => parkedBucket(p.source)),
      parked.map((p) => p.source),
      parked.map((p) => p.eventId),
      parked.map((p) => p.subject),
      parked.map((p) => p.code),
      parked.map((p) => JSON.stringify(p.event)),
      tx.now,
    ],
  )
}

/** Parked events, of one reason or (null) of any, in order of source and id after a position. */
export function readParked(
  tx: Tx,
  code: string | null,
  after: { source: string; eventId: string },
  limit: number,
): Promise<ParkedEvent[]> {
  return tx.query(
    {
      text: `select source, event_id as "eventId", subject, code, event from parked_event
        where (source, event_id) > ($1, $2) and ($4::text is null or code = $4) order by source, event_id limit $3`,
    },
    [after.source, after.eventId, limit, code],
  )
}

/** Parked events that wait for one of these resources. */
export function findParkedOf(tx: Tx, keys: readonly { source: string; subject: string }[]): Promise<ParkedEvent[]> {
  if (keys.length === 0) return Promise.resolve([])
  return tx.query(
    {
      name: 'find-parked-of',
      text: `select source, event_id as "eventId", subject, code, event from parked_event
        where bucket = any($1::int[]) and (source, subject) in (select * from unnest($2::text[], $3::text[]))`,
    },
    [
      [...new Set(keys.map((key) => key.source))].map(parkedBucket),
      keys.map((key) => key.source),
      keys.map((key) => key.subject),
    ],
  )
}

export async function removeParked(tx: Tx, parked: readonly { source: string; eventId: string }[]): Promise<void> {
  await tx.query(
    {
      text: `delete from parked_event p using unnest($1::int[], $2::text[], $3::text[]) as n(bucket, source, event_id)
        where p.bucket = n.bucket and p.source = n.source and p.event_id = n.event_id`,
    },
    [parked.map((p) => parkedBucket(p.source)), parked.map((p) => p.source), parked.map((p) => p.eventId)],
  )
}

/** A parked event has no account yet: it lies in the bucket of its source. */
function parkedBucket(source: string): number {
  return bucketOf(source)
}
