import { route } from '../route.ts'
import { currency, day, money, object, oneOf, optional, orNull, Type } from '../shape.ts'
import { billRest, billTotal, limited } from './bills.ts'

const MONEY = { currency: 'CNY', amount: '4.80000000', grains: '17280000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }

const count = Type.Integer({ minimum: 0 })

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
}
