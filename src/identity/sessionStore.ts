import type { Tx } from '../base/index.ts'
import type { User } from './people.ts'
import type { Session } from './session.ts'
import { readUsers } from './store.ts'

const SESSION = `session_id as "sessionId", bucket, account_id as "accountId", user_id as "userId", device, address,
  created_at as "createdAt", seen_at as "seenAt", expires_at as "expiresAt", ended_at as "endedAt"`

export async function insertSession(tx: Tx, session: Session, hash: string): Promise<void> {
  await tx.query(
    {
      text: `insert into session (session_id, token_hash, bucket, account_id, user_id, device, address, created_at, seen_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (token_hash) do nothing`,
    },
    [
      session.sessionId,
      hash,
      session.bucket,
      session.accountId,
      session.userId,
      session.device,
      session.address,
      session.createdAt,
      session.seenAt,
      session.expiresAt,
    ],
  )
}

type SessionOf = { session: Session; user: User }

/** Sessions with whose they are, by the hashes of their secrets, as far as there are such. */
export async function readSessionsByHash(tx: Tx, hashes: readonly string[]): Promise<Map<string, SessionOf>> {
  const rows = await tx.query<Session & { hash: string }>(
    {
      name: 'read-sessions-by-hash',
      text: `select ${SESSION}, token_hash as hash from session where token_hash = any((select $1::text[])::text[])`,
    },
    [hashes],
  )
  const users = rows.length === 0 ? [] : await readUsers(tx, [...new Set(rows.map(({ userId }) => userId))])
  const byId = new Map(users.map((user) => [user.userId, user]))
  return new Map(
    rows.flatMap(({ hash, ...session }) => {
      const user = byId.get(session.userId)
      return user ? [[hash, { session, user }]] : []
    }),
  )
}

export function readSessions(tx: Tx, userId: string): Promise<Session[]> {
  return tx.query<Session>({ text: `select ${SESSION} from session where user_id = $1 order by session_id desc` }, [
    userId,
  ])
}

export async function touchSession(tx: Tx, { sessionId }: Session): Promise<void> {
  await tx.query({ text: 'update session set seen_at = greatest(seen_at, $2) where session_id = $1' }, [
    sessionId,
    tx.now,
  ])
}

export async function closeSession(tx: Tx, userId: string, sessionId: string): Promise<boolean> {
  const written = await tx.execute(
    { text: 'update session set ended_at = coalesce(ended_at, $3) where session_id = $1 and user_id = $2' },
    [sessionId, userId, tx.now],
  )
  return written > 0
}

export async function closeSessions(tx: Tx, userId: string, but: string | null): Promise<void> {
  await tx.query(
    {
      text: `update session set ended_at = $3
        where user_id = $1 and session_id is distinct from $2 and ended_at is null`,
    },
    [userId, but, tx.now],
  )
}

export async function deleteOldSessions(tx: Tx, seenBefore: Temporal.Instant): Promise<void> {
  await tx.query({ text: 'delete from session where expires_at <= $1 or seen_at < $2' }, [tx.now, seenBefore])
}
