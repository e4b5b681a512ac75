import { happen, type Tx } from '../../base/index.ts'
import { credit } from '../../settlement/index.ts'
import { insertReminder } from './store.ts'

/** An experience card for an account. */
export type CardInput = {
  accountId: string
  currency: string
  /** Grains; whole cents. */
  amount: bigint
  expiresAt: Temporal.Instant
  /** Of what it was made: the same one gives one card. */
  paymentId: string
  /** Lower is spent first; 0 where left out. */
  priority?: number
  note?: string
  /** The last letters of the code that it came from. */
  code?: string
}

/** A card's owner is reminded so long before it expires; not where it was given for less. */
const REMINDED_BEFORE = { hours: 7 * 24 }

/**
 * Gives an account an experience card: a grant that pays arrears first, is spent before cash, and never refunded or invoiced; a reminder is
 * due 7 days before it expires. The same payment again changes nothing. Answers the lot, and how much of it paid arrears.
 * @throws Refusal as `credit` does.
 */
export async function giveCard(tx: Tx, card: CardInput): Promise<{ lotId: string; repaid: bigint }> {
  const { currency, code, ...input } = card
  const given = await credit(tx, { ...input, kind: 'grant', channel: 'card' })
  const { lotId } = given
  const { accountId, amount, expiresAt, note } = input
  const dueAt = expiresAt.subtract(REMINDED_BEFORE)
  if (Temporal.Instant.compare(dueAt, tx.now) > 0) await insertReminder(tx, { accountId, lotId, dueAt })
  await happen(tx, {
    accountId,
    topic: 'card.issued',
    about: lotId,
    data: {
      lot_id: lotId,
      amount: amount.toString(),
      currency,
      expires_at: expiresAt.toString(),
      note: note ?? null,
      code: code ?? null,
    },
  })
  return given
}
