import { route } from '../route.ts'
import {
  accountId,
  amount,
  currency,
  instant,
  money,
  name,
  note,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  Type,
} from '../shape.ts'
import { journal } from './journal.ts'
import { view } from './views.ts'

const MONEY = { currency: 'CNY', amount: '100.00000000', grains: '360000000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }
const AN_HOUR = { currency: 'CNY', amount: '0.20000000', grains: '720000000' }
const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'

export const balance = object(
  {
    as_of: instant,
    settled: Type.Intersect([money], {
      description: 'What people see; moves only at a deduction and when money comes or goes',
    }),
    in_flight: Type.Intersect([money], {
      description: 'Used since the last deduction; below zero where late news gives more back than was used',
    }),
    held: money,
    available: Type.Intersect([money], { description: 'settled - in_flight - held: what may still be spent' }),
    cash: Type.Intersect([money], {
      description: 'Left of payments, as of attributed_at: what was used since is in settled and in_flight only',
    }),
    granted: Type.Intersect([money], {
      description:
        'Left of experience cards, as of attributed_at; one whose time is over counts nothing here, also before it is written off',
    }),
    arrears: money,
    spend_per_hour: money,
    runs_out_at: orNull(instant),
    settled_at: instant,
    next_deduction_at: instant,
    attributed_at: instant,
  },
  { title: 'Balance' },
)

export const account = object(
  {
    account_id: accountId,
    name,
    currency,
    created_at: instant,
    blocked: orNull(object({ at: instant, reason: Type.String() })),
    balance,
  },
  { title: 'Account' },
)

export const lot = object(
  {
    lot_id: Type.String(),
    kind: oneOf(['cash', 'grant']),
    amount: money,
    remaining: money,
    priority: Type.Integer(),
    expires_at: orNull(instant),
    expired_at: orNull(instant),
  },
  { title: 'Lot' },
)

const EXAMPLE_ACCOUNT = {
  account_id: ACCOUNT,
  name: 'Ada Lovelace',
  currency: 'CNY',
  created_at: '2026-01-01T00:00:00Z',
  blocked: null,
  balance: {
    as_of: '2026-01-01T00:02:00Z',
    settled: MONEY,
    in_flight: NOTHING,
    held: NOTHING,
    available: MONEY,
    cash: MONEY,
    granted: NOTHING,
    arrears: NOTHING,
    spend_per_hour: AN_HOUR,
    runs_out_at: '2026-01-21T20:00:00Z',
    settled_at: '2026-01-01T00:00:00Z',
    next_deduction_at: '2026-01-01T00:05:00Z',
    attributed_at: '2026-01-01T00:00:00Z',
  },
}
const EXAMPLE_CREDIT = {
  lot_id: 'lot_01jz8w3v5x0000000000000005',
  amount: MONEY,
  arrears_paid: NOTHING,
}

const params = object({ account_id: accountId })
const credited = object({ lot_id: Type.String(), amount: money, arrears_paid: money }, { title: 'Credited' })

export const accounts = {
  list: route({
    method: 'GET',
    path: '/v1/accounts',
    scopes: ['staff'],
    summary: 'Accounts in order of name, or those that a search finds',
    description:
      'Found are accounts whose name holds the text (small and capital letters alike), whose id it is, or that have a user of that id or e-mail address.',
    query: object({ search: optional(Type.String({ minLength: 1, maxLength: 200 })), ...page }),
    status: 200,
    response: pageOf(account),
    idempotency: 'none',
    refusals: [],
    example: { query: { search: 'ada' }, response: { data: [EXAMPLE_ACCOUNT], has_more: false, next_cursor: null } },
  }),
  get: route({
    method: 'GET',
    path: '/v1/accounts/{account_id}',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'An account and its balance now',
    description: 'The balance is live: nothing is cached, and what runs is reckoned to the second.',
    params,
    status: 200,
    response: account,
    idempotency: 'none',
    refusals: [],
    example: { params: { account_id: ACCOUNT }, response: EXAMPLE_ACCOUNT },
  }),
  events: route({
    method: 'GET',
    path: '/v1/accounts/{account_id}/events',
    scopes: ['customer', 'staff'],
    summary: 'An account and its balance, and again whenever its books or what it spends have changed',
    description:
      'Server-sent events, each with the account as its data: on every posting, start, stop and hold, at most one a second; a comment every 15 s keeps the line open. ' +
      'It does not end by itself, and is cut once the key or session has ended. Where it breaks, open it anew; where streams do not pass, look at the account.',
    params,
    status: 200,
    response: account,
    stream: true,
    idempotency: 'none',
    refusals: [],
    example: { params: { account_id: ACCOUNT }, response: EXAMPLE_ACCOUNT },
  }),
  ...journal,
  lots: route({
    method: 'GET',
    path: '/v1/accounts/{account_id}/lots',
    scopes: ['customer', 'staff'],
    summary: 'Payments and experience cards with what is left of each, in the order in which they are spent',
    description: 'Cards that have expired and were written off come last; what was left of one then is in the journal.',
    params,
    status: 200,
    response: object({ data: Type.Array(lot) }),
    idempotency: 'none',
    refusals: [],
    example: {
      params: { account_id: ACCOUNT },
      response: {
        data: [
          {
            lot_id: 'lot_01jz8w3v5x0000000000000005',
            kind: 'cash',
            amount: MONEY,
            remaining: MONEY,
            priority: 0,
            expires_at: null,
            expired_at: null,
          },
        ],
      },
    },
  }),
  view,
  credit: route({
    method: 'POST',
    path: '/v1/accounts/{account_id}/credits',
    scopes: ['staff'],
    staff: ['finance'],
    summary: 'Books a payment that came in by other ways, such as a bank transfer',
    description:
      'Arrears are paid first. The same payment_id is credited once, whatever the key; asked for again it answers the lot, with nothing paid.',
    params,
    body: object({
      amount,
      channel: Type.String({ pattern: '^[a-z][a-z_]{1,30}$', examples: ['transfer'] }),
      payment_id: Type.String({ minLength: 1, maxLength: 200, examples: ['ICBC-20260101-0042'] }),
      note: optional(note),
    }),
    status: 201,
    response: credited,
    idempotency: 'stored',
    refusals: ['bad_amount', 'amount_too_large', 'payment_reused'],
    example: {
      params: { account_id: ACCOUNT },
      body: { amount: '100.00', channel: 'transfer', payment_id: 'ICBC-20260101-0042' },
      response: EXAMPLE_CREDIT,
    },
  }),
  grant: route({
    method: 'POST',
    path: '/v1/accounts/{account_id}/grants',
    scopes: ['staff'],
    staff: ['finance'],
    summary: 'Gives an experience card: spent before cash, never refunded or invoiced, gone when it expires',
    params,
    body: object({
      amount,
      expires_at: instant,
      priority: optional(
        Type.Integer({ minimum: 0, maximum: 1000, description: 'Lower is spent first; 0 where left out' }),
      ),
      note: optional(note),
    }),
    status: 201,
    response: credited,
    idempotency: 'stored',
    refusals: ['bad_amount', 'amount_too_large', 'grant_expired', 'bad_time'],
    example: {
      params: { account_id: ACCOUNT },
      body: { amount: '100.00', expires_at: '2026-07-01T00:00:00Z', note: 'Winter school' },
      response: EXAMPLE_CREDIT,
    },
  }),
  block: route({
    method: 'POST',
    path: '/v1/accounts/{account_id}/block',
    scopes: ['staff'],
    staff: ['support'],
    summary: 'Admits nothing new for an account; what runs goes on and is charged',
    params,
    body: object({ reason: Type.String({ minLength: 1, maxLength: 500 }) }),
    status: 200,
    response: account,
    idempotency: 'stored',
    refusals: [],
    example: {
      params: { account_id: ACCOUNT },
      body: { reason: 'Payment disputed by the bank' },
      response: { ...EXAMPLE_ACCOUNT, blocked: { at: '2026-01-01T00:02:00Z', reason: 'Payment disputed by the bank' } },
    },
  }),
  unblock: route({
    method: 'POST',
    path: '/v1/accounts/{account_id}/unblock',
    scopes: ['staff'],
    staff: ['support'],
    summary: 'Lets a blocked account start work again',
    params,
    status: 200,
    response: account,
    idempotency: 'stored',
    refusals: [],
    example: { params: { account_id: ACCOUNT }, response: EXAMPLE_ACCOUNT },
  }),
}
