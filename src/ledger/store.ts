import type { Tx } from '../base/index.ts'
import type { Gap } from './gaps.ts'

export type PostingSource = 'use' | 'late' | 'charge' | 'draw' | 'undraw' | 'repay' | 'expiry' | 'credit'

/** One row of the journal: `amount` grains (above zero) from one ledger account to another. */
export type Posting = {
  seq: bigint
  source: PostingSource
  sourceId: string | null
  debit: string
  credit: string
  amount: bigint
  /** The stretch of use that a deduction pays for. */
  usedFrom: Temporal.Instant | null
  usedTo: Temporal.Instant | null
  /** When it took effect. */
  at: Temporal.Instant
  /** When it was written. */
  recordedAt: Temporal.Instant
}

const COLUMNS = `seq, source, source_id as "sourceId", debit, credit, amount, used_from as "usedFrom", used_to as "usedTo", at,
      recorded_at as "recordedAt"`
// Postings of use are found by when they took effect, all others by account.
const OTHERS_BEFORE = {
  text: `select ${COLUMNS} from posting
    where bucket = $1 and account_id = $2 and seq < $3 and source <> 'use'
    order by seq desc limit $4`,
}
const OTHER_FROM = {
  text: `select ${COLUMNS} from posting
    where bucket = $1 and account_id = $2 and seq >= $3 and source <> 'use'
    order by seq limit 1`,
}
const USE_IN = {
  text: `select u.* from unnest($3::bigint[], $4::bigint[], $5::int[], $6::timestamptz[], $7::timestamptz[]) as gap(above, below, uses, after, until),
      lateral (select ${COLUMNS} from posting
        where bucket = $1 and account_id = $2 and source = 'use' and seq > gap.above and seq < gap.below and at > gap.after and at <= gap.until
        order by at desc limit gap.uses) u`,
}
// Postings of use are cut at midnight: a stretch is a day at most, which is never as long as two, also where the clocks go back.
const DEDUCTIONS_BEFORE = {
  text: `(select ${COLUMNS} from posting
      where bucket = $1 and account_id = $2 and seq < $3 and source = 'use' and at > $5 and at <= $6::timestamptz + interval '48 hours' and used_from < $6
      order by at desc limit $4)
    union all
    (select ${COLUMNS} from posting
      where bucket = $1 and account_id = $2 and seq < $3 and source = 'late' and used_from < $6 and used_to > $5 and at >= $5
      order by seq desc limit $4)`,
}

/** The newest postings of an account before a number, newest first, but for those of use; and the first that is not before it. */
export async function readOthers(
  tx: Tx,
  bucket: number,
  accountId: string,
  before: bigint,
  limit: number,
): Promise<{ next: Posting | undefined; others: Posting[] }> {
  const [[next], others] = await Promise.all([
    tx.query<Posting>(OTHER_FROM, [bucket, accountId, before]),
    tx.query<Posting>(OTHERS_BEFORE, [bucket, accountId, before, limit]),
  ])
  return { next, others }
}

/** The postings of use in some gaps, in no order. */
export async function readUse(tx: Tx, bucket: number, accountId: string, gaps: readonly Gap[]): Promise<Posting[]> {
  if (gaps.length === 0) return []
  return tx.query<Posting>(USE_IN, [
    bucket,
    accountId,
    gaps.map((gap) => gap.above),
    gaps.map((gap) => gap.below),
    gaps.map((gap) => gap.uses),
    gaps.map((gap) => gap.after ?? '-infinity'),
    gaps.map((gap) => gap.until ?? 'infinity'),
  ])
}

/** The newest deductions of an account before a number for use between two instants: of use and of late use so many each, in no order. */
export function readDeductions(
  tx: Tx,
  bucket: number,
  accountId: string,
  before: bigint,
  limit: number,
  used: { from: Temporal.Instant; to: Temporal.Instant },
): Promise<Posting[]> {
  return tx.query<Posting>(DEDUCTIONS_BEFORE, [bucket, accountId, before, limit, used.from, used.to])
}
