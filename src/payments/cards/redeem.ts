import { assert, bucketOf, derivedId, Refusal, transact, type Actor, type App, type Tx } from '../../base/index.ts'
import { lockWallet } from '../../wallet/index.ts'
import type { Batch } from './batch.ts'
import { keepOf, readCode } from './code.ts'
import { giveCard } from './give.ts'
import {
  claimCode,
  findRedemption,
  hasRedeemed,
  insertRedemption,
  lockBatch,
  lockCode,
  lockGuesses,
  noteGuess,
  type Redemption,
} from './store.ts'

export type RedeemInput = {
  accountId: string
  /** As it was written; see `readCode`. */
  code: string
  /** Names the request: the same again answers the same. */
  requestId: string
}

/** So many codes that don't exist may an account try in the time. Mistyped ones don't count: they can't be codes at all. */
const MOST_GUESSES = 10
const GUESSES_SECONDS = 3600

/**
 * Turns a code into an experience card of an account, once. All of it is one transaction: the code is taken, the lot is there and what was
 * redeemed is written down, or nothing is; so there is nothing half done that somebody would have to finish.
 * @throws Refusal code_mistyped, unknown_code, code_redeemed, code_revoked, code_expired, code_limit (one card of a batch an account),
 * too_many_guesses, wrong_currency, amount_too_large, key_reused (same request, other code).
 */
export async function redeemCode(app: App, actor: Actor, input: RedeemInput): Promise<Redemption> {
  const code = readCode(input.code)
  const outcome = await transact(app, actor, (tx) => redeem(tx, { ...input, code }))
  // Only after the guess is counted: a refusal inside would take that back.
  if (outcome === 'unknown') throw new Refusal('unknown_code')
  return outcome
}

async function redeem(tx: Tx, { accountId, code, requestId }: RedeemInput): Promise<Redemption | 'unknown'> {
  const { codeHash, last } = keepOf(code)
  const guesses = await lockGuesses(tx, accountId, tx.now.subtract({ seconds: GUESSES_SECONDS }))
  const before = await findRedemption(tx, accountId, requestId)
  if (before && before.codeHash !== codeHash) throw new Refusal('key_reused', { value: requestId })
  if (before) return before
  if (guesses.wrong >= MOST_GUESSES) throw tooMany(tx, guesses.since)
  const key = { bucket: bucketOf(code), codeHash }
  const stored = await lockCode(tx, key)
  if (!stored) {
    await noteGuess(tx, accountId)
    return 'unknown'
  }
  if (stored.redeemedAt) throw new Refusal('code_redeemed', { value: last, at: stored.redeemedAt.toString() })
  // Shared: two codes of a batch don't wait for each other, and its revocation waits for both.
  const batch = await lockBatch(tx, stored.batchId, 'share')
  assert(batch, 'every code has its batch')
  await checkUsable(tx, accountId, batch, last)
  await claimCode(tx, key, accountId)
  const { lotId, repaid } = await giveCard(tx, {
    accountId,
    currency: batch.currency,
    amount: batch.amount,
    expiresAt: batch.expiresAt ?? tx.now.add({ hours: 24 * batch.validDays! }),
    paymentId: derivedId('card', codeHash),
    code: last,
    ...(batch.note !== null && { note: batch.note }),
  })
  const redemption = {
    codeHash,
    batchId: batch.batchId,
    lotId,
    last,
    requestId,
    arrearsPaid: repaid,
    redeemedAt: tx.now,
  }
  await insertRedemption(tx, accountId, redemption)
  return redemption
}

async function checkUsable(tx: Tx, accountId: string, batch: Batch, last: string): Promise<void> {
  if (batch.revokedAt) throw new Refusal('code_revoked', { value: last })
  const over = [batch.redeemBy, batch.expiresAt].find((at) => at && Temporal.Instant.compare(at, tx.now) <= 0)
  if (over) throw new Refusal('code_expired', { value: last, at: over.toString() })
  if (batch.oncePerAccount && (await hasRedeemed(tx, accountId, batch.batchId)))
    throw new Refusal('code_limit', { value: last })
  const { currency } = await lockWallet(tx, accountId)
  if (currency !== batch.currency) throw new Refusal('wrong_currency', { expected: currency, value: batch.currency })
}

function tooMany(tx: Tx, since: Temporal.Instant): Refusal {
  const seconds = GUESSES_SECONDS - tx.now.since(since).total('seconds')
  return new Refusal('too_many_guesses', { limit: MOST_GUESSES, seconds })
}
