import { route } from '../route.ts'
import {
  accountId,
  amount,
  currency,
  id,
  instant,
  money,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  Type,
} from '../shape.ts'

const CHANNELS = ['alipay', 'wechat', 'paypal'] as const
export const channel = oneOf([...CHANNELS])
export const orderId = id('order')

/** What a payer is asked for, or paid: of any currency, in the decimals that it has. */
export const cash = object({ currency, amount: Type.String({ examples: ['28.17'] }) }, { title: 'Cash' })

const exchange = object(
  {
    rate: Type.String({
      description: "Of the account's currency for one of the payer's, before the margin",
      examples: ['7.1000'],
    }),
    margin: Type.String({ description: 'The part of the rate that is kept for its moving', examples: ['0.02'] }),
    source: Type.String({ description: 'Where the rate came from' }),
  },
  { title: 'Exchange', description: 'How the amount became one of another currency; it holds until the order expires' },
)

export const topUpOrder = object(
  {
    order_id: orderId,
    account_id: accountId,
    channel,
    state: oneOf(
      ['opening', 'awaiting', 'paid', 'expired', 'closed', 'disputed'],
      'opening: the gateway is being asked; awaiting: to be paid with qr or approve_url; expired, closed: a payment that still arrives is credited; ' +
        'disputed: what came does not fit the order, and staff look into it',
    ),
    amount: Type.Intersect([money], { description: 'What is credited when it is paid' }),
    charged: Type.Intersect([cash], { description: 'What the payer is asked for' }),
    exchange: orNull(exchange),
    qr: orNull(Type.String({ description: 'A text to draw as a QR code; while it is awaited' })),
    approve_url: orNull(Type.String({ description: 'Where the payer agrees to it; while it is awaited' })),
    arrears_first: Type.Intersect([money], {
      description: 'How much of it would pay arrears now; nothing once it is over',
    }),
    credited: Type.Intersect([money], { description: 'What was credited for it, all payments together' }),
    arrears_paid: Type.Intersect([money], { description: 'How much of that paid arrears' }),
    refusal: orNull(
      object(
        { code: Type.String(), detail: Type.String() },
        { description: 'Why the gateway would not take it, in its words' },
      ),
    ),
    created_at: instant,
    expires_at: instant,
    cancelled_at: orNull(instant),
    paid_at: orNull(instant),
  },
  { title: 'TopUpOrder' },
)

const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'
const ORDER = 'order_01jz8w3v5x000000000000000f'
const MONEY = { currency: 'CNY', amount: '200.00000000', grains: '720000000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }
const CASH = { currency: 'CNY', amount: '200.00' }

const AWAITING = {
  order_id: ORDER,
  account_id: ACCOUNT,
  channel: 'alipay',
  state: 'awaiting',
  amount: MONEY,
  charged: CASH,
  exchange: null,
  qr: 'https://qr.alipay.com/bax00000000000000000000',
  approve_url: null,
  arrears_first: NOTHING,
  credited: NOTHING,
  arrears_paid: NOTHING,
  refusal: null,
  created_at: '2026-01-01T00:02:00Z',
  expires_at: '2026-01-01T00:32:00Z',
  cancelled_at: null,
  paid_at: null,
} as const
const PAID = { ...AWAITING, state: 'paid', qr: null, credited: MONEY, paid_at: '2026-01-01T00:02:40Z' } as const
const params = object({ order_id: orderId })

export const topUps = {
  options: route({
    method: 'GET',
    path: '/v1/top-up-options',
    scopes: ['customer', 'staff'],
    summary: 'How money can be topped up now: channels, limits, and how to transfer more',
    query: object({ account_id: optional(accountId) }),
    status: 200,
    response: object({
      channels: Type.Array(object({ channel, currency, exchange: orNull(exchange) })),
      least: money,
      most: Type.Intersect([money], { description: 'By one order; more by a transfer' }),
      presets: Type.Array(Type.String(), { description: 'Amounts to choose from' }),
      arrears: orNull({ ...money, description: 'What a top-up would pay first; null where no account is named' }),
      support: object(
        { email: orNull(Type.String()), phone: orNull(Type.String()) },
        { description: 'Whom to ask about a transfer' },
      ),
      sandbox: Type.Boolean({ description: 'Nothing is really paid here' }),
    }),
    idempotency: 'none',
    refusals: [],
    example: {
      response: {
        channels: [
          { channel: 'alipay', currency: 'CNY', exchange: null },
          {
            channel: 'paypal',
            currency: 'USD',
            exchange: { rate: '7.1000', margin: '0.02', source: 'COREHOUR_PAYPAL_RATE' },
          },
        ],
        least: { currency: 'CNY', amount: '1.00000000', grains: '3600000000' },
        most: { currency: 'CNY', amount: '20000.00000000', grains: '72000000000000' },
        presets: ['50', '100', '200', '500', '1000', '2000'],
        arrears: NOTHING,
        support: { email: 'billing@example.org', phone: null },
        sandbox: false,
      },
    },
  }),
  create: route({
    method: 'POST',
    path: '/v1/top-up-orders',
    scopes: ['customer', 'staff'],
    staff: ['finance'],
    summary: 'Orders a top-up: answers what the payer is to scan or open',
    description:
      'The same Idempotency-Key again answers the same order, as it stands then. Where the gateway does not answer in time the order is `opening`: it is asked ' +
      'again, and the order is looked at or followed until it is awaiting. Arrears are paid first.',
    body: object({ account_id: optional(accountId), amount, channel }),
    status: 201,
    response: topUpOrder,
    idempotency: 'own',
    refusals: [
      'bad_amount',
      'topup_too_small',
      'topup_too_large',
      'channel_closed',
      'too_many_orders',
      'wrong_currency',
    ],
    example: { body: { amount: '200.00', channel: 'alipay' }, response: AWAITING },
  }),
  list: route({
    method: 'GET',
    path: '/v1/top-up-orders',
    scopes: ['customer', 'staff'],
    summary: 'Top-up orders, newest first',
    description: 'Staff see those of all accounts, or of one.',
    query: object({ account_id: optional(accountId), ...page }),
    status: 200,
    response: pageOf(topUpOrder),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [PAID], has_more: false, next_cursor: null } },
  }),
  get: route({
    method: 'GET',
    path: '/v1/top-up-orders/{order_id}',
    scopes: ['customer', 'staff'],
    summary: 'How an order stands',
    params,
    status: 200,
    response: topUpOrder,
    idempotency: 'none',
    refusals: [],
    example: { params: { order_id: ORDER }, response: PAID },
  }),
  cancel: route({
    method: 'POST',
    path: '/v1/top-up-orders/{order_id}/cancel',
    scopes: ['customer', 'staff'],
    staff: ['finance'],
    summary: 'Closes an order, here and at the gateway',
    description:
      'Again it answers the same. Where the gateway does not answer in time the order stays as it is, with `cancelled_at`, until it is closed there. It may turn ' +
      'out paid meanwhile; a payment that arrives later still is credited.',
    params,
    status: 200,
    response: topUpOrder,
    idempotency: 'none',
    refusals: ['order_over'],
    example: {
      params: { order_id: ORDER },
      response: { ...AWAITING, state: 'closed', qr: null, cancelled_at: '2026-01-01T00:03:00Z' },
    },
  }),
  events: route({
    method: 'GET',
    path: '/v1/top-up-orders/{order_id}/events',
    scopes: ['customer', 'staff'],
    summary: 'The order as it stands, and again whenever that changes, until it is over',
    description:
      'Server-sent events, each with an order as its data; a comment every 15 s keeps the line open. It ends when the order is paid, expired, closed or disputed. ' +
      'Where it breaks, open it anew; where streams do not pass, look at the order every few seconds.',
    params,
    status: 200,
    response: topUpOrder,
    stream: true,
    idempotency: 'none',
    refusals: [],
    example: { params: { order_id: ORDER }, response: AWAITING },
  }),
}
