import { route } from '../route.ts'
import {
  id,
  instant,
  kind,
  money,
  object,
  oneOf,
  optional,
  orNull,
  projectId,
  quantity,
  sku,
  source,
  text,
  Type,
  userId,
  record,
} from '../shape.ts'

const PROJECT = 'proj_01jz8w3v5x0000000000000003'
const USER = 'user_01jz8w3v5x0000000000000002'
const ADMISSION = 'adm_01jz8w3v5x0000000000000004'

/** CloudEvents 1.0. Every platform's own attributes may stand beside these; they are not kept. */
export const usageEvent = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    source,
    id: text,
    type: oneOf([
      'corehour.usage.started',
      'corehour.usage.resized',
      'corehour.usage.stopped',
      'corehour.usage.exists',
    ]),
    subject: Type.String({
      minLength: 1,
      maxLength: 256,
      description: "The resource: the platform's own name of the job or node",
    }),
    time: instant,
    data: Type.Object({
      run: optional(Type.Integer({ minimum: 1, description: "The resource's next life; 1 where left out" })),
      running: optional(Type.Boolean({ description: 'With exists: whether it runs' })),
      project: optional(projectId),
      user: optional(userId),
      kind: optional(kind),
      sku: optional(sku),
      quantity: optional(quantity),
      quote: optional(Type.String({ maxLength: 256 })),
      admission: optional(Type.String({ maxLength: 256, description: 'Whose hold the start takes over' })),
    }),
  },
  { title: 'UsageEvent' },
)

const EXAMPLE_EVENT = {
  specversion: '1.0',
  source: 'lab',
  id: 'e1',
  type: 'corehour.usage.started',
  subject: 'job-17',
  time: '2026-01-01T00:00:00Z',
  data: {
    project: PROJECT,
    user: USER,
    kind: 'job',
    sku: 'queue:gpu',
    quantity: { cpu: '4', gpu: '1', gb: '16' },
    admission: ADMISSION,
  },
}

export const usage = {
  send: route({
    method: 'POST',
    path: '/v1/usage-events',
    scopes: ['platform'],
    summary: 'What a platform saw: started, resized, stopped, exists; one event or up to 1000',
    description:
      'Each event is judged by itself, and the same source and id again is a duplicate, so a batch whose answer was lost is simply sent again. ' +
      'Parked events (a stop before its start, an unknown project, user or SKU, up to 60 s ahead) are tried again and never lost.',
    body: Type.Union([usageEvent, Type.Array(usageEvent, { maxItems: 1000 })]),
    bodyTypes: ['application/cloudevents+json', 'application/cloudevents-batch+json'],
    judgedByItem: true,
    status: 200,
    response: object({
      results: Type.Array(
        object({
          source: Type.String(),
          id: Type.String(),
          status: oneOf(['accepted', 'duplicate', 'parked', 'refused']),
          code: optional(Type.String()),
          message: optional(Type.String()),
        }),
      ),
    }),
    idempotency: 'none',
    refusals: [],
    example: {
      body: EXAMPLE_EVENT,
      response: { results: [{ source: 'lab', id: 'e1', status: 'accepted' }] },
    },
  }),
}

const CHECKED = {
  project: PROJECT,
  user: USER,
  kind: 'job',
  sku: 'queue:gpu',
  quantity: { cpu: '4', gpu: '1', gb: '16' },
  max_seconds: 3600,
} as const
const ASKED = { ...CHECKED, hold: 'interval' } as const
const PRICE = {
  sku: 'queue:gpu',
  price_id: 'price_01jz8w3v5x0000000000000006',
  unit_prices: { cpu_hour: '0.05', gpu_hour: '2' },
}
const ALLOWED = {
  decision: 'allowed',
  admission: ADMISSION,
  price: PRICE,
  per_hour: { currency: 'CNY', amount: '2.20000000', grains: '7920000000' },
  estimate: { currency: 'CNY', amount: '2.20000000', grains: '7920000000' },
  hold: {
    amount: { currency: 'CNY', amount: '0.18333333', grains: '660000000' },
    expires_at: '2026-01-02T00:00:00Z',
  },
} as const

export const pinnedPrice = object(
  {
    sku,
    price_id: Type.String(),
    unit_prices: record(Type.String(), {
      description: 'Of the main unit an hour, by what is counted',
    }),
  },
  { title: 'Price' },
)

const allowed = object({
  decision: Type.Literal('allowed'),
  admission: orNull(id('adm')),
  price: pinnedPrice,
  per_hour: money,
  estimate: orNull(money),
  hold: orNull(object({ amount: money, expires_at: instant })),
})
const refused = object({
  decision: Type.Literal('refused'),
  code: oneOf([
    'balance_exhausted',
    'account_blocked',
    'budget_exceeded',
    'not_a_member',
    'project_deleted',
    'unknown_project',
    'unknown_user',
    'unknown_sku',
    'unknown_quote',
    'quote_expired',
    'quote_mismatch',
    'bad_quantity',
    'not_metered',
    'rate_too_large',
    'amount_too_large',
  ]),
  message: Type.String(),
  message_zh: Type.String(),
  price: orNull(pinnedPrice),
  per_hour: orNull(money),
  estimate: orNull(money),
})

const asked = {
  project: projectId,
  user: userId,
  kind,
  sku,
  quantity,
  max_seconds: optional(Type.Integer({ minimum: 1, maximum: 315_360_000 })),
  quote: optional(Type.String({ minLength: 1, maxLength: 256 })),
}

export const admissions = {
  ask: route({
    method: 'POST',
    path: '/v1/admissions',
    scopes: ['platform'],
    summary: 'May this run?',
    description:
      'Always 200 with a decision. With a hold, the money of one five-minute interval, or of max_seconds, is reserved in the same ' +
      'transaction, so that many requests at once never pass on one balance; the start that names the admission takes the hold over, and an unused one ' +
      'expires. A hold needs an Idempotency-Key; without one nothing is written, and none is needed.',
    body: object({ ...asked, hold: oneOf(['interval', 'max', 'none']) }),
    status: 200,
    response: Type.Union([allowed, refused]),
    idempotency: 'own',
    refusals: ['max_seconds_needed'],
    example: {
      body: ASKED,
      response: ALLOWED,
    },
  }),
  check: route({
    method: 'POST',
    path: '/v1/admissions/check',
    scopes: ['platform'],
    summary: 'May these run? Many questions at once, without a hold',
    description:
      'For a scheduler that goes over what waits: up to 250 questions, each answered by itself against all that is available, in their order. ' +
      'Nothing is written and nothing reserved, so what is to start asks for its own admission.',
    body: object({ asks: Type.Array(object(asked), { minItems: 1, maxItems: 250 }) }),
    status: 200,
    response: object({ results: Type.Array(Type.Union([allowed, refused])) }),
    idempotency: 'none',
    refusals: [],
    example: {
      body: { asks: [CHECKED] },
      response: { results: [{ ...ALLOWED, admission: null, hold: null }] },
    },
  }),
  release: route({
    method: 'POST',
    path: '/v1/admissions/{admission_id}/release',
    scopes: ['platform'],
    summary: 'Gives back the hold of an admission that will not start',
    params: object({ admission_id: id('adm') }),
    body: object({ project: projectId }),
    status: 200,
    response: object({
      released: Type.Boolean({ description: 'False: it was taken over, released or expired before' }),
    }),
    idempotency: 'stored',
    refusals: [],
    example: { params: { admission_id: ADMISSION }, body: { project: PROJECT }, response: { released: true } },
  }),
}
