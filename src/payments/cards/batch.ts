import { assert, bucketOf, GRAINS_PER_MINOR, newId, Refusal, type Tx } from '../../base/index.ts'
import { keepOf, makeCode, readCode } from './code.ts'
import {
  countRedeemed,
  insertBatch,
  insertCodes,
  lockBatch,
  markRevoked,
  readBatch,
  readBatches,
  readBatchOfRequest,
} from './store.ts'

/** What every code of a batch gives, and until when it can be redeemed. */
export type BatchTerms = {
  currency: string
  /** Grains of one card; whole cents. */
  amount: bigint
  /** How many codes; 1 to 10,000. */
  count: number
  /** When the cards expire: at an instant, or so many days of 24 hours after each is redeemed. One of the two. */
  expiresAt: Temporal.Instant | null
  validDays: number | null
  /** From then on no code is taken any more. */
  redeemBy: Temporal.Instant | null
  /** An account redeems one code of the batch and no second. */
  oncePerAccount: boolean
  note: string | null
}

/** A batch as it stands. */
export type Batch = BatchTerms & {
  batchId: string
  createdAt: Temporal.Instant
  revokedAt: Temporal.Instant | null
}
export type CountedBatch = Batch & { redeemed: number }

/**
 * Issues a batch of codes. They are in this answer and nowhere else: the same request again answers the batch, and null for its codes.
 * @throws Refusal bad_request (not one of the two validities, a redeem_by that is past), grant_expired, key_reused (same request, other terms).
 */
export async function issueBatch(
  tx: Tx,
  terms: BatchTerms,
  requestId: string,
): Promise<{ batch: CountedBatch; codes: string[] | null }> {
  assert(terms.amount > 0n && terms.amount % GRAINS_PER_MINOR === 0n, 'a card comes in whole cents')
  const stored = await readBatchOfRequest(tx, requestId)
  if (stored) return { batch: await counted(tx, sameTerms(stored, terms, requestId)), codes: null }
  checkValidity(tx, terms)
  const batch = { ...terms, batchId: newId('batch', tx.now), createdAt: tx.now, revokedAt: null }
  await insertBatch(tx, batch, requestId)
  const codes = Array.from({ length: terms.count }, makeCode)
  const kept = codes.map(readCode).map((code) => ({ bucket: bucketOf(code), ...keepOf(code) }))
  await insertCodes(tx, batch.batchId, kept)
  return { batch: { ...batch, redeemed: 0 }, codes }
}

function checkValidity(tx: Tx, { expiresAt, validDays, redeemBy }: BatchTerms): void {
  const isPast = (at: Temporal.Instant | null) => at !== null && Temporal.Instant.compare(at, tx.now) <= 0
  if ((expiresAt === null) === (validDays === null))
    throw new Refusal('bad_request', {
      detail: 'cards expire at expires_at or valid_days after they are redeemed: name one',
    })
  if (isPast(expiresAt)) throw new Refusal('grant_expired', { value: String(expiresAt) })
  if (isPast(redeemBy)) throw new Refusal('bad_request', { detail: 'redeem_by must lie in the future' })
}

function sameTerms(stored: Batch, terms: BatchTerms, requestId: string): Batch {
  const names = Object.keys(terms) as (keyof BatchTerms)[]
  if (names.some((name) => String(stored[name]) !== String(terms[name])))
    throw new Refusal('key_reused', { value: requestId })
  return stored
}

/**
 * Ends a batch for good: what is not redeemed can't be any more, what is stays. A second time changes nothing. Undefined: there is none such.
 */
export async function revokeBatch(tx: Tx, batchId: string): Promise<CountedBatch | undefined> {
  // Waits for whoever redeems a code of it now: when this is answered, no more are redeemed.
  if (!(await lockBatch(tx, batchId, 'update'))) return undefined
  await markRevoked(tx, batchId)
  return findBatch(tx, batchId)
}

export async function findBatch(tx: Tx, batchId: string): Promise<CountedBatch | undefined> {
  const batch = await readBatch(tx, batchId)
  return batch && counted(tx, batch)
}

/** Batches, the newest first; up to `limit` before the id `before`. */
export async function listBatches(tx: Tx, page: { before?: string; limit: number }): Promise<CountedBatch[]> {
  const batches = await readBatches(tx, page)
  const redeemed = await countRedeemed(
    tx,
    batches.map(({ batchId }) => batchId),
  )
  return batches.map((batch) => ({ ...batch, redeemed: redeemed.get(batch.batchId) ?? 0 }))
}

async function counted(tx: Tx, batch: Batch): Promise<CountedBatch> {
  return { ...batch, redeemed: (await countRedeemed(tx, [batch.batchId])).get(batch.batchId) ?? 0 }
}
