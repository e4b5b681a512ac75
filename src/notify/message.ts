import type { Topic } from '@corehour/contract'
import { bucketOf, type Tx } from '../base/index.ts'
import { insertMessages, markRead, readMessages } from './store.ts'

/** What is said of something; money as grains in text, instants in RFC 3339. */
export type Data = Readonly<Record<string, string | number | boolean | null>>

/** What Corehour tells in the system. */
export type Message = {
  messageId: string
  bucket: number
  accountId: string
  /** Null: whoever belongs to the account. */
  userId: string | null
  topic: Topic
  data: Data
  at: Temporal.Instant
  readAt: Temporal.Instant | null
}
/** Who reads: messages to the account, and those to the user. */
export type Reader = { accountId: string; userId: string }

/** Tells things in the system; the same id again tells nothing more. */
export function tellAll(tx: Tx, messages: readonly Omit<Message, 'bucket' | 'readAt'>[]): Promise<void> {
  return insertMessages(
    tx,
    messages.map((message) => ({ ...message, bucket: bucketOf(message.accountId), readAt: null })),
  )
}

/** Messages of a reader, the newest first, after a position; `unread`: only those that nobody has read. */
export function listMessages(
  tx: Tx,
  reader: Reader,
  page: { unread: boolean; before?: { at: Temporal.Instant; messageId: string }; limit: number },
): Promise<Message[]> {
  return readMessages(tx, bucketOf(reader.accountId), reader, page)
}

/** Notes that a message was read, the first time. Undefined: there is none such for this reader. */
export function noteRead(tx: Tx, reader: Reader, messageId: string): Promise<Message | undefined> {
  return markRead(tx, bucketOf(reader.accountId), reader, messageId)
}
