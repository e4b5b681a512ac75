import { bucketOf, newId, type Tx, type Value } from '../base/index.ts'
import type { Payer } from '../identity/index.ts'
import type { Quantity } from '../pricing/index.ts'
import type { Mark } from './change.ts'
import type { UsageEvent } from './event.ts'
import type { FoldedSpan, Observation, ObservationType, Opening, UsageKind } from './fold.ts'

/** A resource in the books of one account. */
export type Resource = { bucket: number; accountId: string; source: string; subject: string }

/** One text for a resource, for maps in memory. */
export function keyOf(resource: Resource): string {
  return `${resource.accountId}\0${resource.source}\0${resource.subject}`
}

/** What is known of a resource before a batch: the instant of its last event, and the span that runs. */
export type ResourceState = { lastAt: Temporal.Instant | null; open: FoldedSpan | undefined }

const RESOURCES = `unnest($1::int[], $2::text[], $3::text[], $4::text[]) with ordinality as r(bucket, account_id, source, subject, n)`
const SPAN_OF_RESOURCE = `s.bucket = r.bucket and s.account_id = r.account_id and s.source = r.source and s.subject = r.subject`
// The empty text keeps the planner from the primary key, by which it would read all events of the account.
const EVENT_OF_RESOURCE = `e.source = r.source and e.subject = r.subject and e.bucket = r.bucket and e.account_id || '' = r.account_id`
const SPAN = `s.run, s.project_id as "projectId", s.user_id as "userId", s.kind, s.sku,
  s.price_id as "priceId", s.quantity, s.rate, s.started_at as "startedAt", s.ended_at as "endedAt"`

export type ResourceSpan = { resource: Resource; span: FoldedSpan }
const SPAN_KEYS = (types = '', names = '') =>
  `unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]${types && `, ${types}`})
    as n(bucket, account_id, source, subject, started_at${names && `, ${names}`})`
const SAME_SPAN = `s.bucket = n.bucket and s.account_id = n.account_id and s.source = n.source and s.subject = n.subject
  and s.started_at = n.started_at`

type SpanRow = {
  run: number | null
  projectId: string
  userId: string
  kind: UsageKind
  sku: string
  priceId: string
  quantity: Quantity
  rate: bigint
  startedAt: Temporal.Instant
  endedAt: Temporal.Instant | null
}

/** The account in whose books a resource was seen last, for events that name no project. */
export async function findAccountsOf(
  tx: Tx,
  keys: readonly { source: string; subject: string }[],
): Promise<(Payer | undefined)[]> {
  if (keys.length === 0) return []
  const rows = await tx.query<{ bucket: number | null; accountId: string }>(
    {
      name: 'find-accounts-of',
      text: `select e.bucket, e.account_id as "accountId" from unnest($1::text[], $2::text[]) with ordinality as r(source, subject, n)
        left join lateral (select bucket, account_id from usage_event e where e.source = r.source and e.subject = r.subject
          order by at desc, event_id desc limit 1) e on true order by n`,
    },
    [keys.map((key) => key.source), keys.map((key) => key.subject)],
  )
  return rows.map(({ bucket, accountId }) => (bucket === null ? undefined : { bucket, accountId }))
}

export async function readStates(tx: Tx, resources: readonly Resource[]): Promise<ResourceState[]> {
  const rows = await tx.query<SpanRow & { lastAt: Temporal.Instant | null }>(
    {
      name: 'read-states',
      text: `select e.at as "lastAt", ${SPAN} from ${RESOURCES}
        left join lateral (select at from usage_event e where ${EVENT_OF_RESOURCE} order by at desc limit 1) e on true
        left join lateral (select * from usage_span s where e.at is not null and ${SPAN_OF_RESOURCE} and s.ended_at = 'infinity' limit 1) s
          on true order by n`,
    },
    columns(resources),
  )
  return rows.map((row) => ({ lastAt: row.lastAt, open: row.run === null ? undefined : toSpan(row) }))
}

/** Every event of some resources, by their position in the list. */
export async function readEvents(tx: Tx, resources: readonly Resource[]): Promise<Observation[][]> {
  const found: Observation[][] = resources.map(() => [])
  type EventRow = Opening & {
    n: bigint
    eventId: string
    run: number
    type: ObservationType
    at: Temporal.Instant
    quantity: Quantity | null
  }
  const rows = await tx.query<EventRow>(
    {
      name: 'read-events',
      text: `select r.n, e.event_id as "eventId", e.run, e.type, e.at, e.project_id as "projectId", e.user_id as "userId", e.kind, e.sku,
        e.price_id as "priceId", e.quantity from ${RESOURCES} join usage_event e on ${EVENT_OF_RESOURCE}`,
    },
    columns(resources),
  )
  for (const { n, eventId, run, type, at, quantity, projectId, userId, kind, sku, priceId } of rows) {
    const opens = type === 'started' || type === 'running'
    found[Number(n) - 1]!.push({
      eventId,
      run,
      type,
      at,
      ...(opens && { opening: { projectId, userId, kind, sku, priceId } }),
      ...(quantity && { quantity }),
    })
  }
  return found
}

/** Every span of some resources, by their position in the list. */
export async function readSpans(tx: Tx, resources: readonly Resource[]): Promise<FoldedSpan[][]> {
  const found: FoldedSpan[][] = resources.map(() => [])
  const rows = await tx.query<SpanRow & { n: bigint }>(
    {
      name: 'read-spans',
      text: `select r.n, ${SPAN} from ${RESOURCES} join usage_span s on ${SPAN_OF_RESOURCE} order by s.started_at`,
    },
    columns(resources),
  )
  for (const row of rows) found[Number(row.n) - 1]!.push(toSpan(row))
  return found
}

/** The resources that run in a project now. */
export function findRunning(tx: Tx, bucket: number, accountId: string, projectId: string): Promise<Resource[]> {
  return tx.query(
    {
      text: `select distinct bucket, account_id as "accountId", source, subject from usage_span
        where bucket = $1 and account_id = $2 and rate >= 0 and ended_at = 'infinity' and project_id = $3`,
    },
    [bucket, accountId, projectId],
  )
}

/** An event with the account that pays for it and the price that it pins. */
export type AcceptedEvent = {
  index: number
  resource: Resource
  event: UsageEvent
  observation: Observation
  seq: bigint
}

const INSERT_EVENTS = `insert into usage_event (bucket, account_id, source, event_id, subject, run, type, at, project_id, user_id,
    kind, sku, price_id, quantity, seq, recorded_at)
  select ${unnested(
    'int text text text text int text timestamptz text text text text text jsonb bigint',
  )}, $16::timestamptz`

/**
 * Stores events and answers which are new. Where none may be stored already the statement doesn't look (a quarter of its cost), and
 * fails by 23505 if one is after all.
 */
export async function insertEvents(
  tx: Tx,
  accepted: readonly AcceptedEvent[],
  mayStand: boolean,
): Promise<readonly AcceptedEvent[]> {
  if (accepted.length === 0) return []
  const events = accepted.toSorted((a, b) => compareAccounts(a.resource, b.resource))
  const rows = await tx.query<{ source: string; event_id: string }>(
    mayStand
      ? { name: 'insert-events', text: `${INSERT_EVENTS} on conflict do nothing returning source, event_id` }
      : { name: 'insert-new-events', text: INSERT_EVENTS },
    [
      events.map((e) => e.resource.bucket),
      events.map((e) => e.resource.accountId),
      events.map((e) => e.event.source),
      events.map((e) => e.event.id),
      events.map((e) => e.event.subject),
      events.map((e) => e.event.run),
      events.map((e) => e.event.type),
      events.map((e) => e.event.at),
      events.map((e) => e.observation.opening?.projectId ?? null),
      events.map((e) => e.observation.opening?.userId ?? null),
      events.map((e) => e.observation.opening?.kind ?? null),
      events.map((e) => e.observation.opening?.sku ?? null),
      events.map((e) => e.observation.opening?.priceId ?? null),
      events.map((e) => (e.observation.quantity ? JSON.stringify(e.observation.quantity) : null)),
      events.map((e) => e.seq),
      tx.now,
    ],
  )
  if (!mayStand) return accepted
  const stored = new Set(rows.map((row) => `${row.source}\0${row.event_id}`))
  return accepted.filter(({ event }) => stored.has(`${event.source}\0${event.id}`))
}

/** Arrays of these types, the first of them $1, side by side as rows: a third cheaper here than as a function in `from`. */
function unnested(types: string): string {
  return types
    .split(' ')
    .map((type, i) => `unnest($${i + 1}::${type}[])`)
    .join(', ')
}

export async function insertSpans(tx: Tx, unsorted: readonly ResourceSpan[]): Promise<void> {
  if (unsorted.length === 0) return
  const spans = unsorted.toSorted((a, b) => compareAccounts(a.resource, b.resource))
  await tx.query(
    {
      name: 'insert-spans',
      text: `insert into usage_span (bucket, account_id, source, subject, started_at, run, project_id, user_id, kind, sku, price_id,
          quantity, rate, ended_at, span_id)
        select ${unnested('int text text text timestamptz int text text text text text jsonb bigint timestamptz text')}`,
    },
    [...spanKeys(spans), ...spanColumns(spans.map(({ span }) => span)), spans.map(() => newId('span', tx.now))],
  )
}

export async function updateSpans(tx: Tx, spans: readonly ResourceSpan[]): Promise<void> {
  if (spans.length === 0) return
  await tx.query(
    {
      name: 'update-spans',
      text: `update usage_span s set run = n.run, project_id = n.project_id, user_id = n.user_id, kind = n.kind, sku = n.sku,
          price_id = n.price_id, quantity = n.quantity, rate = n.rate, ended_at = n.ended_at
        from ${SPAN_KEYS(
          '$6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::bigint[], $14::timestamptz[]',
          'run, project_id, user_id, kind, sku, price_id, quantity, rate, ended_at',
        )} where ${SAME_SPAN}`,
    },
    [...spanKeys(spans), ...spanColumns(spans.map(({ span }) => span))],
  )
}

/** The common change by far: a span that ran has ended. */
export async function endSpans(tx: Tx, spans: readonly ResourceSpan[]): Promise<void> {
  if (spans.length === 0) return
  await tx.query(
    {
      name: 'end-spans',
      text: `update usage_span s set ended_at = n.ended_at
        from ${SPAN_KEYS('$6::timestamptz[]', 'ended_at')} where ${SAME_SPAN}`,
    },
    [...spanKeys(spans), spans.map(({ span }) => span.endedAt!)],
  )
}

export async function removeSpans(tx: Tx, spans: readonly ResourceSpan[]): Promise<void> {
  if (spans.length === 0) return
  await tx.query(
    {
      text: `delete from usage_span s using ${SPAN_KEYS()} where ${SAME_SPAN}`,
    },
    spanKeys(spans),
  )
}

export async function insertMarks(tx: Tx, marks: readonly { resource: Resource; mark: Mark }[]): Promise<void> {
  if (marks.length === 0) return
  await tx.query(
    {
      text: `insert into attribution_mark (bucket, account_id, day, project_id, user_id, kind, sku)
        select * from unnest($1::int[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[]) on conflict do nothing`,
    },
    [
      marks.map(({ resource }) => resource.bucket),
      marks.map(({ resource }) => resource.accountId),
      marks.map(({ mark }) => mark.day),
      marks.map(({ mark }) => mark.projectId),
      marks.map(({ mark }) => mark.userId),
      marks.map(({ mark }) => mark.kind),
      marks.map(({ mark }) => mark.sku),
    ],
  )
}

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

/** Rows that lie together in the indexes are written together. */
function compareAccounts(a: Resource, b: Resource): number {
  return a.bucket - b.bucket || (a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : 0)
}

function columns(resources: readonly Resource[]): Value[] {
  return [
    resources.map((r) => r.bucket),
    resources.map((r) => r.accountId),
    resources.map((r) => r.source),
    resources.map((r) => r.subject),
  ]
}

function spanKeys(spans: readonly ResourceSpan[]): Value[] {
  return [...columns(spans.map(({ resource }) => resource)), spans.map(({ span }) => span.startedAt)]
}

function spanColumns(spans: readonly FoldedSpan[]): Value[] {
  return [
    spans.map((s) => s.run),
    spans.map((s) => s.projectId),
    spans.map((s) => s.userId),
    spans.map((s) => s.kind),
    spans.map((s) => s.sku),
    spans.map((s) => s.priceId),
    spans.map((s) => JSON.stringify(s.quantity)),
    spans.map((s) => s.rate),
    spans.map((s) => s.endedAt ?? 'infinity'),
  ]
}

function toSpan(row: SpanRow): FoldedSpan {
  const { run, projectId, userId, kind, sku, priceId, quantity, rate, startedAt, endedAt } = row
  const span = { run: run!, projectId, userId, kind, sku, priceId, quantity, rate, startedAt }
  return endedAt ? { ...span, endedAt } : span
}
