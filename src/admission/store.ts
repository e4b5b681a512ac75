import type { Tx } from '../base/index.ts'
import { PRICES_AS_OF } from '../pricing/index.ts'
import { availableAt } from '../wallet/index.ts'
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

const NOW = 'greatest($3::timestamptz, w.seen_at)'

// The lists are asked for in a roundabout way that hides how long they are: a statement for one question would else be planned anew each
// time, which took ten times as long as its work. Blocks and expired grants are rare, and looked up where only such are.
const STANDINGS = {
  name: 'read-standings',
  text: `select k.n::int as n, p.account_id as "accountId", p.deleted_at as "deletedAt", a.blocked_reason as "blockedReason",
      exists (select from member m where m.bucket = p.bucket and m.account_id = p.account_id and m.project_id = p.project_id
        and m.user_id = k.user_id and m.removed_at is null) as "isMember",
      w.currency, ${PRICES_AS_OF} as "pricesAsOf",
      ${availableAt(NOW)} - (select coalesce(sum(l.remaining), 0) from lot l where l.bucket = p.bucket and l.account_id = p.account_id
        and l.expired_at is null and l.expires_at <= ${NOW}) as free
    from unnest((select $1::text[]), (select $2::text[])) with ordinality as k(project_id, user_id, n)
    join project p on p.project_id = k.project_id
    join wallet w on w.bucket = p.bucket and w.account_id = p.account_id
    left join account a on a.bucket = p.bucket and a.account_id = p.account_id and a.blocked_at is not null`,
}

type StandingRow = Omit<Standing, 'free'> & { n: number; free: string }

/** Who asks and who would pay, by position; one statement, however many ask. Undefined: no such project. */
export async function readStandings(tx: Tx, asks: readonly Ask[]): Promise<(Standing | undefined)[]> {
  const rows = await tx.query<StandingRow>(STANDINGS, [
    asks.map((ask) => ask.projectId),
    asks.map((ask) => ask.userId),
    tx.now,
  ])
  const found: (Standing | undefined)[] = asks.map(() => undefined)
  for (const row of rows) found[row.n - 1] = { ...row, free: BigInt(row.free) }
  return found
}
