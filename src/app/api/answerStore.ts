import { bucketOf, type Tx } from '../../base/index.ts'
import type { StoredAnswer } from './store.ts'

/** A caller's name of a request, and what it asked. */
export type Named = { keyId: string; idempotencyKey: string; fingerprint: string }

/** What stands under some callers' names, by position. Without a name of its own: planned by how large the table is now. */
export async function findAnswers(tx: Tx, names: readonly Named[]): Promise<(StoredAnswer | undefined)[]> {
  if (names.length === 0) return []
  const rows = await tx.query<StoredAnswer & { n: number }>(
    {
      text: `select n.n::int as n, i.fingerprint, i.status, i.response
        from unnest($1::int[], $2::text[], $3::text[]) with ordinality as n(bucket, key_id, idempotency_key, n)
        join idempotency_key i on i.bucket = n.bucket and i.key_id = n.key_id and i.idempotency_key = n.idempotency_key`,
    },
    columns(names),
  )
  const found: (StoredAnswer | undefined)[] = names.map(() => undefined)
  for (const row of rows) found[row.n - 1] = row
  return found
}

/**
 * Keeps answers under their names, all different; answers by position which were kept. One is not where the name was taken meanwhile:
 * whoever takes it at the same time waits for the end of the other's transaction.
 */
export async function insertAnswers(
  tx: Tx,
  answers: readonly (Named & { status: number; response: string })[],
): Promise<boolean[]> {
  if (answers.length === 0) return []
  const ordered = answers.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const rows = await tx.query<{ keyId: string; idempotencyKey: string }>(
    {
      name: 'insert-answers',
      text: `insert into idempotency_key (bucket, key_id, idempotency_key, fingerprint, status, response, created_at)
        select *, $7::timestamptz from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[])
        on conflict (bucket, key_id, idempotency_key) do nothing returning key_id as "keyId", idempotency_key as "idempotencyKey"`,
    },
    [
      ...columns(ordered),
      ordered.map((each) => each.fingerprint),
      ordered.map((each) => each.status),
      ordered.map((each) => each.response),
      tx.now,
    ],
  )
  const kept = new Set(rows.map(nameOf))
  return answers.map((each) => kept.has(nameOf(each)))
}

function nameOf({ keyId, idempotencyKey }: { keyId: string; idempotencyKey: string }): string {
  return `${keyId}\0${idempotencyKey}`
}

function columns(names: readonly Named[]): [number[], string[], string[]] {
  // Many requests of few callers.
  const buckets = new Map<string, number>()
  const bucketIn = ({ keyId }: Named) => {
    const bucket = buckets.get(keyId) ?? bucketOf(keyId)
    buckets.set(keyId, bucket)
    return bucket
  }
  return [names.map(bucketIn), names.map((each) => each.keyId), names.map((each) => each.idempotencyKey)]
}
