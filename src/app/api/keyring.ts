import { glance, SYSTEM, transact, type App } from '../../base/index.ts'
import {
  findKeys,
  findSessions,
  isOpen,
  isSeenLongAgo,
  noteKeyUse,
  noteSession,
  stateOf,
  type ApiKey,
} from '../../identity/index.ts'
import type { Caller } from './call.ts'
import { gather } from './gather.ts'

/** A key or session that is ended elsewhere is refused here after at most this long; one ended here at once. */
const KEPT_MS = 1000
/** So often it is written down when keys were used. */
const NOTED_MS = 10_000
const MOST_LOOKED_UP = 500
const KEY = /^Bearer (corehour_(?:customer|platform|staff)_[0-9a-f]{50})$/
const SESSION = /^corehour_session_[0-9a-f]{50}$/

/** Who is calling, by the Authorization header or else the secret of a session. */
export type Keyring = {
  /**
   * Undefined: no key and no session that may be used. Of a key nearly always known at once, and then no promise: one would cost a request
   * more than the look.
   */
  callerOf(authorization: string | undefined, session?: string): Caller | undefined | Promise<Caller | undefined>
  /** Looks keys and sessions up anew. */
  forget(): void
  close(): Promise<void>
}
/** What the secret of a session stands for. */
type Opened = NonNullable<Awaited<ReturnType<typeof findSessions>>[number]>

/** Keeps callers for a second, so that a request costs no query of its own for its key or session. */
export function openKeyring(app: App): Keyring {
  const keys = keep((secrets: readonly string[]) => glance(app, SYSTEM, (tx) => findKeys(tx, secrets)))
  const sessions = keep((secrets: readonly string[]) => glance(app, SYSTEM, (tx) => findSessions(tx, secrets)))
  const uses = new Map<string, Temporal.Instant>()
  const forget = () => {
    keys.forget()
    sessions.forget()
  }
  const note = async () => {
    if (uses.size === 0) return
    const noted = new Map(uses)
    uses.clear()
    await transact(app, { kind: 'system', id: 'keyring' }, (tx) => noteKeyUse(tx, noted))
  }
  const forgetting = setInterval(forget, KEPT_MS)
  const noting = setInterval(() => {
    note().catch((error: unknown) => app.log.error({ error }, 'the last use of keys was not noted'))
  }, NOTED_MS)
  for (const timer of [forgetting, noting]) timer.unref()

  const useKey = (key: ApiKey | undefined) => {
    const now = app.clock.now()
    if (!key || stateOf(key, now) !== 'usable') return undefined
    uses.set(key.keyId, now)
    return key
  }
  const useSession = async (secret: string) => {
    const found = await sessions.find(secret)
    const now = app.clock.now()
    if (!found || !isOpen(found, now)) return undefined
    if (isSeenLongAgo(found.session, now)) {
      sessions.forget(secret)
      await transact(app, SYSTEM, (tx) => noteSession(tx, found.session))
    }
    return personOf(found)
  }
  return {
    callerOf(authorization, session) {
      if (authorization === undefined) return session && SESSION.test(session) ? useSession(session) : undefined
      const secret = KEY.exec(authorization)?.[1]
      const key = secret && keys.find(secret)
      if (!key) return undefined
      return key instanceof Promise ? key.then(useKey) : useKey(key)
    },
    forget,
    async close() {
      clearInterval(forgetting)
      clearInterval(noting)
      await note()
    },
  }
}

/** Keeps what was looked up. All is let go of together, and what is still used then is looked up together. */
function keep<Value extends object>(look: (secrets: readonly string[]) => Promise<(Value | undefined)[]>) {
  let kept = new Map<string, Value>()
  const load = gather(look, { most: MOST_LOOKED_UP })
  const loadOne = async (secret: string) => {
    // What was asked before all was forgotten is kept where nobody looks any more.
    const into = kept
    const found = await load(secret)
    // What isn't there is not kept: guesses must not fill the memory.
    if (found) into.set(secret, found)
    return found
  }
  return {
    find: (secret: string): Value | Promise<Value | undefined> => kept.get(secret) ?? loadOne(secret),
    /** One of them, or all. */
    forget: (secret?: string) => void (secret === undefined ? (kept = new Map()) : kept.delete(secret)),
  }
}

/** A person as a caller: a customer with the own account, or staff, who see every account and have none here. */
function personOf({ session, user }: Opened): Caller {
  const { userId, accountId, name, staffRole } = user
  const person = { userId, sessionId: session.sessionId, staffRole }
  const common = { keyId: userId, name, sources: [], person }
  if (staffRole !== null) return { ...common, scope: 'staff', accountId: null, userId: null }
  return { ...common, scope: 'customer', accountId, userId }
}
