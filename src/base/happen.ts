import type { Topic } from '@corehour/contract'
import { bucketOf, derivedId } from './id.ts'
import type { Tx } from './transact.ts'

/** Something that somebody may want to be told. */
export type Happening = {
  accountId: string
  topic: Topic
  /** The id of what it is about: the same topic about the same thing happens once. */
  about: string
  /** What a message says of it; money as grains in text, instants in RFC 3339. */
  data: Readonly<Record<string, string | number | boolean | null>>
}

/** Writes down what happened, with the act itself. Who is told how is not decided here: that stands in the app's reactions. */
export function happen(tx: Tx, happening: Happening): Promise<void> {
  return happenAll(tx, [happening])
}

/** The same for much that happened at once, all of it different. */
export async function happenAll(tx: Tx, happenings: readonly Happening[]): Promise<void> {
  if (happenings.length === 0) return
  await tx.query(
    {
      name: 'happen',
      text: `insert into happening (bucket, account_id, happening_id, topic, about, data, at, due_at)
        select *, $7::timestamptz, $7 from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
        on conflict (bucket, account_id, happening_id) do nothing`,
    },
    [
      happenings.map(({ accountId }) => bucketOf(accountId)),
      happenings.map(({ accountId }) => accountId),
      happenings.map(({ topic, about }) => derivedId('hap', topic, about)),
      happenings.map(({ topic }) => topic),
      happenings.map(({ about }) => about),
      happenings.map(({ data }) => JSON.stringify(data)),
      tx.now,
    ],
  )
}

/** A happening as it was written down. */
export type Happened = Happening & { bucket: number; happeningId: string; at: Temporal.Instant }

/** What is to be reacted to by now, the oldest first; of the topics that are known, so that a newer server's wait for a newer one. */
export function unheeded(tx: Tx, topics: readonly string[], limit: number): Promise<Happened[]> {
  return tx.query<Happened>(
    {
      name: 'unheeded',
      text: `select bucket, account_id as "accountId", happening_id as "happeningId", topic, about, data, at
        from happening where reacted_at is null and due_at <= $2 and topic = any($1::text[]) order by due_at, happening_id limit $3`,
    },
    [topics, tx.now, limit],
  )
}

/** Takes happenings, in the transaction of what is done about them; answers those that nobody else has taken. */
export async function heedAll(tx: Tx, happened: readonly Happened[]): Promise<Happened[]> {
  const [open] = await Promise.all([
    // Locked in order, so that of two servers one waits for the other.
    tx.query<{ accountId: string; happeningId: string }>(
      {
        name: 'lock-unheeded',
        text: `select account_id as "accountId", happening_id as "happeningId" from happening
          where ${THESE} and reacted_at is null order by bucket, account_id, happening_id for update`,
      },
      keysOf(happened),
    ),
    tx.execute({ name: 'heed', text: `update happening set reacted_at = $4 where ${THESE} and reacted_at is null` }, [
      ...keysOf(happened),
      tx.now,
    ]),
  ])
  const names = new Set(open.map(nameOf))
  return happened.filter((each) => names.has(nameOf(each)))
}

/** What could not be reacted to waits until then, so that it holds up nothing else. */
export async function putOff(tx: Tx, happened: Happened, until: Temporal.Instant): Promise<void> {
  await tx.execute({ text: `update happening set due_at = $4 where ${THESE} and reacted_at is null` }, [
    ...keysOf([happened]),
    until,
  ])
}

const THESE = `(bucket, account_id, happening_id) in (select * from unnest($1::int[], $2::text[], $3::text[]))`

function keysOf(happened: readonly Happened[]): [number[], string[], string[]] {
  return [
    happened.map(({ bucket }) => bucket),
    happened.map(({ accountId }) => accountId),
    happened.map(({ happeningId }) => happeningId),
  ]
}

function nameOf({ accountId, happeningId }: Pick<Happened, 'accountId' | 'happeningId'>): string {
  return `${accountId} ${happeningId}`
}
