import { assert, newId, type Scalar, type Tx, type Value } from '../base/index.ts'
import type { Payer } from '../identity/index.ts'
import type { Quantity } from '../pricing/index.ts'
import type { Mark } from './change.ts'
import type { UsageEvent } from './event.ts'
import type { FoldedSpan, Observation, ObservationType, Opening } from './fold.ts'

/** A resource in the books of one account. */
export type Resource = { bucket: number; accountId: string; source: string; subject: string }

/** One text for a resource, for maps in memory. */
export function keyOf(resource: Resource): string {
  return `${resource.accountId}\0${resource.source}\0${resource.subject}`
}

/** What is known of a resource before a batch: the instant of its last event, and all its events where they are few. */
export type ResourceState = { lastAt: Temporal.Instant | undefined; all: Observation[] | undefined }

/** A resource that a batch is about: what is known of it, whether the batch starts it, and what of the batch is fresh. */
export type Heard = { resource: Resource; state: ResourceState; starts: boolean; observations: Observation[] }

/** A job has two events and hardly ever more than a few; a node that reports every hour has thousands. */
const FEW = 3

export const RESOURCES = `unnest($1::int[], $2::text[], $3::text[], $4::text[]) with ordinality as r(bucket, account_id, source, subject, n)`
// The empty text keeps the planner from the primary key, by which it would read all events of the account.
export const EVENT_OF_RESOURCE = `e.subject = r.subject and e.source = r.source and e.bucket = r.bucket and e.account_id || '' = r.account_id`
export const EVENT = `r.n::int as n, e.event_id as "eventId", e.run, e.type, e.at, e.project_id as "projectId", e.user_id as "userId", e.kind, e.sku,
  e.price_id as "priceId", e.quantity`
const SPAN = `s.run, s.project_id as "projectId", s.user_id as "userId", s.kind, s.sku,
  s.price_id as "priceId", s.quantity, s.rate, s.started_at as "startedAt", s.ended_at as "endedAt"`

export type ResourceSpan = { resource: Resource; span: FoldedSpan }
/** A span as it stands and as it is to be. */
export type ChangedSpan = ResourceSpan & { was: FoldedSpan }
const SPAN_KEYS = (types = '', names = '') =>
  `unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]${types && `, ${types}`})
    as n(bucket, account_id, source, subject, old_start, old_end${names && `, ${names}`})`
const SAME_SPAN = `s.bucket = n.bucket and s.account_id = n.account_id and s.source = n.source and s.subject = n.subject
  and s.started_at = n.old_start and s.ended_at = coalesce(n.old_end, 'infinity')`

export type EventRow = Opening & {
  n: number
  eventId: string
  run: number
  type: ObservationType
  at: Temporal.Instant
  quantity: Quantity | null
}
type SpanRow = Omit<FoldedSpan, 'endedAt'> & { endedAt: Temporal.Instant | null }

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
        left join lateral (select bucket, account_id from usage_event e where e.subject = r.subject and e.source = r.source
          order by at desc, event_id desc limit 1) e on true order by n`,
    },
    [keys.map((key) => key.source), keys.map((key) => key.subject)],
  )
  return rows.map(({ bucket, accountId }) => (bucket === null ? undefined : { bucket, accountId }))
}

export async function readStates(tx: Tx, resources: readonly Resource[]): Promise<ResourceState[]> {
  const rows = await tx.query<EventRow>(
    {
      name: 'read-states',
      text: `select ${EVENT} from ${RESOURCES}
        cross join lateral (select * from usage_event e where ${EVENT_OF_RESOURCE} order by at desc limit ${FEW + 1}) e`,
    },
    columns(resources),
  )
  return observationsOf(rows, resources.length).map((newest) => ({
    lastAt: newest[0]?.at,
    all: newest.length > FEW ? undefined : newest,
  }))
}

/** Every event of some resources, by their position in the list. */
export async function readEvents(tx: Tx, resources: readonly Resource[]): Promise<Observation[][]> {
  if (resources.length === 0) return []
  const rows = await tx.query<EventRow>(
    { name: 'read-events', text: `select ${EVENT} from ${RESOURCES} join usage_event e on ${EVENT_OF_RESOURCE}` },
    columns(resources),
  )
  return observationsOf(rows, resources.length)
}

/** The span in which each of some resources runs, by their position in the list. */
export async function readOpenSpans(tx: Tx, resources: readonly Resource[]): Promise<(FoldedSpan | undefined)[]> {
  const found: (FoldedSpan | undefined)[] = resources.map(() => undefined)
  if (resources.length === 0) return found
  const rows = await tx.query<SpanRow & { n: number }>(
    {
      name: 'read-open-spans',
      text: `select r.n::int as n, ${SPAN} from ${RESOURCES} join usage_span s on s.bucket = r.bucket and s.account_id = r.account_id
        and s.ended_at = 'infinity' and s.subject = r.subject and s.source = r.source`,
    },
    columns(resources),
  )
  for (const { n, ...row } of rows) found[n - 1] = toSpan(row)
  return found
}

export function observationsOf(rows: readonly EventRow[], resources: number): Observation[][] {
  const found: Observation[][] = Array.from({ length: resources }, () => [])
  for (const { n, eventId, run, type, at, quantity, projectId, userId, kind, sku, priceId } of rows) {
    const opening = type === 'started' || type === 'running' ? { projectId, userId, kind, sku, priceId } : undefined
    found[n - 1]!.push({ eventId, run, type, at, quantity: quantity ?? undefined, opening, rate: undefined })
  }
  return found
}

/** What runs in a project now. */
export async function findRunning(
  tx: Tx,
  bucket: number,
  accountId: string,
  projectId: string,
): Promise<ResourceSpan[]> {
  const rows = await tx.query<SpanRow & { source: string; subject: string }>(
    {
      text: `select source, subject, ${SPAN} from usage_span s
        where bucket = $1 and account_id = $2 and ended_at = 'infinity' and project_id = $3`,
    },
    [bucket, accountId, projectId],
  )
  return rows.map(({ source, subject, ...row }) => ({
    resource: { bucket, accountId, source, subject },
    span: toSpan(row),
  }))
}

/** An event with the account that pays for it and the price that it pins. */
export type AcceptedEvent = {
  index: number
  heard: Heard
  event: UsageEvent
  observation: Observation
  seq: bigint
}

const EVENT_COLUMNS = {
  bucket: 'int',
  account_id: 'text',
  source: 'text',
  event_id: 'text',
  subject: 'text',
  run: 'int',
  type: 'text',
  at: 'timestamptz',
  project_id: 'text',
  user_id: 'text',
  kind: 'text',
  sku: 'text',
  price_id: 'text',
  quantity: 'jsonb',
  seq: 'bigint',
  recorded_at: 'timestamptz',
} as const
const SPAN_COLUMNS = {
  bucket: 'int',
  account_id: 'text',
  source: 'text',
  subject: 'text',
  span_id: 'text',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
  run: 'int',
  project_id: 'text',
  user_id: 'text',
  kind: 'text',
  sku: 'text',
  price_id: 'text',
  quantity: 'jsonb',
  rate: 'bigint',
} as const

/** Stores events that are new beyond doubt. Fails by 23505 if one is stored already after all. */
export async function copyEvents(tx: Tx, accepted: readonly AcceptedEvent[]): Promise<void> {
  if (accepted.length === 0) return
  const rows = accepted
    .toSorted((a, b) => compareAccounts(a.heard.resource, b.heard.resource))
    .map((each) => eventRow(tx, each))
  await tx.copy('usage_event', EVENT_COLUMNS, rows)
}

/** Stores events of which some may be stored already; answers those that are new. */
export async function insertEvents(tx: Tx, accepted: readonly AcceptedEvent[]): Promise<AcceptedEvent[]> {
  if (accepted.length === 0) return []
  const rows = accepted.map((each) => eventRow(tx, each))
  const names = Object.keys(EVENT_COLUMNS).join(', ')
  const types = Object.values(EVENT_COLUMNS)
  const stored = await tx.query<{ source: string; event_id: string }>(
    {
      name: 'insert-events',
      text: `insert into usage_event (${names}) select ${types.map((type, i) => `unnest($${i + 1}::${type}[])`).join(', ')}
        on conflict do nothing returning source, event_id`,
    },
    types.map((_, i) => rows.map((row) => row[i]!)),
  )
  const isStored = new Set(stored.map((row) => `${row.source}\0${row.event_id}`))
  return accepted.filter(({ event }) => isStored.has(`${event.source}\0${event.id}`))
}

function eventRow(tx: Tx, { heard, event, observation: { opening, quantity }, seq }: AcceptedEvent): Scalar[] {
  return [
    heard.resource.bucket,
    heard.resource.accountId,
    event.source,
    event.id,
    event.subject,
    event.run,
    event.type,
    event.at,
    opening?.projectId ?? null,
    opening?.userId ?? null,
    opening?.kind ?? null,
    opening?.sku ?? null,
    opening?.priceId ?? null,
    quantity ? JSON.stringify(quantity) : null,
    seq,
    tx.now,
  ]
}

export async function insertSpans(tx: Tx, unsorted: readonly ResourceSpan[]): Promise<void> {
  if (unsorted.length === 0) return
  const spans = unsorted.toSorted((a, b) => compareAccounts(a.resource, b.resource))
  await tx.copy(
    'usage_span',
    SPAN_COLUMNS,
    spans.map(({ resource: { bucket, accountId, source, subject }, span }) => [
      bucket,
      accountId,
      source,
      subject,
      newId('span', tx.now),
      span.startedAt,
      span.endedAt ?? 'infinity',
      span.run,
      span.projectId,
      span.userId,
      span.kind,
      span.sku,
      span.priceId,
      JSON.stringify(span.quantity),
      span.rate,
    ]),
  )
}

export async function updateSpans(tx: Tx, changed: readonly ChangedSpan[]): Promise<void> {
  if (changed.length === 0) return
  const spans = changed.map(({ span }) => span)
  const written = await tx.execute(
    {
      name: 'update-spans',
      text: `update usage_span s set run = n.run, project_id = n.project_id, user_id = n.user_id, kind = n.kind, sku = n.sku,
          price_id = n.price_id, quantity = n.quantity, rate = n.rate, ended_at = coalesce(n.ended_at, 'infinity')
        from ${SPAN_KEYS(
          '$7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::jsonb[], $14::bigint[], $15::timestamptz[]',
          'run, project_id, user_id, kind, sku, price_id, quantity, rate, ended_at',
        )} where ${SAME_SPAN}`,
    },
    [
      ...keysOf(changed),
      spans.map((s) => s.run),
      spans.map((s) => s.projectId),
      spans.map((s) => s.userId),
      spans.map((s) => s.kind),
      spans.map((s) => s.sku),
      spans.map((s) => s.priceId),
      spans.map((s) => JSON.stringify(s.quantity)),
      spans.map((s) => s.rate),
      spans.map(endOf),
    ],
  )
  assertStood(written, changed)
}

/** The common change by far: a span that ran has ended. */
export async function endSpans(tx: Tx, ended: readonly ChangedSpan[]): Promise<void> {
  if (ended.length === 0) return
  const written = await tx.execute(
    {
      name: 'end-spans',
      text: `update usage_span s set ended_at = coalesce(n.ended_at, 'infinity')
        from ${SPAN_KEYS('$7::timestamptz[]', 'ended_at')} where ${SAME_SPAN}`,
    },
    [...keysOf(ended), ended.map(({ span }) => endOf(span))],
  )
  assertStood(written, ended)
}

export async function removeSpans(tx: Tx, removed: readonly ResourceSpan[]): Promise<void> {
  if (removed.length === 0) return
  const keys = keysOf(removed.map(({ resource, span }) => ({ resource, was: span })))
  const written = await tx.execute({ text: `delete from usage_span s using ${SPAN_KEYS()} where ${SAME_SPAN}` }, keys)
  assertStood(written, removed)
}

/** What stood before is reckoned from the events, not read: it must be what stands. */
function assertStood(written: number, spans: readonly unknown[]): void {
  assert(written === spans.length, `${spans.length} spans stand as their events say, not ${written}`)
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

/** Rows that lie together in the indexes are written together. */
function compareAccounts(a: Resource, b: Resource): number {
  return a.bucket - b.bucket || (a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : 0)
}

export function columns(resources: readonly Resource[]): Value[] {
  return [
    resources.map((r) => r.bucket),
    resources.map((r) => r.accountId),
    resources.map((r) => r.source),
    resources.map((r) => r.subject),
  ]
}

/** The parameters $1 to $6 of SPAN_KEYS. */
function keysOf(spans: readonly { resource: Resource; was: FoldedSpan }[]): Value[] {
  return [
    ...columns(spans.map(({ resource }) => resource)),
    spans.map(({ was }) => was.startedAt),
    spans.map(({ was }) => endOf(was)),
  ]
}

/** Null while it runs. */
function endOf({ endedAt }: FoldedSpan): Temporal.Instant | null {
  return endedAt ?? null
}

function toSpan({ endedAt, ...span }: SpanRow): FoldedSpan {
  return endedAt ? { ...span, endedAt } : span
}
