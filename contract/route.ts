import type { RefusalCode } from './refusals.ts'
import type { Static, TObject, TSchema } from './shape.ts'

/** What a key is for: one customer's own account, a platform that sends usage, or the people who run Corehour. */
export type Scope = 'customer' | 'platform' | 'staff'

/** What a person among the staff is there for. An operator may do all that staff may. */
export const STAFF_ROLES = ['support', 'finance', 'operator'] as const
export type StaffRole = (typeof STAFF_ROLES)[number]

/**
 * One entry of the API: from it come validation, the server's binding, OpenAPI, the SDK and the command's types.
 * A field of `params`, `query` and `body` has one name in the route, so that a call is one flat object in the SDK.
 */
export type Route = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: `/v1/${string}`
  /** Which keys may call it; empty: nobody needs one. */
  scopes: readonly Scope[]
  /**
   * Which people of the staff may, beside operators; where left out, all may look (GET) and none but operators may change. A staff key
   * may all.
   */
  staff?: readonly Exclude<StaffRole, 'operator'>[]
  /** Only for people who are signed in, of whatever role, and not for keys. */
  people?: boolean
  summary: string
  description?: string
  params?: TObject
  query?: TObject
  body?: TSchema
  /** Media types of the body beside application/json. */
  bodyTypes?: readonly string[]
  /** The body is a list whose items are judged one by one by the handler: the binding checks nothing but its size. */
  judgedByItem?: boolean
  status: 200 | 201 | 202 | 204
  response: TSchema
  /** Answers server-sent events, each with a `response` as its data, until there are no more. */
  stream?: boolean
  /**
   * `stored`: takes an Idempotency-Key, and the answer is kept with it, in the transaction of the act itself.
   * `own`: takes one too, and the act is found again by an id made of it. `none`: safe by its nature.
   */
  idempotency: 'stored' | 'own' | 'none'
  /** Fields of the answer that are in the first one only: null where the same key asks again. */
  shownOnce?: readonly string[]
  /** Fields of the body that are never written down: passwords, tokens. Such a route stores no answers: their fingerprints would tell. */
  secret?: readonly string[]
  /** Beyond those that every route may answer. */
  refusals: readonly RefusalCode[]
  example: RouteExample
  /** Only there when the server runs on a test clock. */
  testClockOnly?: boolean
}

export type RouteExample = {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  response: unknown
}

/** Keeps a route's exact type, from which handlers and the SDK are typed. */
export function route<const R extends Route>(entry: R): R {
  return entry
}

type Of<R, Part extends string> = R extends { [P in Part]: infer S extends TSchema } ? Static<S> : {}
export type ParamsOf<R> = Of<R, 'params'>
export type QueryOf<R> = Of<R, 'query'>
export type BodyOf<R> = R extends { body: infer S extends TSchema } ? Static<S> : undefined
export type ResponseOf<R> = R extends { response: infer S extends TSchema } ? Static<S> : never

/** Codes that every route may answer: the binding's own. */
export const COMMON_REFUSALS = [
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'body_too_large',
  'unsupported_media_type',
  'rate_limited',
  'busy',
  'internal',
  'unavailable',
] as const satisfies readonly RefusalCode[]

/** Codes that every route with an Idempotency-Key may answer beside. */
export const IDEMPOTENCY_REFUSALS = ['idempotency_key_required', 'key_reused'] as const satisfies readonly RefusalCode[]

/** The names in a route's path: account_id of /v1/accounts/{account_id}. */
export function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
}
