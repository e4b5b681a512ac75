import { route } from '../route.ts'
import { accountId, currency, day, money, name, object, oneOf, optional, orNull, page, pageOf, Type } from '../shape.ts'
import { billRest, billTotal, limited } from './bills.ts'

const MONEY = { currency: 'CNY', amount: '4.80000000', grains: '17280000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }

const count = Type.Integer({ minimum: 0 })
const days = Type.Integer({ minimum: 0, maximum: 36_500, description: "Days in the operator's time zone" })

const liability = object(
  {
    currency,
    accounts: count,
    cash: Type.Intersect([money], { description: 'Left of payments: owed to customers in use, or back' }),
    granted: Type.Intersect([money], { description: 'Left of experience cards that have not expired' }),
    held: money,
    unattributed: Type.Intersect([money], {
      description: 'Deducted and not attributed yet: it will lessen cash and granted, or be arrears',
    }),
    arrears: Type.Intersect([money], { description: 'Owed by customers' }),
  },
  { title: 'Liability' },
)

const arrearsAge = object(
  {
    currency,
    from_days: count,
    to_days: orNull(Type.Integer({ description: 'Younger than this; null: any age' })),
    accounts: count,
    amount: money,
  },
  { title: 'ArrearsAge' },
)

const accountInArrears = object(
  {
    account_id: accountId,
    name,
    currency,
    amount: Type.Intersect([money], { description: 'Used at the ages that were asked for, and not paid yet' }),
    arrears: Type.Intersect([money], { description: 'Of all ages' }),
    oldest: Type.Intersect([day], { description: 'The first day of `amount`' }),
  },
  { title: 'AccountInArrears' },
)

const ofDay = orNull({ ...day, description: 'Where asked `by_day`' })

/** What those who run the place see of all accounts together. */
export const reports = {
  revenue: route({
    method: 'GET',
    path: '/v1/reports/revenue',
    scopes: ['staff'],
    summary:
      'What all accounts used on some days, as billed: by day, month, kind, SKU, or the way by which the money came',
    description:
      'Totals of all bill lines: they equal the sum of all bills of these days. By `channel` use that nobody has paid yet is `unpaid`. It reads every line of ' +
      'these days, so ask for months rather than years. With a `limit` the largest keys come first, and what it leaves out is summed under `rest`.',
    query: object({
      from: optional(day),
      to: optional(day),
      group_by: optional(oneOf(['none', 'day', 'month', 'kind', 'sku', 'channel'])),
      by_day: optional(Type.Boolean({ description: 'Each key on each of its days' })),
      ...limited,
    }),
    status: 200,
    response: object({
      data: Type.Array(object({ ...billTotal.properties, day: ofDay }, { title: 'Revenue' })),
      rest: Type.Array(object({ ...billRest.properties, day: ofDay }, { title: 'RevenueRest' })),
    }),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { from: '2026-01-01', to: '2026-02-01', group_by: 'channel' },
      response: {
        data: [{ key: 'alipay', day: null, amount: MONEY, cash: MONEY, granted: NOTHING, unpaid: NOTHING }],
        rest: [],
      },
    },
  }),
  liabilities: route({
    method: 'GET',
    path: '/v1/reports/liabilities',
    scopes: ['staff'],
    summary: 'What is owed to customers, and by them, as the books stand now',
    status: 200,
    response: object({ data: Type.Array(liability) }),
    idempotency: 'none',
    refusals: [],
    example: {
      response: {
        data: [
          {
            currency: 'CNY',
            accounts: 1,
            cash: MONEY,
            granted: NOTHING,
            held: NOTHING,
            unattributed: NOTHING,
            arrears: NOTHING,
          },
        ],
      },
    },
  }),
  arrears: route({
    method: 'GET',
    path: '/v1/reports/arrears',
    scopes: ['staff'],
    summary: 'Use that nobody has paid yet, by how many days ago it was',
    status: 200,
    response: object({ data: Type.Array(arrearsAge) }),
    idempotency: 'none',
    refusals: [],
    example: {
      response: { data: [{ currency: 'CNY', from_days: 0, to_days: 31, accounts: 1, amount: MONEY }] },
    },
  }),
  inArrears: route({
    method: 'GET',
    path: '/v1/reports/arrears/accounts',
    scopes: ['staff'],
    summary: 'The accounts behind arrears of an age, by currency, who owes the most first',
    description:
      'Used `from_days` ago or more and less than `to_days` ago, as in `/v1/reports/arrears`; of any age where both are left out. What is paid between two ' +
      'pages moves an account up or down.',
    query: object({
      from_days: optional(days),
      to_days: optional({ ...days, minimum: 1 }),
      currency: optional(currency),
      ...page,
    }),
    status: 200,
    response: pageOf(accountInArrears),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { from_days: 31, to_days: 61 },
      response: {
        data: [
          {
            account_id: 'acct_01jz8w3v5x0000000000000001',
            name: 'Ada Lovelace',
            currency: 'CNY',
            amount: MONEY,
            arrears: MONEY,
            oldest: '2026-01-01',
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
}
