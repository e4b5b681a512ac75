import type { BodyOf, Language, ParamsOf, QueryOf, ResponseOf, Routes, StaffRole } from '@corehour/contract'
import { Refusal, type Actor, type App, type Tx } from '../../base/index.ts'
import type { ApiKey, Place, View } from '../../identity/index.ts'

/** Who calls: a key, or a person who is signed in, who may what a key of the same scope may. */
export type Caller = Pick<ApiKey, 'name' | 'scope' | 'accountId' | 'userId' | 'sources'> & {
  /** Of the key, or of the person: what is done under it is theirs, in whichever session. */
  keyId: string
  /** A person of the staff has no account here, like a staff key. */
  person?: { userId: string; sessionId: string; staffRole: StaffRole | null }
  /** Staff who look at an account as its owner, whose account and user then stand here: they may change nothing. */
  view?: View
}

/** The browser at the other end, and the cookie in which it keeps its session. */
export type Visit = Place & {
  keep(token: string, until: Temporal.Instant): void
  forget(): void
}

/** One request, checked against its route. `caller` is undefined where the route is public. */
export type Call<R> = {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  caller: Caller
  visit: Visit
  requestId: string
  /** To the millisecond, where the transaction's instant is a whole second. */
  receivedAt: Temporal.Instant
  /** The caller's name of this request; there where the route stores answers. */
  idempotencyKey: string | undefined
  language: Language
}

/**
 * What serves a route, in one of the three colours: `read` in a picture of the books; `act` in one transaction, together with the stored
 * answer and the log of staff's actions, and `done` once that is committed; `outside` opens what it needs itself; one that does nothing but wait says so by `wait`, takes no
 * place of those that are worked at, and hears when the caller is gone. A route that is a stream is served by `follow`, outside too:
 * one answer after another, until there are no more or the caller is gone.
 */
export type Handler<R> =
  | { read(tx: Tx, call: Call<R>): Promise<ResponseOf<R>> }
  | { act(tx: Tx, call: Call<R>): Promise<ResponseOf<R>>; done?(): void }
  | { outside(app: App, call: Call<R>, wait: () => AbortSignal): Promise<ResponseOf<R>> }
  | { follow(app: App, call: Call<R>, gone: AbortSignal): AsyncIterable<ResponseOf<R>> }

/** A handler for every route, in the contract's own shape. */
export type Handlers = { [Noun in keyof Routes]: { [Verb in keyof Routes[Noun]]: Handler<Routes[Noun][Verb]> } }

/** The handlers of one noun. */
export type HandlersOf<Noun extends keyof Routes> = Handlers[Noun]

export function actorOf(caller: Caller): Actor {
  return { kind: caller.scope === 'customer' ? 'user' : caller.scope, id: caller.keyId }
}

/**
 * The account that a call is about: a customer's own, whatever else is named being nothing to them.
 * @throws Refusal not_found, bad_request where nobody says which.
 */
export function accountOf(caller: Caller, named: string | undefined): string {
  if (caller.scope !== 'customer') {
    if (named === undefined) throw new Refusal('bad_request', { detail: 'account_id is needed with this key' })
    return named
  }
  if (named !== undefined && named !== caller.accountId) throw new Refusal('not_found', { value: named })
  return caller.accountId!
}
