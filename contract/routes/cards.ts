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

const MONEY = { currency: 'CNY', amount: '100.00000000', grains: '360000000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }
const BATCH = 'batch_01jz8w3v5x0000000000000011'
const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'

const batchId = id('batch')
const count = Type.Integer({ minimum: 1, maximum: 10_000 })
const validDays = Type.Integer({ minimum: 1, maximum: 3650, description: 'Of 24 hours, from when it is redeemed' })
const lastLetters = Type.String({ description: 'The last letters of a code, which is not kept', examples: ['HW3C'] })

export const card = object(
  {
    lot_id: Type.String(),
    state: oneOf(['usable', 'used', 'expired']),
    amount: money,
    remaining: Type.Intersect([money], { description: 'As of the last attribution, as in the list of lots' }),
    priority: Type.Integer({ description: 'Lower is spent first; among equal ones what expires first' }),
    expires_at: instant,
    note: orNull(Type.String()),
    code: orNull(lastLetters),
    issued_at: instant,
  },
  { title: 'Card' },
)

export const cardBatch = object(
  {
    batch_id: batchId,
    amount: money,
    count,
    redeemed: Type.Integer({ description: 'How many of the codes are redeemed' }),
    expires_at: orNull(instant),
    valid_days: orNull(validDays),
    redeem_by: orNull(instant),
    once_per_account: Type.Boolean(),
    note: orNull(Type.String()),
    created_at: instant,
    revoked_at: orNull(instant),
  },
  { title: 'CardBatch' },
)

const EXAMPLE_CARD = {
  lot_id: 'lot_01jz8w3v5x0000000000000005',
  state: 'usable',
  amount: MONEY,
  remaining: MONEY,
  priority: 0,
  expires_at: '2026-07-01T00:00:00Z',
  note: 'Winter school',
  code: 'HW3C',
  issued_at: '2026-01-01T00:02:00Z',
} as const
const EXAMPLE_BATCH = {
  batch_id: BATCH,
  amount: MONEY,
  count: 2,
  redeemed: 0,
  expires_at: '2026-07-01T00:00:00Z',
  valid_days: null,
  redeem_by: '2026-03-01T00:00:00Z',
  once_per_account: true,
  note: 'Winter school',
  created_at: '2026-01-01T00:02:00Z',
  revoked_at: null,
} as const

export const cards = {
  redeem: route({
    method: 'POST',
    path: '/v1/cards/redeem',
    scopes: ['customer'],
    summary: "Turns a code into an experience card of the caller's account",
    description:
      'A code is redeemed once. How it is written does not matter: capital or small letters, blanks, hyphens, O for 0, I or L for 1. Arrears are ' +
      'paid first. An account may try 10 codes an hour that do not exist; mistyped ones do not count.',
    body: object({ code: Type.String({ minLength: 1, maxLength: 100, examples: ['7KQ2M-XR4TB-09ZDN-6HW3C'] }) }),
    status: 201,
    response: object({ card, arrears_paid: money }, { title: 'Redeemed' }),
    idempotency: 'own',
    refusals: [
      'code_mistyped',
      'unknown_code',
      'code_redeemed',
      'code_revoked',
      'code_expired',
      'code_limit',
      'too_many_guesses',
      'wrong_currency',
      'amount_too_large',
      'key_reused',
    ],
    example: {
      body: { code: '7KQ2M-XR4TB-09ZDN-6HW3C' },
      response: { card: EXAMPLE_CARD, arrears_paid: NOTHING },
    },
  }),
  list: route({
    method: 'GET',
    path: '/v1/cards',
    scopes: ['customer', 'staff'],
    summary: "An account's experience cards, the newest first",
    query: object({ account_id: optional(accountId), ...page }),
    status: 200,
    response: pageOf(card),
    idempotency: 'none',
    refusals: [],
    example: { query: {}, response: { data: [EXAMPLE_CARD], has_more: false, next_cursor: null } },
  }),
}

export const cardBatches = {
  create: route({
    method: 'POST',
    path: '/v1/card-batches',
    scopes: ['staff'],
    staff: ['finance'],
    summary: 'Issues experience cards as codes; the codes are in this answer and nowhere else',
    description:
      'The cards expire either at `expires_at` or `valid_days` after each is redeemed. Without `once_per_account` an account redeems one code of ' +
      'the batch. The same Idempotency-Key again answers the batch without its codes.',
    body: object({
      amount,
      count,
      currency: optional(currency),
      expires_at: optional(instant),
      valid_days: optional(validDays),
      redeem_by: optional(instant),
      once_per_account: optional(Type.Boolean({ description: 'true where left out' })),
      note: optional(note),
    }),
    status: 201,
    response: object({ batch: cardBatch, codes: orNull(Type.Array(Type.String())) }, { title: 'IssuedBatch' }),
    idempotency: 'stored',
    shownOnce: ['codes'],
    refusals: ['bad_amount', 'amount_too_large', 'grant_expired', 'bad_time'],
    example: {
      body: {
        amount: '100.00',
        count: 2,
        expires_at: '2026-07-01T00:00:00Z',
        redeem_by: '2026-03-01T00:00:00Z',
        note: 'Winter school',
      },
      response: { batch: EXAMPLE_BATCH, codes: ['7KQ2M-XR4TB-09ZDN-6HW3C', 'C0RN5-2MQ8V-YT7AX-PD417'] },
    },
  }),
  list: route({
    method: 'GET',
    path: '/v1/card-batches',
    scopes: ['staff'],
    summary: 'Batches of codes and how many of each are redeemed, the newest first',
    query: object(page),
    status: 200,
    response: pageOf(cardBatch),
    idempotency: 'none',
    refusals: [],
    example: { query: {}, response: { data: [EXAMPLE_BATCH], has_more: false, next_cursor: null } },
  }),
  get: route({
    method: 'GET',
    path: '/v1/card-batches/{batch_id}',
    scopes: ['staff'],
    summary: 'A batch of codes and how many of them are redeemed',
    params: object({ batch_id: batchId }),
    status: 200,
    response: cardBatch,
    idempotency: 'none',
    refusals: [],
    example: { params: { batch_id: BATCH }, response: EXAMPLE_BATCH },
  }),
  codes: route({
    method: 'GET',
    path: '/v1/card-batches/{batch_id}/codes',
    scopes: ['staff'],
    staff: ['finance'],
    summary: "A batch's codes by their last letters, and who has redeemed them",
    params: object({ batch_id: batchId }),
    query: object(page),
    status: 200,
    response: pageOf(
      object({ last: lastLetters, account_id: orNull(accountId), redeemed_at: orNull(instant) }, { title: 'CardCode' }),
    ),
    idempotency: 'none',
    refusals: [],
    example: {
      params: { batch_id: BATCH },
      query: {},
      response: {
        data: [{ last: 'HW3C', account_id: ACCOUNT, redeemed_at: '2026-01-02T00:00:00Z' }],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
  revoke: route({
    method: 'POST',
    path: '/v1/card-batches/{batch_id}/revoke',
    scopes: ['staff'],
    staff: ['finance'],
    summary: 'Ends a batch: codes that are not redeemed can not be any more; cards that are stay',
    params: object({ batch_id: batchId }),
    status: 200,
    response: cardBatch,
    idempotency: 'stored',
    refusals: [],
    example: {
      params: { batch_id: BATCH },
      response: { ...EXAMPLE_BATCH, revoked_at: '2026-01-03T00:00:00Z' },
    },
  }),
}
