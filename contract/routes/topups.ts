import { route } from '../route.ts'
import {
  accountId,
  amount,
  currency,
  id,
  instant,
  money,
  note,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  Type,
} from '../shape.ts'

const CHANNELS = ['alipay', 'wechat', 'paypal'] as const
const channel = oneOf([...CHANNELS])
const orderId = id('order')
const disputeId = id('disp')

/** What a payer is asked for, or paid: of any currency, in the decimals that it has. */
const cash = object({ currency, amount: Type.String({ examples: ['28.17'] }) }, { title: 'Cash' })

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

export const payment = object(
  {
    channel,
    payment_id: Type.String({ description: "The gateway's own number", examples: ['2026010122001400000000000001'] }),
    order_id: orderId,
    account_id: accountId,
    paid: cash,
    fee: orNull({ ...cash, description: 'What the gateway kept of it, where it says so' }),
    net: orNull({ ...cash, description: 'What is left of it after the fee' }),
    credited: money,
    arrears_paid: money,
    lot_id: Type.String(),
    flag: orNull(
      oneOf(
        ['late', 'second', 'settled'],
        'late: the order had expired or was closed; second: it was paid before; settled: it did not fit, and staff decided',
      ),
    ),
    found_by: oneOf(
      ['notice', 'look', 'staff'],
      "By the gateway's notice, by asking it, or by staff who settled a dispute",
    ),
    paid_at: instant,
    credited_at: instant,
  },
  { title: 'Payment' },
)

export const dispute = object(
  {
    dispute_id: disputeId,
    kind: oneOf(['payment', 'refund'], 'refund: a notice about a refund that nobody asked for here'),
    reason: oneOf([
      'unknown_order',
      'unknown_refund',
      'wrong_amount',
      'wrong_currency',
      'wrong_payee',
      'other_order',
      'not_creditable',
    ]),
    channel,
    payment_id: Type.String({ description: "The gateway's number of the payment, or ours of the refund" }),
    order_id: orNull(Type.String({ description: 'As the gateway tells it' })),
    account_id: orNull(accountId),
    paid: orNull(cash),
    payee: orNull(Type.String()),
    paid_at: orNull(instant),
    opened_at: instant,
    state: oneOf(['open', 'credited', 'rejected']),
    settled_at: orNull(instant),
    settled_by: orNull(Type.String({ description: 'The key' })),
    note: orNull(Type.String()),
    credited: orNull(money),
  },
  { title: 'Dispute' },
)

export const gatewayNotice = object(
  {
    channel,
    notice_id: Type.String(),
    kind: oneOf(['payment', 'approval', 'refund', 'other']),
    order_id: orNull(Type.String()),
    payment_id: orNull(Type.String()),
    sent_at: instant,
    received_at: instant,
    applied_at: orNull(instant),
    outcome: orNull(
      oneOf(
        ['credited', 'known', 'disputed', 'looked', 'none'],
        'looked: the gateway was asked how the order stands; none: nothing followed',
      ),
    ),
  },
  { title: 'GatewayNotice' },
)

const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'
const ORDER = 'order_01jz8w3v5x000000000000000f'
const DISPUTE = 'disp_01jz8w3v5x000000000000000h'
const MONEY = { currency: 'CNY', amount: '200.00000000', grains: '720000000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }
const CASH = { currency: 'CNY', amount: '200.00' }
const PAYMENT_ID = '2026010122001400000000000001'

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
const EXAMPLE_DISPUTE = {
  dispute_id: DISPUTE,
  kind: 'payment',
  reason: 'wrong_amount',
  channel: 'alipay',
  payment_id: PAYMENT_ID,
  order_id: ORDER,
  account_id: ACCOUNT,
  paid: { currency: 'CNY', amount: '150.00' },
  payee: '2021000000000000/2088000000000000',
  paid_at: '2026-01-01T00:02:40Z',
  opened_at: '2026-01-01T00:02:41Z',
  state: 'open',
  settled_at: null,
  settled_by: null,
  note: null,
  credited: null,
} as const

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

export const payments = {
  list: route({
    method: 'GET',
    path: '/v1/payments',
    scopes: ['customer', 'staff'],
    summary: 'Payments that were credited, newest first',
    query: object({
      account_id: optional(accountId),
      order_id: optional(orderId),
      flagged: optional(Type.Boolean({ description: 'Only those that came late or twice, or were settled by staff' })),
      ...page,
    }),
    status: 200,
    response: pageOf(payment),
    idempotency: 'none',
    refusals: [],
    example: {
      response: {
        data: [
          {
            channel: 'alipay',
            payment_id: PAYMENT_ID,
            order_id: ORDER,
            account_id: ACCOUNT,
            paid: CASH,
            fee: null,
            net: null,
            credited: MONEY,
            arrears_paid: NOTHING,
            lot_id: 'lot_01jz8w3v5x0000000000000005',
            flag: null,
            found_by: 'notice',
            paid_at: '2026-01-01T00:02:40Z',
            credited_at: '2026-01-01T00:02:41Z',
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
}

export const disputes = {
  list: route({
    method: 'GET',
    path: '/v1/disputes',
    scopes: ['staff'],
    summary: 'Payments that fit no order, and refunds that nobody asked for; newest first',
    query: object({ state: optional(oneOf(['open', 'credited', 'rejected'])), ...page }),
    status: 200,
    response: pageOf(dispute),
    idempotency: 'none',
    refusals: [],
    example: { query: { state: 'open' }, response: { data: [EXAMPLE_DISPUTE], has_more: false, next_cursor: null } },
  }),
  settle: route({
    method: 'POST',
    path: '/v1/disputes/{dispute_id}/settle',
    scopes: ['staff'],
    summary: 'Credits what was paid to an account, or decides that nothing is to be credited',
    description:
      'To credit names the account where the order is none of ours, and the amount where another currency was paid; otherwise all that was paid is credited. A ' +
      'refund can only be rejected: it was looked into.',
    params: object({ dispute_id: disputeId }),
    body: object({
      decision: oneOf(['credit', 'reject']),
      account_id: optional(accountId),
      amount: optional(amount),
      note,
    }),
    status: 200,
    response: dispute,
    idempotency: 'stored',
    refusals: ['dispute_settled', 'bad_amount', 'unknown_account', 'amount_too_large'],
    example: {
      params: { dispute_id: DISPUTE },
      body: { decision: 'credit', note: 'Paid by an old QR code' },
      response: {
        ...EXAMPLE_DISPUTE,
        state: 'credited',
        settled_at: '2026-01-02T00:00:00Z',
        settled_by: 'key_01jz8w3v5x0000000000000009',
        note: 'Paid by an old QR code',
        credited: { currency: 'CNY', amount: '150.00000000', grains: '540000000000' },
      },
    },
  }),
}

export const notices = {
  list: route({
    method: 'GET',
    path: '/v1/gateway-notices',
    scopes: ['staff'],
    summary: "Gateways' notices that were kept, newest first, and what followed from them",
    query: object({ order_id: optional(orderId), ...page }),
    status: 200,
    response: pageOf(gatewayNotice),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { order_id: ORDER },
      response: {
        data: [
          {
            channel: 'alipay',
            notice_id: '2026010100222000240000000000000001',
            kind: 'payment',
            order_id: ORDER,
            payment_id: PAYMENT_ID,
            sent_at: '2026-01-01T00:02:40Z',
            received_at: '2026-01-01T00:02:41Z',
            applied_at: '2026-01-01T00:02:41Z',
            outcome: 'credited',
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
}
