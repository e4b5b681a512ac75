import { SYSTEM, transact, type App, type Tx } from '../../base/index.ts'
import {
  findKey,
  findSession,
  isOpen,
  isSeenLongAgo,
  isUsable,
  noteKeyUse,
  noteSession,
  type ApiKey,
} from '../../identity/index.ts'
import type { Caller } from './call.ts'

/** A key or session that is ended elsewhere is refused here after at most this long; one ended here at once. */
const KEPT_MS = 1000
/** So often it is written down when keys were used. */
const NOTED_MS = 10_000
const KEY = /^Bearer (corehour_(?:customer|platform|staff)_[0-9a-f]{50})$/
const SESSION = /^corehour_session_[0-9a-f]{50}$/

/** Who is calling, by the Authorization header or else the secret of a session. */
export type Keyring = {
  /** Undefined: no key and no session that may be used. */
  callerOf(authorization: string | undefined, session?: string): Promise<Caller | undefined>
  /** Looks keys and sessions up anew. */
  forget(): void
  close(): Promise<void>
}
/** What a secret stands for. */
type Found = { key: ApiKey } | NonNullable<Awaited<ReturnType<typeof findSession>>>

/** Keeps callers for a second, so that a request costs no query of its own for its key or session. */
export function openKeyring(app: App): Keyring {
  const kept = new Map<string, Promise<Found | undefined>>()
  const uses = new Map<string, Temporal.Instant>()
  const note = async () => {
    if (uses.size === 0) return
    const noted = new Map(uses)
    uses.clear()
    await transact(app, { kind: 'system', id: 'keyring' }, (tx) => noteKeyUse(tx, noted))
  }
  const forgetting = setInterval(() => kept.clear(), KEPT_MS)
  const noting = setInterval(() => {
    note().catch((error: unknown) => app.log.error({ error }, 'the last use of keys was not noted'))
  }, NOTED_MS)
  for (const timer of [forgetting, noting]) timer.unref()

  function find(secret: string): Promise<Found | undefined> {
    const known = kept.get(secret)
    if (known) return known
    const found = transact(app, SYSTEM, (tx) => lookUp(tx, secret))
    kept.set(secret, found)
    // What isn't there is not kept: guesses must not fill the memory.
    found.then(
      (each) => each ?? kept.delete(secret),
      () => kept.delete(secret),
    )
    return found
  }

  return {
    async callerOf(authorization, session) {
      const secret = authorization === undefined ? session : KEY.exec(authorization)?.[1]
      if (secret === undefined || (authorization === undefined && !SESSION.test(secret))) return undefined
      const found = await find(secret)
      const now = app.clock.now()
      if (!found) return undefined
      if ('key' in found) {
        if (!isUsable(found.key, now)) return undefined
        uses.set(found.key.keyId, now)
        return found.key
      }
      if (!isOpen(found, now)) return undefined
      if (isSeenLongAgo(found.session, now)) {
        kept.delete(secret)
        await transact(app, SYSTEM, (tx) => noteSession(tx, found.session))
      }
      return personOf(found)
    },
    forget: () => kept.clear(),
    async close() {
      clearInterval(forgetting)
      clearInterval(noting)
      await note()
    },
  }
}

async function lookUp(tx: Tx, secret: string): Promise<Found | undefined> {
  if (SESSION.test(secret)) return findSession(tx, secret)
  const key = await findKey(tx, secret)
  return key && { key }
}

/** A person as a caller: a customer with the own account, or staff, who see every account and have none here. */
function personOf({ session, user }: Exclude<Found, { key: ApiKey }>): Caller {
  const { userId, accountId, name, staffRole } = user
  const person = { userId, sessionId: session.sessionId, staffRole }
  const common = { keyId: userId, name, sources: [], person }
  if (staffRole !== null) return { ...common, scope: 'staff', accountId: null, userId: null }
  return { ...common, scope: 'customer', accountId, userId }
}
