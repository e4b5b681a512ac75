import type { Row, Tx } from '../base/index.ts'
import type { RawNotice } from './gateway.ts'
import { namedIn, readAbout, writeAbout, type StoredNotice } from './notice.ts'

const COLUMNS = `bucket, channel, notice_id as "noticeId", about, sent_at as "sentAt", received_at as "receivedAt", outcome,
  applied_at as "appliedAt", tries, due_at as "dueAt"`

/** By position, which were not there yet: of two of the same at once, the second waits for the first. */
export async function insertNotices(
  tx: Tx,
  notices: readonly { stored: StoredNotice; raw: RawNotice }[],
): Promise<boolean[]> {
  // In one order, so that two such transactions never wait for each other.
  const ordered = notices
    .map((each, n) => ({ ...each, n }))
    .toSorted((a, b) => (keyOf(a.stored) < keyOf(b.stored) ? -1 : 1))
  const rows = await tx.query<{ channel: string; noticeId: string }>(
    {
      name: 'insert-notices',
      text: `insert into gateway_notice (bucket, channel, notice_id, kind, order_id, payment_id, about, headers, body, sent_at, received_at, due_at)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::bytea[],
          $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
        on conflict (bucket, channel, notice_id) do nothing returning channel, notice_id as "noticeId"`,
    },
    [
      ordered.map(({ stored }) => stored.bucket),
      ordered.map(({ stored }) => stored.channel),
      ordered.map(({ stored }) => stored.noticeId),
      ordered.map(({ stored }) => stored.about.kind),
      ordered.map(({ stored }) => namedIn(stored.about).orderId),
      ordered.map(({ stored }) => namedIn(stored.about).paymentId),
      ordered.map(({ stored }) => writeAbout(stored.about)),
      ordered.map(({ raw }) => JSON.stringify(raw.headers)),
      ordered.map(({ raw }) => `\\x${raw.body.toString('hex')}`),
      ordered.map(({ stored }) => stored.sentAt),
      ordered.map(({ stored }) => stored.receivedAt),
      ordered.map(({ stored }) => stored.dueAt),
    ],
  )
  const fresh = new Set(rows.map(keyOf))
  // The same twice in one batch: the first of them is the new one.
  return notices.map(({ stored }) => fresh.delete(keyOf(stored)))
}

/** Writes how notices stand that are not applied yet. */
export async function updateNotices(tx: Tx, notices: readonly StoredNotice[]): Promise<void> {
  if (notices.length === 0) return
  await tx.query(
    {
      name: 'update-notices',
      text: `update gateway_notice n set outcome = c.outcome, applied_at = c.applied_at, tries = c.tries, due_at = c.due_at
        from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[], $7::timestamptz[])
          as c(bucket, channel, notice_id, outcome, applied_at, tries, due_at)
        where n.bucket = c.bucket and n.channel = c.channel and n.notice_id = c.notice_id and n.applied_at is null`,
    },
    [
      notices.map((each) => each.bucket),
      notices.map((each) => each.channel),
      notices.map((each) => each.noticeId),
      notices.map((each) => each.outcome),
      notices.map((each) => each.appliedAt),
      notices.map((each) => each.tries),
      notices.map((each) => each.dueAt),
    ],
  )
}

/** Notices that are kept and not applied, and that nobody takes up, longest first. */
export async function readDueNotices(tx: Tx, limit: number): Promise<StoredNotice[]> {
  const rows = await tx.query<Row>(
    {
      name: 'due-notices',
      text: `select ${COLUMNS} from gateway_notice where due_at <= $1 order by due_at, channel, notice_id limit $2`,
    },
    [tx.now, limit],
  )
  return rows.map(restore)
}

/** Newest first, after a position; of one order or of all. */
export async function listNotices(
  tx: Tx,
  orderId: string | null,
  before: { at: Temporal.Instant; id: string } | null,
  limit: number,
): Promise<StoredNotice[]> {
  const rows = await tx.query<Row>(
    {
      text: `select ${COLUMNS} from gateway_notice
        where ($4::text is null or order_id = $4) and ($1::timestamptz is null or (received_at, notice_id) < ($1, $2::text))
        order by received_at desc, notice_id desc limit $3`,
    },
    [before?.at ?? null, before?.id ?? null, limit, orderId],
  )
  return rows.map(restore)
}

function restore(row: Row): StoredNotice {
  return { ...row, about: readAbout(row.about) } as StoredNotice
}

function keyOf({ channel, noticeId }: { channel: string; noticeId: string }): string {
  return `${channel}:${noticeId}`
}
