import type { Language } from '@corehour/contract'
import { Refusal, toPage, type Tx } from '../../../base/index.ts'
import { listMessages, noteRead, writeLetter, type Message } from '../../../notify/index.ts'
import type { Caller, HandlersOf } from '../call.ts'
import { readPosition, writePosition } from '../position.ts'
import { instant, page } from '../show.ts'

const PAGE = 50

export const messageHandlers: HandlersOf<'messages'> = {
  list: {
    async read(tx, { caller, query, language }) {
      const { limit = PAGE, unread = false } = query
      const after = readPosition(query.cursor)
      const before = after && { at: after.at, messageId: after.id }
      const found = await listMessages(tx, readerOf(caller), { unread, ...(before && { before }), limit: limit + 1 })
      return page(
        toPage(found, limit, ({ at, messageId }) => writePosition(at, messageId)),
        (message) => show(tx, message, language),
      )
    },
  },
  read: {
    async act(tx, { caller, params, language }) {
      const message = await noteRead(tx, readerOf(caller), params.message_id)
      if (!message) throw new Refusal('not_found', { value: params.message_id })
      return show(tx, message, language)
    },
  },
}

function readerOf({ accountId, userId }: Caller): { accountId: string; userId: string } {
  return { accountId: accountId!, userId: userId! }
}

function show({ timeZone }: Tx, message: Message, language: Language) {
  const { messageId, topic, data, at, readAt } = message
  // Where to go from a message the console knows by itself.
  const { subject, paragraphs } = writeLetter(topic, data, { url: '', timeZone }, language)
  return {
    message_id: messageId,
    topic,
    title: subject,
    text: paragraphs.join('\n\n'),
    data: { ...data },
    at: instant(at),
    read_at: instant(readAt),
  }
}
