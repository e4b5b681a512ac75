import type { Tx } from '../base/index.ts'
import type { Message, Reader } from './message.ts'

const MESSAGE = `message_id as "messageId", bucket, account_id as "accountId", user_id as "userId", topic, data, at, read_at as "readAt"`
/** What a reader ($3) of an account ($1, $2) sees. */
const SEEN = `bucket = $1 and account_id = $2 and (user_id is null or user_id = $3)`

export async function insertMessage(tx: Tx, message: Message): Promise<void> {
  const { bucket, accountId, messageId, userId, topic, data, at } = message
  await tx.query(
    {
      text: `insert into message (bucket, account_id, message_id, user_id, topic, data, at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (bucket, account_id, message_id) do nothing`,
    },
    [bucket, accountId, messageId, userId, topic, JSON.stringify(data), at],
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
