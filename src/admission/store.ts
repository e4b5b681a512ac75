import type { Tx } from '../base/index.ts'
import type { Ask, Standing } from './decide.ts'

/** Locks the wallets of those who pay for some projects, in the order in which every transaction locks them. */
export async function lockWalletsOf(tx: Tx, projectIds: readonly string[]): Promise<void> {
  await tx.query(
    {
      name: 'lock-wallets-of',
      text: `select 1 from wallet where (bucket, account_id) in (
          select bucket, account_id from project where project_id = any($1::text[]))
        order by bucket, account_id for update`,
    },
    [projectIds],
  )
}

const STANDING = (keys: string, wasHeld: string, hold: string) =>
  `select k.n::int as n, p.account_id as "accountId", p.deleted_at as "deletedAt",
    m.user_id is not null as "isMember", a.blocked_reason as "blockedReason", ${wasHeld} as "wasHeld",
    w.currency, w.balance, w.accrued, w.late, w.rate, w.held, w.settled_at as "settledAt", w.seen_at as "seenAt"
  from ${keys}
  join project p on p.project_id = k.project_id
  join account a on a.bucket = p.bucket and a.account_id = p.account_id
  join wallet w on w.bucket = p.bucket and w.account_id = p.account_id
  left join member m on m.bucket = p.bucket and m.account_id = p.account_id and m.project_id = p.project_id
    and m.user_id = k.user_id and m.removed_at is null ${hold}`
const STANDINGS = {
  name: 'read-standings',
  text: STANDING('unnest($1::text[], $2::text[]) with ordinality as k(project_id, user_id, n)', 'false', ''),
}
// Without a name, so that it is planned each time by how large the table of holds is now: a plan from when it was empty reads all of it
// for each question (38 ms for 64 of them beside 6,000 holds, instead of 8).
const STANDINGS_WITH_HOLDS = {
  text: STANDING(
    'unnest($1::text[], $2::text[], $3::text[]) with ordinality as k(project_id, user_id, hold_id, n)',
    'h.hold_id is not null',
    'left join hold h on h.bucket = p.bucket and h.account_id = p.account_id and h.hold_id = k.hold_id',
  ),
}

type StandingRow = Standing & { n: number }

/** Who asks and who would pay, by position; one statement, however many ask. Undefined: no such project. */
export async function readStandings(tx: Tx, asks: readonly Ask[]): Promise<(Standing | undefined)[]> {
  const holds = asks.some((ask) => ask.hold !== 'none')
  const rows = await tx.query<StandingRow>(holds ? STANDINGS_WITH_HOLDS : STANDINGS, [
    asks.map((ask) => ask.projectId),
    asks.map((ask) => ask.userId),
    ...(holds ? [asks.map((ask) => (ask.hold === 'none' ? null : ask.hold.holdId))] : []),
  ])
  const found: (Standing | undefined)[] = asks.map(() => undefined)
  for (const row of rows) found[row.n - 1] = row
  return found
}
