import { newId, Refusal, type Tx } from '../base/index.ts'
import { insertKey, readKeys, readKeysByHash, revokeKey as revoke, touchKeys } from './keyStore.ts'
import { checkName } from './name.ts'
import { findUser } from './people.ts'
import { hashOf, newSecret } from './secret.ts'

export type KeyScope = 'customer' | 'platform' | 'staff'
export type KeyState = 'usable' | 'expired' | 'revoked'

/** An API key without its secret. */
export type ApiKey = {
  keyId: string
  name: string
  scope: KeyScope
  /** Of a customer's key. */
  accountId: string | null
  userId: string | null
  /** Whose events a platform's key may send. */
  sources: string[]
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant | null
  revokedAt: Temporal.Instant | null
  lastUsedAt: Temporal.Instant | null
}

export type KeyInput = { name: string; expiresAt?: Temporal.Instant } & (
  | { scope: 'staff' }
  | { scope: 'platform'; sources: readonly string[] }
  | { scope: 'customer'; userId: string }
)

/**
 * Makes a key. Its secret (200 random bits) is in the answer and nowhere else: only its hash is kept.
 * @throws Refusal bad_name, unknown_user, bad_request (no source; an end that is past).
 */
export async function createKey(tx: Tx, input: KeyInput): Promise<{ key: ApiKey; secret: string }> {
  const user = input.scope === 'customer' ? await findUser(tx, input.userId) : undefined
  if (input.scope === 'customer' && !user) throw new Refusal('unknown_user', { value: input.userId })
  if (input.scope === 'platform' && input.sources.length === 0)
    throw new Refusal('bad_request', { detail: 'a platform key names its sources' })
  if (input.expiresAt && Temporal.Instant.compare(input.expiresAt, tx.now) <= 0)
    throw new Refusal('bad_request', { detail: 'expires_at must lie in the future' })
  const key: ApiKey = {
    keyId: newId('key', tx.now),
    name: checkName(input.name),
    scope: input.scope,
    accountId: user?.accountId ?? null,
    userId: user?.userId ?? null,
    sources: input.scope === 'platform' ? [...new Set(input.sources)] : [],
    createdAt: tx.now,
    expiresAt: input.expiresAt ?? null,
    revokedAt: null,
    lastUsedAt: null,
  }
  const secret = newSecret(key.scope)
  await insertKey(tx, key, hashOf(secret))
  return { key, secret }
}

/** The keys of secrets, by position, whether they may still be used or not; undefined where there is none. */
export async function findKeys(tx: Tx, secrets: readonly string[]): Promise<(ApiKey | undefined)[]> {
  const hashes = secrets.map(hashOf)
  const found = new Map((await readKeysByHash(tx, hashes)).map(({ hash, ...key }) => [hash, key]))
  return hashes.map((hash) => found.get(hash))
}

/** Whether a key may be used at an instant, or why not. */
export function stateOf({ revokedAt, expiresAt }: ApiKey, at: Temporal.Instant): KeyState {
  if (revokedAt) return 'revoked'
  return expiresAt && Temporal.Instant.compare(at, expiresAt) >= 0 ? 'expired' : 'usable'
}

/** Which keys; what is left out excludes none. */
export type KeyFilter = { userId?: string; scope?: KeyScope; revoked?: boolean }

/** Keys, the newest first; up to `limit` before the id `before`. */
export function listKeys(tx: Tx, filter: KeyFilter, page: { before?: string; limit: number }): Promise<ApiKey[]> {
  return readKeys(tx, filter, page)
}

/** Ends a key for good; a second time changes nothing. `userId`: only one of that user's. Undefined: there is none such. */
export function revokeKey(tx: Tx, keyId: string, userId?: string): Promise<ApiKey | undefined> {
  return revoke(tx, keyId, userId)
}

/** Notes when keys were used last. */
export function noteKeyUse(tx: Tx, uses: ReadonlyMap<string, Temporal.Instant>): Promise<void> {
  return touchKeys(tx, uses)
}
