import { bucketOf, instantOf, type Tx } from '../base/index.ts'
import { findLastDeduction, findPosting, type Posting } from '../ledger/index.ts'
import { correctedSince, usedAsOf, type UsedStretch } from '../metering/index.ts'

/** Of what a posting's amount is made. */
export type Explanation = {
  posting: Posting
  /** Of a deduction: the use that it took or gave back, in order of start; null: of another posting, which says itself what it is of. */
  stretches: UsedStretch[] | null
}

/**
 * Explains a posting of an account. The stretches of a deduction are rebuilt from the events that were known when it was written, whatever
 * became known later: so they sum to its amount, to the grain (of late use that was given back: to its amount below zero), and never change.
 * Undefined where the journal has none such.
 */
export async function explainPosting(
  tx: Tx,
  account: { accountId: string; currency: string },
  seq: bigint,
): Promise<Explanation | undefined> {
  const { accountId } = account
  const posting = await findPosting(tx, accountId, seq)
  if (!posting) return undefined
  const payer = { ...account, bucket: bucketOf(accountId) }
  const { source, usedFrom, usedTo } = posting
  if (source === 'use') return { posting, stretches: await usedAsOf(tx, payer, seq, usedFrom!, usedTo!) }
  if (source !== 'late') return { posting, stretches: null }
  // All that is deducted is the use up to there as it was known then: what a later one found late is the difference between the two. The
  // use of the same act stands before it and reaches further.
  const last = await findLastDeduction(tx, accountId, seq, usedTo!)
  const was = last ?? { seq: 0n, at: instantOf(0) }
  return { posting, stretches: await correctedSince(tx, payer, was, { seq, at: usedTo! }) }
}
