import { SYSTEM, transact, type App } from '../../base/index.ts'
import { findKey, isUsable, noteKeyUse, type ApiKey } from '../../identity/index.ts'

/** A key that is revoked elsewhere is refused here after at most this long; one revoked here at once. */
const KEPT_MS = 1000
/** So often it is written down when keys were used. */
const NOTED_MS = 10_000
const SECRET = /^Bearer (corehour_(?:customer|platform|staff)_[0-9a-f]{50})$/

/** Who is calling, by the Authorization header. */
export type Keyring = {
  /** Undefined: no key that may be used. */
  callerOf(authorization: string | undefined): Promise<ApiKey | undefined>
  /** Looks keys up anew. */
  forget(): void
  close(): Promise<void>
}

/** Keeps the keys of callers for a second, so that a request costs no query of its own for its key. */
export function openKeyring(app: App): Keyring {
  const kept = new Map<string, Promise<ApiKey | undefined>>()
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
  return {
    async callerOf(authorization) {
      const secret = SECRET.exec(authorization ?? '')?.[1]
      if (!secret) return undefined
      let found = kept.get(secret)
      if (!found) {
        found = transact(app, SYSTEM, (tx) => findKey(tx, secret))
        kept.set(secret, found)
        // What isn't there is not kept: guesses must not fill the memory.
        found.then(
          (key) => key ?? kept.delete(secret),
          () => kept.delete(secret),
        )
      }
      const key = await found
      const now = app.clock.now()
      if (!key || !isUsable(key, now)) return undefined
      uses.set(key.keyId, now)
      return key
    },
    forget: () => kept.clear(),
    async close() {
      clearInterval(forgetting)
      clearInterval(noting)
      await note()
    },
  }
}
