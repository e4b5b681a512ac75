import type { BodyOf, Language, ParamsOf, QueryOf, ResponseOf, Routes } from '@corehour/contract'
import { Refusal, type Actor, type App, type Tx } from '../../base/index.ts'
import type { ApiKey } from '../../identity/index.ts'

/** One request, checked against its route. `caller` is undefined where the route is public. */
export type Call<R> = {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  caller: ApiKey
  requestId: string
  /** To the millisecond, where the transaction's instant is a whole second. */
  receivedAt: Temporal.Instant
  /** The caller's name of this request; there where the route stores answers. */
  idempotencyKey: string | undefined
  language: Language
}

/**
 * What serves a route, in one of the three colours: `read` in a picture of the books; `act` in one transaction, together with the stored
 * answer and the log of staff's actions; `outside` opens what it needs itself. A route that is a stream is served by `follow`, outside too:
 * one answer after another, until there are no more or the caller is gone.
 */
export type Handler<R> =
  | { read(tx: Tx, call: Call<R>): Promise<ResponseOf<R>> }
  | { act(tx: Tx, call: Call<R>): Promise<ResponseOf<R>> }
  | { outside(app: App, call: Call<R>): Promise<ResponseOf<R>> }
  | { follow(app: App, call: Call<R>, gone: AbortSignal): AsyncIterable<ResponseOf<R>> }

/** A handler for every route, in the contract's own shape. */
export type Handlers = { [Noun in keyof Routes]: { [Verb in keyof Routes[Noun]]: Handler<Routes[Noun][Verb]> } }

/** The handlers of one noun. */
export type HandlersOf<Noun extends keyof Routes> = Handlers[Noun]

export function actorOf(caller: ApiKey): Actor {
  return { kind: caller.scope === 'customer' ? 'user' : caller.scope, id: caller.keyId }
}

/**
 * The account that a call is about: a customer's own, whatever else is named being nothing to them.
 * @throws Refusal not_found, bad_request where nobody says which.
 */
export function accountOf(caller: ApiKey, named: string | undefined): string {
  if (caller.scope !== 'customer') {
    if (named === undefined) throw new Refusal('bad_request', { detail: 'account_id is needed with this key' })
    return named
  }
  if (named !== undefined && named !== caller.accountId) throw new Refusal('not_found', { value: named })
  return caller.accountId!
}
