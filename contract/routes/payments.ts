import { route } from '../route.ts'
import {
  accountId,
  amount,
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
import { cash, channel, orderId } from './topups.ts'

const disputeId = id('disp')

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
    staff: ['finance'],
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
