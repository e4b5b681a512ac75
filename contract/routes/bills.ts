import { route } from '../route.ts'
import { command } from './commands.ts'
import {
  accountId,
  billFilter,
  day,
  id,
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
  sku,
  Type,
  userId,
  record,
} from '../shape.ts'

const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'
const USER = 'user_01jz8w3v5x0000000000000002'
const PROJECT = 'proj_01jz8w3v5x0000000000000003'
const MONEY = { currency: 'CNY', amount: '4.80000000', grains: '17280000000' }
const NOTHING = { currency: 'CNY', amount: '0.00000000', grains: '0' }

const lineId = id('line')
const LINE_ID = 'line_01jz8w3v5x0000000000000007'
const LIST = 'list_01jz8w3v5x000000000000000b'

/** Who paid: amount = cash + granted + unpaid. */
const parts = { amount: money, cash: money, granted: money, unpaid: money }

export const billLine = object(
  {
    line_id: Type.String(),
    account_id: accountId,
    day,
    project_id: projectId,
    user_id: userId,
    kind,
    sku,
    ...parts,
  },
  { title: 'BillLine' },
)

/** A line by itself, with which lots paid for it. */
const wholeLine = object(
  {
    ...billLine.properties,
    paid_by: Type.Union(
      [
        Type.Array(
          object({
            lot_id: orNull(Type.String()),
            kind: orNull(oneOf(['cash', 'grant'])),
            channel: orNull(Type.String({ description: 'By which way the money came, such as alipay or transfer' })),
            amount: money,
          }),
        ),
        Type.Null(),
      ],
      {
        description:
          'Summed by lot, as they are spent; a lot of null is what nobody paid yet. Sums to the amount. Null where another account pays: its lots are its own.',
      },
    ),
  },
  { title: 'WholeBillLine' },
)

/** What a line is made of. */
export const lineDetail = object(
  {
    type: Type.Enum(['use', 'charge', 'correction'], {
      description: 'A correction is what the next attribution of the line will take away or add elsewhere',
    }),
    id: Type.String({ description: "The span's, the charge's; of a correction the line's" }),
    source: orNull(Type.String()),
    subject: orNull(Type.String({ description: "The platform's own name of the job or node" })),
    run: orNull(Type.Integer()),
    started_at: orNull({ ...instant, description: 'Of the whole span' }),
    ended_at: orNull({ ...instant, description: 'Of the whole span; null while it runs' }),
    billed_from: orNull({ ...instant, description: 'Of its part on this line' }),
    billed_to: orNull(instant),
    seconds: Type.Integer({ description: 'On this line' }),
    price_id: orNull(Type.String()),
    price_list_id: orNull(Type.String()),
    unit_prices: orNull(record(Type.String())),
    per_hour: orNull(money),
    ...parts,
    pending: Type.Intersect([money], {
      description: 'Use of that day that the line does not have yet; below zero: what comes back',
    }),
  },
  { title: 'BillLineDetail' },
)

const GROUPINGS = ['none', 'day', 'month', 'project', 'user', 'kind', 'sku'] as const

export const billTotal = object(
  {
    key: Type.String({
      description:
        'The day, month, project, user, kind or SKU; empty where nothing is grouped. One key comes once for each currency: amounts of several are never added up.',
    }),
    ...parts,
  },
  { title: 'BillTotal' },
)

/** What a limit leaves out, as one sum. */
export const billRest = object(
  { keys: Type.Integer({ description: 'How many keys it is the sum of' }), ...parts },
  { title: 'BillRest' },
)

/** Of how many keys each is told, and what the others come to. */
export const limited = {
  limit: optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: 'The largest so many of each currency; left out: every key',
    }),
  ),
}
const totalsWithRest = object({
  data: Type.Array(billTotal),
  rest: Type.Array(billRest, {
    description:
      'The sum of all keys beyond `limit`, for each currency that has any: with it the rows are the total, to the grain',
  }),
})

export const bills = {
  lines: route({
    method: 'GET',
    path: '/v1/bill-lines',
    scopes: ['customer', 'staff'],
    summary: 'Bill lines, newest day first: one a day, project, user, kind and SKU',
    description:
      "Lines reach up to the last full hour; what was used since stands in the account's balance. Staff name the account; a customer sees the " +
      'own account, or by `view` the projects that the user created or takes part in (a member sees the own use there).',
    query: object({ ...billFilter, ...page }),
    status: 200,
    response: pageOf(billLine),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { from: '2026-01-01', to: '2026-02-01', kind: ['job'] },
      response: {
        data: [
          {
            line_id: LINE_ID,
            account_id: ACCOUNT,
            day: '2026-01-01',
            project_id: PROJECT,
            user_id: USER,
            kind: 'job',
            sku: 'queue:cpu',
            amount: MONEY,
            cash: MONEY,
            granted: NOTHING,
            unpaid: NOTHING,
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
  line: route({
    method: 'GET',
    path: '/v1/bill-lines/{line_id}',
    scopes: ['customer', 'staff'],
    summary: 'One bill line, and which lots paid for it',
    description:
      "Staff name the account. A customer finds the own account's lines, and those of projects of others as the bill shows them by `view=joined`.",
    params: object({ line_id: lineId }),
    query: object({ account_id: optional(accountId) }),
    status: 200,
    response: wholeLine,
    idempotency: 'none',
    refusals: [],
    example: {
      params: { line_id: LINE_ID },
      response: {
        line_id: LINE_ID,
        account_id: ACCOUNT,
        day: '2026-01-01',
        project_id: PROJECT,
        user_id: USER,
        kind: 'job',
        sku: 'queue:cpu',
        amount: MONEY,
        cash: MONEY,
        granted: NOTHING,
        unpaid: NOTHING,
        paid_by: [{ lot_id: 'lot_01jz8w3v5x0000000000000005', kind: 'cash', channel: 'alipay', amount: MONEY }],
      },
    },
  }),
  details: route({
    method: 'GET',
    path: '/v1/bill-lines/{line_id}/details',
    scopes: ['customer', 'staff'],
    summary: 'What a bill line is made of: its spans and charges, in order of start',
    description:
      'All pages sum to the line, to the grain: grants are laid on what began first, then cash, then what is unpaid. Found as the line is.',
    params: object({ line_id: lineId }),
    query: object({ account_id: optional(accountId), ...page }),
    status: 200,
    response: pageOf(lineDetail),
    idempotency: 'none',
    refusals: [],
    example: {
      params: { line_id: LINE_ID },
      response: {
        data: [
          {
            type: 'use',
            id: 'span_01jz8w3v5x0000000000000008',
            source: 'lab',
            subject: 'job-17',
            run: 1,
            started_at: '2025-12-31T18:00:00Z',
            ended_at: null,
            billed_from: '2025-12-31T18:00:00Z',
            billed_to: '2026-01-01T16:00:00Z',
            seconds: 79_200,
            price_id: 'price_01jz8w3v5x0000000000000006',
            price_list_id: LIST,
            unit_prices: { cpu_hour: '0.05' },
            per_hour: { currency: 'CNY', amount: '0.20000000', grains: '720000000' },
            amount: { currency: 'CNY', amount: '4.40000000', grains: '15840000000' },
            cash: { currency: 'CNY', amount: '4.40000000', grains: '15840000000' },
            granted: NOTHING,
            unpaid: NOTHING,
            pending: NOTHING,
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
  totals: route({
    method: 'GET',
    path: '/v1/bill-lines/totals',
    scopes: ['customer', 'staff'],
    summary: 'Totals of bill lines; they equal the sum of the lines to the grain',
    description:
      'In the order of the keys; with a `limit` the largest first, and what it leaves out is summed under `rest`. With `search` all others count for nothing: neither ' +
      'a row nor `rest` has them.',
    query: object({
      ...billFilter,
      group_by: optional(oneOf([...GROUPINGS])),
      ...limited,
      search: optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description:
            'Grouped by user or sku: only those whose name holds this, small and capital letters alike; of users, as far as the caller may see their names',
        }),
      ),
    }),
    status: 200,
    response: totalsWithRest,
    idempotency: 'none',
    refusals: [],
    example: {
      query: { from: '2026-01-01', group_by: 'month' },
      response: {
        data: [{ key: '2026-01', amount: MONEY, cash: MONEY, granted: NOTHING, unpaid: NOTHING }],
        rest: [],
      },
    },
  }),
}

export const span = object(
  {
    span_id: Type.String(),
    account_id: accountId,
    project_id: projectId,
    user_id: userId,
    kind,
    sku,
    price_id: Type.String(),
    price_list_id: Type.String({ description: 'The published list in which that price stands' }),
    source: Type.String(),
    subject: Type.String({ description: "The platform's own name of the job or node" }),
    run: Type.Integer(),
    quantity,
    per_hour: money,
    started_at: instant,
    ended_at: orNull(instant),
    seconds: Type.Integer({ description: 'So far' }),
    cost: Type.Intersect([money], { description: 'So far, to the second' }),
    command: orNull({
      ...command,
      description: 'What the platform was asked last to do with what runs, unless that is done',
    }),
  },
  { title: 'Span' },
)

export const spans = {
  list: route({
    method: 'GET',
    path: '/v1/spans',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Jobs, nodes and storage at one price each: what runs first, then the last ended',
    description:
      'Staff and platforms name the account or a project. A customer sees the own account, and with `project_id` what ran in a project of another ' +
      'account: its admins all of it, who else is or was in it the own use. What runs is told as of the first page; none is left out while pages are ' +
      'read, and one whose end is reported late may come a second time, with its end.',
    query: object({
      account_id: optional(accountId),
      running: optional(Type.Boolean({ description: 'Only what runs; false: only what has ended' })),
      project_id: optional(projectId),
      user_id: optional(userId),
      ...page,
    }),
    status: 200,
    response: pageOf(span),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { running: true },
      response: {
        data: [
          {
            span_id: 'span_01jz8w3v5x0000000000000008',
            account_id: ACCOUNT,
            project_id: PROJECT,
            user_id: USER,
            kind: 'job',
            sku: 'queue:cpu',
            price_id: 'price_01jz8w3v5x0000000000000006',
            price_list_id: LIST,
            source: 'lab',
            subject: 'job-17',
            run: 1,
            quantity: { cpu: '4' },
            per_hour: { currency: 'CNY', amount: '0.20000000', grains: '720000000' },
            started_at: '2026-01-01T00:00:00Z',
            ended_at: null,
            seconds: 86400,
            cost: MONEY,
            command: null,
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
}
