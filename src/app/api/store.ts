import { bucketOf, type Tx } from '../../base/index.ts'
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

export async function keepAnswer(tx: Tx, caller: Caller, key: string, status: number, response: string): Promise<void> {
  await tx.query(
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

export async function insertStaffAction(tx: Tx, action: StaffAction): Promise<void> {
  await tx.query(
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

/** Newest first, after the id `before`. */
export function readStaffActions(
  tx: Tx,
  page: { about?: string; before?: string; limit: number },
): Promise<StaffAction[]> {
  return tx.query<StaffAction>(
    {
      text: `select action_id as "actionId", at, key_id as "keyId", key_name as "keyName", route, about, request, status, code,
          request_id as "requestId"
        from staff_action where ($1::text is null or about = $1) and ($2::text is null or action_id < $2)
        order by action_id desc limit $3`,
    },
    [page.about ?? null, page.before ?? null, page.limit],
  )
}
