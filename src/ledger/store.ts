import type { Tx } from '../base/index.ts'

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
const POSTINGS_BEFORE = {
  text: `select ${COLUMNS}
    from posting
    where bucket = $1 and account_id = $2 and seq < $3
    order by seq desc limit $4`,
}
// A posting takes effect no earlier than the use that it is for, so the months before that are not looked at.
const DEDUCTIONS_BEFORE = {
  text: `select ${COLUMNS}
    from posting
    where bucket = $1 and account_id = $2 and seq < $3 and source in ('use', 'late') and used_from < $6 and used_to > $5 and at >= $5
    order by seq desc limit $4`,
}

/** The postings of an account before a number, newest first. */
export function readPostings(
  tx: Tx,
  bucket: number,
  accountId: string,
  before: bigint,
  limit: number,
): Promise<Posting[]> {
  return tx.query<Posting>(POSTINGS_BEFORE, [bucket, accountId, before, limit])
}

/** The deductions of an account before a number for use between two instants, newest first. */
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

/** The last posting of use or late use before a number that took effect by an instant. */
export async function readLastDeduction(
  tx: Tx,
  bucket: number,
  accountId: string,
  before: bigint,
  by: Temporal.Instant,
): Promise<{ seq: bigint; at: Temporal.Instant } | undefined> {
  const [last] = await tx.query<{ seq: bigint; at: Temporal.Instant }>(
    {
      text: `select seq, at from posting
        where bucket = $1 and account_id = $2 and seq < $3 and source in ('use', 'late') and at <= $4 order by seq desc limit 1`,
    },
    [bucket, accountId, before, by],
  )
  return last
}
