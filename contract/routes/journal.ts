import { route } from '../route.ts'
import {
  accountId,
  instant,
  kind,
  money,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  projectId,
  quantity,
  record,
  sku,
  Type,
  userId,
} from '../shape.ts'

const AN_HOUR = { currency: 'CNY', amount: '0.20000000', grains: '720000000' }
const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'

export const posting = object(
  {
    seq: Type.Integer({ description: 'Gapless within the account' }),
    source: oneOf(['use', 'late', 'charge', 'draw', 'undraw', 'repay', 'expiry', 'credit']),
    source_id: orNull(Type.String()),
    debit: Type.String(),
    credit: Type.String(),
    amount: money,
    used_from: orNull(instant),
    used_to: orNull(instant),
    at: instant,
    recorded_at: instant,
  },
  { title: 'Posting' },
)

/** A stretch of use that a deduction took, or gave back. */
export const usedStretch = object(
  {
    span_id: orNull(Type.String({ description: 'Null where a later correction has taken the span away' })),
    project_id: projectId,
    user_id: userId,
    kind,
    sku,
    price_id: Type.String(),
    price_list_id: Type.String(),
    unit_prices: record(Type.String()),
    source: Type.String(),
    subject: Type.String({ description: "The platform's own name of the job or node" }),
    run: Type.Integer(),
    quantity,
    per_hour: money,
    from: instant,
    to: instant,
    seconds: Type.Integer(),
    amount: Type.Intersect([money], { description: 'The rate times the seconds; below zero where it was given back' }),
  },
  { title: 'UsedStretch' },
)

const USE_POSTING = {
  seq: 2,
  source: 'use',
  source_id: null,
  debit: 'unattributed',
  credit: 'revenue',
  amount: { currency: 'CNY', amount: '0.01666667', grains: '60000000' },
  used_from: '2026-01-01T00:00:00Z',
  used_to: '2026-01-01T00:05:00Z',
  at: '2026-01-01T00:05:00Z',
  recorded_at: '2026-01-01T00:05:00Z',
}

/** How an account reads its journal. */
export const journal = {
  postings: route({
    method: 'GET',
    path: '/v1/accounts/{account_id}/postings',
    scopes: ['customer', 'staff'],
    summary: "The account's journal, newest first",
    description:
      'With `used_from` and `used_to` only the deductions, of use or late use, whose own used stretch has a part in the one from the first up to the ' +
      'second: those that charged what ran then. Each says by its `explanation` which part of it is whose.',
    params: object({ account_id: accountId }),
    query: object({
      used_from: optional({ ...instant, description: 'Goes with `used_to`, which is later' }),
      used_to: optional(instant),
      ...page,
    }),
    status: 200,
    response: pageOf(posting),
    idempotency: 'none',
    refusals: ['bad_time'],
    example: {
      params: { account_id: ACCOUNT },
      response: {
        data: [USE_POSTING],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
  explanation: route({
    method: 'GET',
    path: '/v1/accounts/{account_id}/postings/{seq}/explanation',
    scopes: ['customer', 'staff'],
    summary: 'Of which use a deduction is made: whose, at which rate, over which seconds',
    description:
      'Rebuilt from the events that were known when the posting was written, so it never changes, whatever was corrected since; all pages sum to ' +
      '`explained`. That is the amount of a deduction (of late use that was given back, below zero), and null for any other posting, ' +
      'which is of one thing: its `source_id`.',
    params: object({
      account_id: accountId,
      seq: Type.String({ pattern: '^[1-9][0-9]{0,17}$', examples: ['2'] }),
    }),
    query: object(page),
    status: 200,
    response: object({ ...pageOf(usedStretch).properties, posting, explained: orNull(money) }),
    idempotency: 'none',
    refusals: [],
    example: {
      params: { account_id: ACCOUNT, seq: '2' },
      response: {
        posting: USE_POSTING,
        explained: USE_POSTING.amount,
        data: [
          {
            span_id: 'span_01jz8w3v5x0000000000000008',
            project_id: 'proj_01jz8w3v5x0000000000000003',
            user_id: 'user_01jz8w3v5x0000000000000002',
            kind: 'job',
            sku: 'queue:cpu',
            price_id: 'price_01jz8w3v5x0000000000000006',
            price_list_id: 'list_01jz8w3v5x000000000000000b',
            unit_prices: { cpu_hour: '0.05' },
            source: 'lab',
            subject: 'job-17',
            run: 1,
            quantity: { cpu: '4' },
            per_hour: AN_HOUR,
            from: '2026-01-01T00:00:00Z',
            to: '2026-01-01T00:05:00Z',
            seconds: 300,
            amount: USE_POSTING.amount,
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
}
