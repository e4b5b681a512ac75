import { newId, type Tx } from '../base/index.ts'
import type { User, UserKey } from './people.ts'
import { hashOf } from './secret.ts'
import {
  closeSession,
  closeSessions,
  insertSession,
  readSessionsByHash,
  readSessions,
  touchSession,
} from './sessionStore.ts'

/** A person who is signed in, somewhere. */
export type Session = UserKey & {
  sessionId: string
  /** As its browser names itself. */
  device: string
  /** Of the network, when it was signed in. */
  address: string
  createdAt: Temporal.Instant
  seenAt: Temporal.Instant
  /** When it ends in any case. */
  expiresAt: Temporal.Instant
  /** When somebody ended it. */
  endedAt: Temporal.Instant | null
}
/** From where somebody signs in. */
export type Place = { device: string; address: string }

/** NIST SP 800-63B-4: a month for whom a password is enough, a day and an hour's idleness for who may touch others' money. */
export const LASTS = { person: { hours: 30 * 24, idle: 7 * 24 }, staff: { hours: 24, idle: 1 } }
/** A request writes nothing but once in a while; a session ends that much earlier at most. */
const SEEN_SECONDS = 300
const LONGEST_DEVICE = 300

/** Opens a session under a new secret, of which only the hash is kept. The same secret again opens nothing more. */
export async function beginSession(tx: Tx, user: User, place: Place, token: string): Promise<Session> {
  const { bucket, accountId, userId } = user
  const session: Session = {
    sessionId: newId('sess', tx.now),
    ...{ bucket, accountId, userId },
    device: place.device.slice(0, LONGEST_DEVICE).toWellFormed().replaceAll('\0', ''),
    address: place.address,
    createdAt: tx.now,
    seenAt: tx.now,
    expiresAt: tx.now.add({ hours: lastsOf(user).hours }),
    endedAt: null,
  }
  await insertSession(tx, session, hashOf(token))
  return (await findSessions(tx, [token]))[0]!.session
}

/** The sessions of secrets and whose they are, by position, whether they are over or not. */
export async function findSessions(
  tx: Tx,
  tokens: readonly string[],
): Promise<({ session: Session; user: User } | undefined)[]> {
  const hashes = tokens.map(hashOf)
  const found = await readSessionsByHash(tx, hashes)
  return hashes.map((hash) => found.get(hash))
}

/** Whether a session still counts at an instant. */
export function isOpen({ session, user }: { session: Session; user: User }, at: Temporal.Instant): boolean {
  if (session.endedAt) return false
  const idle = session.seenAt.add({ hours: lastsOf(user).idle })
  return Temporal.Instant.compare(at, session.expiresAt) < 0 && Temporal.Instant.compare(at, idle) < 0
}

/** Whether it is time to write down that a session was used. */
export function isSeenLongAgo({ seenAt }: Session, at: Temporal.Instant): boolean {
  return at.since(seenAt).total('seconds') >= SEEN_SECONDS
}

/** Writes down that a session was used. */
export function noteSession(tx: Tx, session: Session): Promise<void> {
  return touchSession(tx, session)
}

/** The sessions of a user that count, the newest first. */
export async function listSessions(tx: Tx, user: User): Promise<Session[]> {
  const found = await readSessions(tx, user.userId)
  return found.filter((session) => isOpen({ session, user }, tx.now))
}

/** Ends one session of a user's, a second time without effect; whether there is one. */
export function endSession(tx: Tx, userId: string, sessionId: string): Promise<boolean> {
  return closeSession(tx, userId, sessionId)
}

/** Ends all sessions of a user, but for one. */
export function endSessions(tx: Tx, userId: string, but?: string): Promise<void> {
  return closeSessions(tx, userId, but ?? null)
}

function lastsOf({ staffRole }: User) {
  return staffRole === null ? LASTS.person : LASTS.staff
}
