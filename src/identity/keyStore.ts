import type { Tx } from '../base/index.ts'
import type { ApiKey, KeyFilter } from './key.ts'

const KEY = `key_id as "keyId", name, scope, account_id as "accountId", user_id as "userId", sources, created_at as "createdAt",
  expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt"`

export async function insertKey(tx: Tx, key: ApiKey, hash: string): Promise<void> {
  await tx.query(
    {
      text: `insert into api_key (key_id, secret_hash, name, scope, account_id, user_id, sources, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    },
    [key.keyId, hash, key.name, key.scope, key.accountId, key.userId, key.sources, key.createdAt, key.expiresAt],
  )
}

export function readKeysByHash(tx: Tx, hashes: readonly string[]): Promise<(ApiKey & { hash: string })[]> {
  return tx.query(
    {
      name: 'read-keys-by-hash',
      text: `select ${KEY}, secret_hash as hash from api_key where secret_hash = any((select $1::text[])::text[])`,
    },
    [hashes],
  )
}

export function readKeys(
  tx: Tx,
  { userId, scope, revoked }: KeyFilter,
  { before, limit }: { before?: string; limit: number },
): Promise<ApiKey[]> {
  return tx.query<ApiKey>(
    {
      text: `select ${KEY} from api_key
        where ($1::text is null or user_id = $1) and ($2::text is null or scope = $2)
          and ($3::boolean is null or (revoked_at is not null) = $3) and ($4::text is null or key_id < $4)
        order by key_id desc limit $5`,
    },
    [userId ?? null, scope ?? null, revoked ?? null, before ?? null, limit],
  )
}

export async function revokeKey(tx: Tx, keyId: string, userId?: string): Promise<ApiKey | undefined> {
  const [key] = await tx.query<ApiKey>(
    {
      text: `update api_key set revoked_at = coalesce(revoked_at, $2)
        where key_id = $1 and ($3::text is null or user_id = $3) returning ${KEY}`,
    },
    [keyId, tx.now, userId ?? null],
  )
  return key
}

export async function touchKeys(tx: Tx, uses: ReadonlyMap<string, Temporal.Instant>): Promise<void> {
  await tx.query(
    {
      text: `update api_key k set last_used_at = greatest(k.last_used_at, u.at)
        from unnest($1::text[], $2::timestamptz[]) as u(key_id, at) where k.key_id = u.key_id`,
    },
    [[...uses.keys()], [...uses.values()]],
  )
}
