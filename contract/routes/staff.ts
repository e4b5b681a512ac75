import { route } from '../route.ts'
import {
  accountId,
  day,
  instant,
  keyId,
  name,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  source,
  Type,
  userId,
} from '../shape.ts'

const KEY = 'key_01jz8w3v5x0000000000000009'
const SCOPES = ['customer', 'platform', 'staff'] as const

export const apiKey = object(
  {
    key_id: keyId,
    name,
    scope: oneOf([...SCOPES]),
    state: oneOf(['usable', 'expired', 'revoked']),
    account_id: orNull(accountId),
    user_id: orNull(userId),
    sources: Type.Array(source, { description: 'Whose events a platform key may send' }),
    created_at: instant,
    expires_at: orNull(instant),
    revoked_at: orNull(instant),
    last_used_at: orNull(instant),
  },
  { title: 'ApiKey' },
)
const KEY_SHOWN = {
  key_id: KEY,
  name: 'cluster gateway',
  scope: 'platform',
  state: 'usable',
  account_id: null,
  user_id: null,
  sources: ['lab'],
  created_at: '2026-01-01T00:00:00Z',
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
} as const

export const keys = {
  create: route({
    method: 'POST',
    path: '/v1/api-keys',
    scopes: ['customer', 'staff'],
    summary: 'Makes a key; its secret is in this answer and nowhere else',
    description:
      'A customer makes keys for the own account. Staff make any: a platform key names its sources, a customer key its user. It ends at `expires_at`, ' +
      '`valid_days` after it is made, or only by being revoked. The same Idempotency-Key again answers the key without its secret.',
    body: object({
      name,
      scope: optional(oneOf([...SCOPES])),
      user_id: optional(userId),
      sources: optional(Type.Array(source, { minItems: 1, maxItems: 20 })),
      expires_at: optional(instant),
      valid_days: optional(
        Type.Integer({ minimum: 1, maximum: 3650, description: 'Of 24 hours; instead of `expires_at`' }),
      ),
    }),
    status: 201,
    response: object({ key: apiKey, secret: orNull(Type.String({ examples: ['corehour_platform_…'] })) }),
    idempotency: 'stored',
    shownOnce: ['secret'],
    refusals: ['bad_name', 'unknown_user', 'bad_time'],
    example: {
      body: { name: 'cluster gateway', scope: 'platform', sources: ['lab'] },
      response: { key: KEY_SHOWN, secret: 'corehour_platform_0000000000000000000000000000000000000000' },
    },
  }),
  list: route({
    method: 'GET',
    path: '/v1/api-keys',
    scopes: ['customer', 'staff'],
    summary: "Keys without their secrets, newest first: a customer's own, or all",
    query: object({
      scope: optional(oneOf([...SCOPES])),
      revoked: optional(Type.Boolean({ description: 'Only those that were revoked; false: only those that were not' })),
      ...page,
    }),
    status: 200,
    response: pageOf(apiKey),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [KEY_SHOWN], has_more: false, next_cursor: null } },
  }),
  revoke: route({
    method: 'DELETE',
    path: '/v1/api-keys/{key_id}',
    scopes: ['customer', 'staff'],
    summary: 'Ends a key, at once and for good',
    params: object({ key_id: keyId }),
    status: 200,
    response: apiKey,
    idempotency: 'none',
    refusals: [],
    example: {
      params: { key_id: KEY },
      response: { ...KEY_SHOWN, state: 'revoked', revoked_at: '2026-02-01T00:00:00Z' },
    },
  }),
}

const actor = Type.Union([keyId, userId], { description: 'The key, or the person' })

export const staffAction = object(
  {
    action_id: Type.String(),
    at: instant,
    key_id: actor,
    key_name: Type.String({ description: "The key's name, or the person's" }),
    route: Type.String({ examples: ['accounts.credit'] }),
    about: orNull(Type.String({ description: 'The id in the address, such as the account' })),
    request: Type.Unknown({ description: 'What was asked, without secrets' }),
    status: Type.Integer(),
    code: orNull(Type.String()),
    request_id: Type.String(),
  },
  { title: 'StaffAction' },
)

export const staff = {
  actions: route({
    method: 'GET',
    path: '/v1/staff-actions',
    scopes: ['staff'],
    summary: 'Everything that staff did or were refused, newest first',
    query: object({
      about: optional(
        Type.String({ minLength: 1, maxLength: 100, description: 'The id in the address, such as the account' }),
      ),
      key_id: optional(actor),
      route: optional(Type.String({ minLength: 1, maxLength: 100, examples: ['accounts.credit'] })),
      from: optional(day),
      to: optional(day),
      ...page,
    }),
    status: 200,
    response: pageOf(staffAction),
    idempotency: 'none',
    refusals: [],
    example: {
      response: {
        data: [
          {
            action_id: 'act_01jz8w3v5x000000000000000e',
            at: '2026-01-01T00:02:00Z',
            key_id: KEY,
            key_name: 'finance',
            route: 'accounts.credit',
            about: 'acct_01jz8w3v5x0000000000000001',
            request: { amount: '100.00', channel: 'transfer', payment_id: 'ICBC-20260101-0042' },
            status: 201,
            code: null,
            request_id: 'req_0123456789abcdef0123456789abcdef',
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    },
  }),
  actors: route({
    method: 'GET',
    path: '/v1/staff-actions/actors',
    scopes: ['staff'],
    summary: 'Whoever stands among those that did something, by the last name that they did it under',
    status: 200,
    response: object({ data: Type.Array(object({ key_id: actor, key_name: Type.String() })) }),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [{ key_id: KEY, key_name: 'finance' }] } },
  }),
  audit: route({
    method: 'POST',
    path: '/v1/audits',
    scopes: ['staff'],
    staff: ['finance'],
    summary: 'Holds the books against every invariant, in one picture of them, while the server goes on',
    description:
      'At most 120 s: books that take longer are audited on the server itself, by `corehour audit`. Whoever asks while one runs may share the next.',
    status: 200,
    response: object({
      checked: Type.Integer(),
      violations: Type.Array(
        object({
          invariant: Type.String(),
          meaning: Type.String(),
          rows: Type.Array(Type.Unknown()),
          more: Type.Boolean(),
        }),
      ),
    }),
    idempotency: 'none',
    refusals: ['audit_too_long'],
    example: { response: { checked: 42, violations: [] } },
  }),
}

export const testClock = {
  get: route({
    method: 'GET',
    path: '/v1/test-clock',
    scopes: ['platform', 'staff'],
    summary: 'What the test clock shows',
    status: 200,
    response: object({ now: instant }),
    idempotency: 'none',
    refusals: [],
    testClockOnly: true,
    example: { response: { now: '2026-01-01T00:00:00Z' } },
  }),
  advance: route({
    method: 'POST',
    path: '/v1/test-clock/advance',
    scopes: ['platform', 'staff'],
    summary: 'Moves the test clock, and does everything that falls due on the way, boundary by boundary',
    description: 'Only on a server that was started with --test-clock. At most 31 days at once; never back.',
    body: object({
      seconds: optional(Type.Integer({ minimum: 1, maximum: 2_678_400 })),
      to: optional(instant),
    }),
    status: 200,
    response: object({ now: instant }),
    idempotency: 'none',
    refusals: ['bad_time'],
    testClockOnly: true,
    example: { body: { seconds: 300 }, response: { now: '2026-01-01T00:05:00Z' } },
  }),
}
