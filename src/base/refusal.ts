import { explain, type Language, type RefusalCode } from '@corehour/contract'

/** The caller asked for something that cannot be, and can act on it. Rolls the transaction back. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly details: Record<string, unknown>

  constructor(code: RefusalCode, details: Record<string, unknown> = {}) {
    super(explain(code, details))
    this.name = 'Refusal'
    this.code = code
    this.details = details
  }

  /** The same refusal for a reader of another language. */
  in(language: Language): string {
    return explain(this.code, this.details, language)
  }
}

/** The world outside failed (a gateway, a mail server, the database); trying again later may work. */
export class Unavailable extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, { cause })
    this.name = 'Unavailable'
  }
}

/** Stops the work when the books would be wrong. Rolls back; the caller sees an opaque failure. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}
