import { bucketOf, newId, type Tx } from '../../base/index.ts'
import type { Caller } from './call.ts'

export type StoredAnswer = { fingerprint: string; status: number; response: string }

/** Takes a caller's name of a request; answers what stands under it already. A second one at the same time waits for the first. */
export async function claimAnswer(
  tx: Tx,
  caller: Caller,
  key: string,
  fingerprint: string,
): Promise<StoredAnswer | undefined> {
  const bucket = bucketOf(caller.keyId)
  const claimed = await tx.query(
    {
      name: 'claim-answer',
      text: `insert into idempotency_key (bucket, key_id, idempotency_key, fingerprint, created_at) values ($1, $2, $3, $4, $5)
        on conflict (bucket, key_id, idempotency_key) do nothing returning 1`,
    },
    [bucket, caller.keyId, key, fingerprint, tx.now],
  )
  if (claimed.length > 0) return undefined
  const [stored] = await tx.query<StoredAnswer>(
    {
      name: 'find-answer',
      text: `select fingerprint, status, response from idempotency_key where bucket = $1 and key_id = $2 and idempotency_key = $3`,
    },
    [bucket, caller.keyId, key],
  )
  return stored
}

export function keepAnswer(tx: Tx, caller: Caller, key: string, status: number, response: string): void {
  tx.send(
    {
      name: 'keep-answer',
      text: `update idempotency_key set status = $4, response = $5 where bucket = $1 and key_id = $2 and idempotency_key = $3`,
    },
    [bucketOf(caller.keyId), caller.keyId, key, status, response],
  )
}

/** Forgets answers from before an instant. */
export async function forgetAnswers(tx: Tx, before: Temporal.Instant): Promise<void> {
  await tx.query({ text: 'delete from idempotency_key where created_at < $1' }, [before])
}

export type StaffAction = {
  actionId: string
  at: Temporal.Instant
  keyId: string
  keyName: string
  route: string
  /** The id in the address. */
  about: string | null
  request: unknown
  status: number
  code: string | null
  requestId: string
}

export function insertStaffAction(tx: Tx, action: StaffAction): void {
  tx.send(
    {
      text: `insert into staff_action (action_id, at, key_id, key_name, route, about, request, status, code, request_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    },
    [
      action.actionId,
      action.at,
      action.keyId,
      action.keyName,
      action.route,
      action.about,
      action.request === undefined ? null : JSON.stringify(action.request),
      action.status,
      action.code,
      action.requestId,
    ],
  )
}

/** Which actions; what is left out excludes none. `from` up to `to` and not with it. */
export type ActionFilter = {
  about?: string
  keyId?: string
  route?: string
  from?: Temporal.Instant
  to?: Temporal.Instant
}

/** Newest first, after the id `before`. */
export function readStaffActions(
  tx: Tx,
  { about, keyId, route, from, to }: ActionFilter,
  page: { before?: string; limit: number },
): Promise<StaffAction[]> {
  return tx.query<StaffAction>(
    {
      text: `select action_id as "actionId", at, key_id as "keyId", key_name as "keyName", route, about, request, status, code,
          request_id as "requestId"
        from staff_action where ($1::text is null or about = $1) and ($2::text is null or key_id = $2) and ($3::text is null or route = $3)
          and ($4::timestamptz is null or at >= $4 and action_id >= $5) and ($6::timestamptz is null or at < $6 and action_id < $7)
          and ($8::text is null or action_id < $8)
        order by action_id desc limit $9`,
    },
    [
      about ?? null,
      keyId ?? null,
      route ?? null,
      from ?? null,
      from ? idFrom(from.subtract(LONGEST_ACTION)) : null,
      to ?? null,
      to ? idFrom(to.add({ seconds: 1 })) : null,
      page.before ?? null,
      page.limit,
    ],
  )
}

/** An action is done in the second in which its request came, or later: an audit takes four minutes. */
const LONGEST_ACTION = { hours: 1 }

/** Before every id of an action whose request came at an instant or later: with it days are read by the key, and not all that is newer. */
function idFrom(at: Temporal.Instant): string {
  return newId('act', at).slice(0, 'act_'.length + 10)
}

/** Everybody who did something, each under the last name: the index is read once for each, however much they did. */
export function readActors(tx: Tx): Promise<Pick<StaffAction, 'keyId' | 'keyName'>[]> {
  return tx.query({
    text: `with recursive actor as (
        (select key_id, key_name from staff_action order by key_id desc, action_id desc limit 1)
        union all
        select before.* from actor cross join lateral (
          select key_id, key_name from staff_action a where a.key_id < actor.key_id order by key_id desc, action_id desc limit 1) before)
      select key_id as "keyId", key_name as "keyName" from actor order by lower(key_name), key_id`,
  })
}
