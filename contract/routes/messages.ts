import { route } from '../route.ts'
import { instant, messageId, object, oneOf, optional, orNull, page, pageOf, Type, record } from '../shape.ts'
import { topics, type Topic } from '../topics.ts'

export const message = object(
  {
    message_id: messageId,
    topic: oneOf(Object.keys(topics) as Topic[]),
    title: Type.String({ description: 'In the language of Accept-Language' }),
    text: Type.String({ description: 'In the language of Accept-Language; paragraphs are parted by an empty line' }),
    data: record(Type.Unknown(), { description: 'What it says, for programs: money as grains' }),
    at: instant,
    read_at: orNull(instant),
  },
  { title: 'Message' },
)
const MESSAGE_SHOWN = {
  message_id: 'msg_01jz8w3v5x0000000000000011',
  topic: 'card.issued',
  title: 'An experience card of 100.00 CNY for you',
  text: '100.00 CNY was added to your account. It is used before your own money, until 2026-03-01.',
  data: { amount: '360000000000', currency: 'CNY', expires_at: '2026-03-01T00:00:00Z' },
  at: '2026-01-01T00:00:00Z',
  read_at: null,
} as const

export const messages = {
  list: route({
    method: 'GET',
    path: '/v1/messages',
    scopes: ['customer'],
    summary: 'What the account and the user were told, the newest first',
    query: object({
      unread: optional(Type.Boolean({ description: 'Only those that nobody has read' })),
      ...page,
    }),
    status: 200,
    response: pageOf(message),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [MESSAGE_SHOWN], has_more: false, next_cursor: null } },
  }),
  read: route({
    method: 'POST',
    path: '/v1/messages/{message_id}/read',
    scopes: ['customer'],
    summary: 'Notes that a message was read',
    description: 'One to the account is read for all its users. A second time changes nothing.',
    params: object({ message_id: messageId }),
    status: 200,
    response: message,
    idempotency: 'none',
    refusals: [],
    example: {
      params: { message_id: MESSAGE_SHOWN.message_id },
      response: { ...MESSAGE_SHOWN, read_at: '2026-01-01T00:05:00Z' },
    },
  }),
}
