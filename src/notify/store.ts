import type { Tx } from '../base/index.ts'
import type { Message, Reader } from './message.ts'

const MESSAGE = `message_id as "messageId", bucket, account_id as "accountId", user_id as "userId", topic, data, at, read_at as "readAt"`
/** What a reader ($3) of an account ($1, $2) sees. */
const SEEN = `bucket = $1 and account_id = $2 and (user_id is null or user_id = $3)`

export async function insertMessages(tx: Tx, messages: readonly Message[]): Promise<void> {
  await tx.query(
    {
      name: 'insert-messages',
      text: `insert into message (bucket, account_id, message_id, user_id, topic, data, at)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[])
        on conflict (bucket, account_id, message_id) do nothing`,
    },
    [
      messages.map((each) => each.bucket),
      messages.map((each) => each.accountId),
      messages.map((each) => each.messageId),
      messages.map((each) => each.userId),
      messages.map((each) => each.topic),
      messages.map((each) => JSON.stringify(each.data)),
      messages.map((each) => each.at),
    ],
  )
}

export function readMessages(
  tx: Tx,
  bucket: number,
  { accountId, userId }: Reader,
  page: { unread: boolean; before?: { at: Temporal.Instant; messageId: string }; limit: number },
): Promise<Message[]> {
  return tx.query<Message>(
    {
      text: `select ${MESSAGE} from message where ${SEEN} and (not $4 or read_at is null)
        and ($5::timestamptz is null or (at, message_id) < ($5, $6)) order by at desc, message_id desc limit $7`,
    },
    [bucket, accountId, userId, page.unread, page.before?.at ?? null, page.before?.messageId ?? null, page.limit],
  )
}

export async function markRead(
  tx: Tx,
  bucket: number,
  { accountId, userId }: Reader,
  messageId: string,
): Promise<Message | undefined> {
  const [message] = await tx.query<Message>(
    {
      text: `update message set read_at = coalesce(read_at, $5) where ${SEEN} and message_id = $4 returning ${MESSAGE}`,
    },
    [bucket, accountId, userId, messageId, tx.now],
  )
  return message
}
