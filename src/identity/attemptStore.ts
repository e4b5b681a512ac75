import type { Tx } from '../base/index.ts'

/**
 * Takes one try, which is used up for `seconds` from when the ones before are; whether so many are not taken already that `ahead` seconds
 * would have to pass. One that is counted twice, because its commit's answer was lost, harms nobody.
 */
export async function takeAttempt(tx: Tx, name: string, seconds: number, ahead: number): Promise<boolean> {
  const rows = await tx.query(
    {
      name: 'take-attempt',
      text: `insert into attempt (name, used_until) values ($1, $2)
        on conflict (name) do update set used_until = greatest(attempt.used_until, $3) + make_interval(secs => $4)
        where attempt.used_until <= $5 returning 1`,
    },
    [name, tx.now.add({ seconds }), tx.now, seconds, tx.now.add({ seconds: ahead })],
  )
  return rows.length > 0
}

export async function readAttempt(tx: Tx, name: string): Promise<Temporal.Instant | undefined> {
  const [row] = await tx.query<{ usedUntil: Temporal.Instant }>(
    { text: `select used_until as "usedUntil" from attempt where name = $1` },
    [name],
  )
  return row?.usedUntil
}

export async function returnAttempt(tx: Tx, name: string, seconds: number): Promise<void> {
  await tx.query({ text: `update attempt set used_until = used_until - make_interval(secs => $2) where name = $1` }, [
    name,
    seconds,
  ])
}

export async function deleteAttempts(tx: Tx, name: string): Promise<void> {
  await tx.query({ text: 'delete from attempt where name = $1' }, [name])
}

export async function deleteUnusedAttempts(tx: Tx): Promise<void> {
  await tx.query({ text: 'delete from attempt where used_until < $1' }, [tx.now])
}
