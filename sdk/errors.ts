import type { RefusalCode } from '@corehour/contract'

/** Corehour said no, or failed. */
export class CorehourError extends Error {
  override readonly name = 'CorehourError'
  readonly status: number
  /** Why, of the contract's closed set; a newer server may know more of them. */
  readonly code: RefusalCode
  /** Why and what to do about it, in the client's language. */
  readonly detail: string
  /** Which part of the request it is about. */
  readonly param: string | undefined
  /** Under which the server has logged it. */
  readonly requestId: string | undefined
  /** Seconds after which the server would be asked again. */
  readonly retryAfter: number | undefined
  /** The request's; sent again with it, the request is still done once. */
  readonly idempotencyKey: string | undefined

  constructor(problem: Omit<CorehourError, keyof Error>) {
    super(problem.detail)
    this.status = problem.status
    this.code = problem.code
    this.detail = problem.detail
    this.param = problem.param
    this.requestId = problem.requestId
    this.retryAfter = problem.retryAfter
    this.idempotencyKey = problem.idempotencyKey
  }
}

/** No answer of a Corehour came: whether the request was done is not known. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  /** `network`: no connection, or cut; `timeout`: too slow; `not_corehour`: something else answered. */
  readonly reason: 'network' | 'timeout' | 'not_corehour'
  /** Of what else answered. */
  readonly status: number | undefined
  /** The request's; sent again with it, the request is still done once. */
  readonly idempotencyKey: string | undefined

  constructor(
    reason: Unreachable['reason'],
    message: string,
    more: { status?: number; idempotencyKey?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.reason = reason
    this.status = more.status
    this.idempotencyKey = more.idempotencyKey
  }
}

/** The server did what was asked, and its answer lacks what the contract promises: it is of another version than the client. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer'
  /** The first such field. */
  readonly field: string

  constructor(what: string, field: string) {
    super(`${what} was answered without ${field}: the server is of another version than this client`)
    this.field = field
  }
}

/** An export has no file: the server could not write it, or it is not done yet. */
export class ExportFailed extends Error {
  override readonly name = 'ExportFailed'
  readonly exportId: string

  constructor(exportId: string, state: string) {
    super(`the export ${exportId} is ${state}, so there is no file of it`)
    this.exportId = exportId
  }
}
