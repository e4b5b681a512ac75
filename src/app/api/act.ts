import type { Route } from '@corehour/contract'
import { createHash } from 'node:crypto'
import { refusals } from '@corehour/contract'
import { newId, Refusal, transact, type App, type Tx } from '../../base/index.ts'
import { actorOf, type Call } from './call.ts'
import { claimAnswer, insertStaffAction, keepAnswer } from './store.ts'

/** An answer as it goes out; `replayed` when the same request was done before. */
export type Answer = { text: string; replayed: boolean }

/**
 * Does what a request asks in one transaction, together with the stored answer and the log of staff's actions: all of it or nothing.
 * The same Idempotency-Key again gets the first answer: also the request itself, when its commit's answer was lost and the work is tried
 * again, so that an id that is made inside needs no other guard. A refusal is not stored: nothing was done, and the same request may
 * succeed once its reason has passed.
 * @throws Refusal key_reused when the key stood for another request.
 */
export function act(
  app: App,
  name: string,
  route: Route,
  call: Call<Route>,
  work: (tx: Tx) => Promise<unknown>,
): Promise<Answer> {
  const key = route.idempotency === 'stored' ? call.idempotencyKey : undefined
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(inOrder([name, call.params, call.query, call.body ?? null])))
    .digest('base64url')
  return transact(app, actorOf(call.caller), async (tx) => {
    const stored = key === undefined ? undefined : await claimAnswer(tx, call.caller, key, fingerprint)
    if (stored && stored.fingerprint !== fingerprint) throw new Refusal('key_reused', { value: key })
    if (stored) return { text: stored.response, replayed: true }
    const response = await work(tx)
    const answer = JSON.stringify(withoutOnce(route, response))
    if (key !== undefined) keepAnswer(tx, call.caller, key, route.status, answer)
    if (isLogged(route, call)) insertStaffAction(tx, actionOf(tx.now, name, route, call))
    return { text: JSON.stringify(response), replayed: false }
  })
}

/** Logs what staff were refused; what they did is logged with it. */
export async function noteRefusal(
  app: App,
  name: string,
  route: Route,
  call: Call<Route>,
  refusal: Refusal,
): Promise<void> {
  if (!isLogged(route, call)) return
  await transact(app, actorOf(call.caller), async (tx) =>
    insertStaffAction(tx, {
      ...actionOf(tx.now, name, route, call),
      status: refusals[refusal.code].status,
      code: refusal.code,
    }),
  )
}

function isLogged(route: Route, call: Call<Route>): boolean {
  return call.caller.scope === 'staff' && route.method !== 'GET'
}

function actionOf(now: Temporal.Instant, name: string, route: Route, call: Call<Route>) {
  const { keyId, name: keyName } = call.caller
  const [about] = Object.values(call.params as Record<string, string>)
  return {
    // In the order of their coming, also within one second.
    actionId: newId('act', call.receivedAt),
    at: now,
    keyId,
    keyName,
    route: name,
    about: about ?? null,
    request: withoutSecrets(route, call.body),
    status: route.status,
    code: null as string | null,
    requestId: call.requestId,
  }
}

function withoutSecrets({ secret = [] }: Route, body: unknown): unknown {
  if (secret.length === 0 || typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).filter(([field]) => !secret.includes(field)))
}

function withoutOnce({ shownOnce }: Route, response: unknown): unknown {
  if (!shownOnce) return response
  return { ...(response as object), ...Object.fromEntries(shownOnce.map((field) => [field, null])) }
}

/** The same whatever the order in which a client writes fields. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, each]) => [key, inOrder(each)])
}
