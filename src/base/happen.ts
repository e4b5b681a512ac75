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
      text: `insert into happening (bucket, account_id, happening_id, topic, about, data, at)
        select *, $7::timestamptz from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
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

/** What nobody has reacted to yet, the oldest first; of the topics that are known, so that a newer server's wait for a newer one. */
export function unheeded(tx: Tx, topics: readonly string[], limit: number): Promise<Happened[]> {
  return tx.query<Happened>(
    {
      name: 'unheeded',
      text: `select bucket, account_id as "accountId", happening_id as "happeningId", topic, about, data, at
        from happening where reacted_at is null and topic = any($1::text[]) order by at, happening_id limit $2`,
    },
    [topics, limit],
  )
}

/** Takes a happening, in the transaction of what is done about it; whether nobody else has. */
export async function heed(tx: Tx, { bucket, accountId, happeningId }: Happened): Promise<boolean> {
  const written = await tx.execute(
    {
      text: `update happening set reacted_at = $4
        where bucket = $1 and account_id = $2 and happening_id = $3 and reacted_at is null`,
    },
    [bucket, accountId, happeningId, tx.now],
  )
  return written > 0
}
