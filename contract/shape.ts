import type { Static, TObject, TProperties, TSchema } from 'typebox'
import * as Type from './types.ts'

export { Type, type Static, type TObject, type TProperties, type TSchema }

/** An object that has these fields and no others: what is misspelt is refused, not ignored. */
export function object<P extends TProperties>(properties: P, options: { title?: string; description?: string } = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

/** Fields of whatever names, all of one shape. The library's own brings an interpreter of types along: 11 kB to every browser. */
export function record<T extends TSchema>(of: T, options: { description?: string; examples?: object[] } = {}) {
  return Type.Unsafe<Record<string, Static<T>>>({ type: 'object', patternProperties: { '^.*$': of }, ...options })
}

export const optional = Type.Optional

/** A field that is always there and may be null. */
export function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** One of some words. */
export function oneOf<W extends string>(words: readonly W[], description?: string) {
  return Type.Enum<W[]>([...words], description === undefined ? {} : { description })
}

/** An id: prefix and, where Corehour made it, a lower-case ULID. */
export function id(prefix: string) {
  return Type.String({
    pattern: `^${prefix}_[0-9a-z][0-9a-z_-]{0,59}$`,
    examples: [`${prefix}_01jz8w3v5x0000000000000000`],
  })
}

export const accountId = id('acct')
export const userId = id('user')
export const projectId = id('proj')
export const keyId = id('key')
export const sessionId = id('sess')
export const messageId = id('msg')
export const viewId = id('view')

/** Shown to people, chosen by them. */
export const name = Type.String({ minLength: 1, maxLength: 200 })
export const note = Type.String({ maxLength: 1000 })
export const email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^\\s@\\u0000-\\u001f\\u007f]+@[^\\s@\\u0000-\\u001f\\u007f]+$',
  examples: ['ada@example.org'],
})
export const language = oneOf(['en', 'zh'])
export const currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217', examples: ['CNY'] })
/** Longer texts than this are never read as a name of anything. */
export const text = Type.String({ minLength: 1, maxLength: 256 })

export const instant = Type.String({
  format: 'date-time',
  minLength: 20,
  maxLength: 40,
  description: 'RFC 3339 with a zone',
  examples: ['2026-01-01T00:00:00Z'],
})
export const day = Type.String({
  format: 'date',
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: "A calendar day in the operator's time zone",
  examples: ['2026-01-31'],
})
/** What a person types: whole cents. */
export const amount = Type.String({
  pattern: '^\\d{1,12}(\\.\\d{1,2})?$',
  description: 'A plain decimal of the currency with at most two places',
  examples: ['200.00'],
})

export const money = object(
  {
    currency,
    amount: Type.String({ description: 'Up to eight places, rounded half up, for reading', examples: ['0.00011111'] }),
    grains: Type.String({
      pattern: '^-?\\d{1,19}$',
      description: 'Exact: 3,600,000,000 grains are one of the currency',
      examples: ['400000'],
    }),
  },
  { title: 'Money' },
)

/** How much of a SKU, as plain decimals in quotes by what is counted. */
export const quantity = record(Type.String({ maxLength: 30 }), {
  description: 'Queues count cpu, gpu and gb; machine types count (1 where left out). Plain decimals in quotes.',
  examples: [{ cpu: '4', gpu: '1', gb: '16' }],
})
export const kind = oneOf(['job', 'node', 'storage'])
export const sku = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'What is priced: machine:NAME or queue:NAME',
  examples: ['queue:gpu'],
})
export const source = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'The platform that sends usage',
  examples: ['lab'],
})

/** How a page is asked for. */
export const page = {
  limit: optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Rows a page; 50 where left out' })),
  cursor: optional(Type.String({ minLength: 1, maxLength: 1000, description: "The page before's next_cursor" })),
}

/** One page of a list. */
export function pageOf<T extends TSchema>(item: T) {
  return object({
    data: Type.Array(item),
    has_more: Type.Boolean(),
    next_cursor: orNull(Type.String()),
  })
}

/** Which lines of which bills. Days from `from` up to `to` and not with it; a filter that is left out excludes nothing. */
export const billFilter = {
  account_id: optional(accountId),
  view: optional(
    oneOf(
      ['account', 'created', 'joined'],
      'All of the paying account (otherwise), or the projects that the user created, or takes part in',
    ),
  ),
  from: optional(day),
  to: optional(day),
  kind: optional(Type.Array(kind, { maxItems: 3 })),
  project_id: optional(Type.Array(projectId, { maxItems: 100 })),
  user_id: optional(Type.Array(userId, { maxItems: 100 })),
  sku: optional(Type.Array(sku, { maxItems: 100 })),
}
