import { route } from '../route.ts'
import {
  accountId,
  currency,
  id,
  instant,
  money,
  object,
  optional,
  orNull,
  page,
  pageOf,
  quantity,
  sku,
  Type,
  record,
} from '../shape.ts'
import { pinnedPrice } from './usage.ts'

const PRICE = {
  sku: 'queue:gpu',
  price_id: 'price_01jz8w3v5x0000000000000006',
  unit_prices: { cpu_hour: '0.05', gpu_hour: '2' },
}
const LIST_ID = 'list_01jz8w3v5x000000000000000b'
const HOURLY = { currency: 'CNY', amount: '2.20000000', grains: '7920000000' }

const decimal = Type.String({ maxLength: 40, examples: ['0.05'] })
/** One file for publishing and for replay. Decimals with at most six places; what is left out is 0. */
export const priceListDocument = object(
  {
    currency,
    effective_at: instant,
    machines: optional(record(decimal, { description: 'Price of an hour by machine type' })),
    queues: optional(
      record(object({ cpu_hour: optional(decimal), gpu_hour: optional(decimal), gb_hour: optional(decimal) }), {
        description: 'Prices of an hour by queue; * is every queue that is not named',
      }),
    ),
    storage: optional(object({ personal_gb_month: optional(decimal), project_gb_month: optional(decimal) })),
  },
  { title: 'PriceListDocument' },
)
const DOCUMENT = {
  currency: 'CNY',
  effective_at: '2026-01-01T00:00:00Z',
  machines: { c2_m4_cpu: '0.4' },
  queues: { '*': { cpu_hour: '0.05', gpu_hour: '2' } },
}

export const priceList = object(
  {
    price_list_id: Type.String(),
    currency,
    effective_at: instant,
    published_at: instant,
    document: priceListDocument,
  },
  { title: 'PriceList' },
)
const PRICE_LIST = {
  price_list_id: LIST_ID,
  currency: 'CNY',
  effective_at: '2026-01-01T00:00:00Z',
  published_at: '2025-12-20T08:00:00Z',
  document: DOCUMENT,
}

export const prices = {
  list: route({
    method: 'GET',
    path: '/v1/prices',
    scopes: [],
    summary: 'What things cost, now or at another instant',
    description:
      'Prices of the list in force at `at`, by SKU; `queue:*` is every queue that the list does not name. In CNY where no currency is named.',
    query: object({
      currency: optional(currency),
      at: optional(instant),
      search: optional(Type.String({ minLength: 1, maxLength: 100, description: 'Part of a SKU, in any case' })),
    }),
    status: 200,
    response: object({
      currency,
      at: instant,
      price_list_id: orNull(Type.String()),
      effective_at: orNull(instant),
      until: Type.Union([instant, Type.Null()], { description: 'When the next published list takes its place' }),
      data: Type.Array(pinnedPrice),
    }),
    idempotency: 'none',
    refusals: ['bad_time'],
    example: {
      query: { currency: 'CNY' },
      response: {
        currency: 'CNY',
        at: '2026-01-02T00:00:00Z',
        price_list_id: LIST_ID,
        effective_at: '2026-01-01T00:00:00Z',
        until: null,
        data: [PRICE],
      },
    },
  }),
}

export const priceLists = {
  list: route({
    method: 'GET',
    path: '/v1/price-lists',
    scopes: [],
    summary: 'Published price lists, the newest first; they never change',
    description:
      'Of one currency, CNY where none is named; the last to take effect first, which may lie in the future.',
    query: object({ currency: optional(currency), ...page }),
    status: 200,
    response: pageOf(priceList),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [PRICE_LIST], has_more: false, next_cursor: null } },
  }),
  get: route({
    method: 'GET',
    path: '/v1/price-lists/{price_list_id}',
    scopes: [],
    summary: 'A published price list',
    params: object({ price_list_id: id('list') }),
    status: 200,
    response: priceList,
    idempotency: 'none',
    refusals: [],
    example: { params: { price_list_id: LIST_ID }, response: PRICE_LIST },
  }),
  publish: route({
    method: 'POST',
    path: '/v1/price-lists',
    scopes: ['staff'],
    summary: 'Publishes a price list for good, from now or a later instant on',
    description: 'What runs keeps its price. Only the first list of a currency may take effect in the past.',
    body: priceListDocument,
    status: 201,
    response: priceList,
    idempotency: 'stored',
    refusals: ['bad_price_list', 'price_list_exists', 'price_list_in_past', 'bad_time'],
    example: { body: DOCUMENT, response: PRICE_LIST },
  }),
}

const asked = {
  sku,
  quantity,
}

export const estimate = object(
  {
    price: pinnedPrice,
    per_hour: Type.Intersect([money], { description: 'Of all nodes together' }),
    nodes: Type.Integer(),
    seconds: Type.Integer(),
    amount: money,
  },
  { title: 'Estimate' },
)

export const estimates = {
  make: route({
    method: 'POST',
    path: '/v1/estimates',
    scopes: [],
    summary: 'What a job would cost at the price in force now',
    body: object({
      ...asked,
      currency: optional(currency),
      seconds: Type.Integer({ minimum: 0, maximum: 3_153_600_000 }),
      nodes: optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    }),
    status: 200,
    response: estimate,
    idempotency: 'none',
    refusals: ['unknown_sku', 'bad_quantity', 'not_metered', 'rate_too_large', 'amount_too_large'],
    example: {
      body: { sku: 'queue:gpu', quantity: { cpu: '4', gpu: '1' }, seconds: 3600 },
      response: { price: PRICE, per_hour: HOURLY, nodes: 1, seconds: 3600, amount: HOURLY },
    },
  }),
}

export const quote = object(
  {
    quote_id: Type.String(),
    account_id: accountId,
    sku,
    quantity,
    price: pinnedPrice,
    per_hour: money,
    created_at: instant,
    expires_at: instant,
  },
  { title: 'Quote' },
)

export const quotes = {
  create: route({
    method: 'POST',
    path: '/v1/quotes',
    scopes: ['customer', 'platform', 'staff'],
    staff: ['support', 'finance'],
    summary: 'Pins the price in force now for every start before it expires',
    body: object({
      ...asked,
      account_id: optional(accountId),
      valid_seconds: optional(
        Type.Integer({ minimum: 1, maximum: 2_592_000, description: '15 minutes where left out' }),
      ),
    }),
    status: 201,
    response: quote,
    idempotency: 'stored',
    refusals: ['unknown_sku', 'bad_quantity', 'not_metered', 'rate_too_large'],
    example: {
      body: { sku: 'queue:gpu', quantity: { cpu: '4', gpu: '1' } },
      response: {
        quote_id: 'quote_01jz8w3v5x000000000000000c',
        account_id: 'acct_01jz8w3v5x0000000000000001',
        sku: 'queue:gpu',
        quantity: { cpu: '4', gpu: '1' },
        price: PRICE,
        per_hour: HOURLY,
        created_at: '2026-01-02T00:00:00Z',
        expires_at: '2026-01-02T00:15:00Z',
      },
    },
  }),
}

/** Where a request names none. */
export const DEFAULT_CURRENCY = 'CNY'
