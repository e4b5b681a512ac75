import { bucketOf, Refusal, snapshot, SYSTEM, type App, type Row, type Tx } from '../base/index.ts'
import { identityInvariants } from '../identity/index.ts'
import { ledgerInvariants, type Invariant } from '../ledger/index.ts'
import { meteringInvariants } from '../metering/index.ts'
import { cardInvariants, paymentInvariants } from '../payments/index.ts'
import { pricingInvariants } from '../pricing/index.ts'
import { settlementInvariants } from '../settlement/index.ts'
import { walletInvariants } from '../wallet/index.ts'

/** Every invariant of every room. */
export const invariants: readonly Invariant[] = [
  ...identityInvariants,
  ...pricingInvariants,
  ...ledgerInvariants,
  ...walletInvariants,
  ...meteringInvariants,
  ...settlementInvariants,
  ...cardInvariants,
  ...paymentInvariants,
]

/** An invariant that does not hold, and where: the first hundred rows, and whether there are more. */
export type Violation = { invariant: string; meaning: string; rows: Row[]; more: boolean }
export type Audit = {
  violations: Violation[]
  /** How many invariants were looked at. */
  checked: number
  /** How long it took, by the app's clock (0 where that stands still). */
  seconds: number
}

const MOST_ROWS = 100
// Estimates over books that were just loaded are far off: a nested loop over two large sides would take hours, and hashing
// never takes long. 64 MB: sorts and hashes of a few million rows stay out of files.
const SETTINGS = `set local enable_nestloop = off; set local jit = off; set local work_mem = '64MB'`

/**
 * Holds the books against every invariant, in one picture of them, without blocking anyone.
 * @param options.accounts looks only at these; by default at all.
 * @param options.seconds ends it after so long; by default never.
 * @throws Refusal audit_too_long.
 */
export async function audit(
  app: App,
  options: { accounts?: readonly string[]; seconds?: number } = {},
): Promise<Audit> {
  const { accounts, seconds } = options
  const began = app.clock.now()
  const violations = await snapshot(app, SYSTEM, async (tx) => {
    await tx.query({ text: SETTINGS })
    const found: Violation[] = []
    for (const invariant of invariants) {
      if (seconds !== undefined) await endWithin(tx, seconds - app.clock.now().since(began).total('seconds'))
      const violation = await check(tx, invariant, accounts)
      if (violation) found.push(violation)
    }
    return found
  }).catch((error: unknown) => {
    if ((error as { code?: string }).code !== QUERY_CANCELED || seconds === undefined) throw error
    throw new Refusal('audit_too_long', { seconds })
  })
  return { violations, checked: invariants.length, seconds: app.clock.now().since(began).total('seconds') }
}

const QUERY_CANCELED = '57014'

/** The next statement is ended by the database; no time at all would be no limit there. */
async function endWithin(tx: Tx, seconds: number): Promise<void> {
  await tx.query({ text: `set local statement_timeout = ${Math.max(1, Math.floor(seconds * 1000))}` })
}

async function check(
  tx: Tx,
  invariant: Invariant,
  accounts: readonly string[] | undefined,
): Promise<Violation | undefined> {
  // Materialized: a limit would otherwise make the planner hope for early rows, and in right books there is none.
  const text = `with violation as materialized (
      select * from (${invariant.sql}) found
      where $1::text <> '' and ($2::integer[] is null or (bucket = any($2::integer[]) and account_id = any($3::text[])))
    ) select * from violation limit ${MOST_ROWS + 1}`
  const rows = await tx.query({ text }, [tx.timeZone, accounts?.map(bucketOf) ?? null, accounts ?? null])
  if (rows.length === 0) return undefined
  return {
    invariant: invariant.name,
    meaning: invariant.meaning,
    rows: rows.slice(0, MOST_ROWS),
    more: rows.length > MOST_ROWS,
  }
}
