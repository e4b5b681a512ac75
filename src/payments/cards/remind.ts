import { happen, isTransient, SYSTEM, transact, type App, type Tx } from '../../base/index.ts'
import { findBucketsToRemind, takeReminders } from './store.ts'

/**
 * Says of every card whose reminder is due that it expires, once; not where nothing is left of it, or it has expired meanwhile. What is left is as of the
 * last attribution. Answers how many were said.
 */
export async function remindOfCards(app: App): Promise<number> {
  let said = 0
  for (const bucket of await transact(app, SYSTEM, findBucketsToRemind)) {
    try {
      said += await transact(app, SYSTEM, (tx) => remind(tx, bucket))
    } catch (error) {
      // One bucket's fault never stops the others.
      if (isTransient(error)) throw error
      app.log.error({ error, bucket }, 'reminders of cards failed for one bucket, which is left as it was')
    }
  }
  return said
}

async function remind(tx: Tx, bucket: number): Promise<number> {
  const due = await takeReminders(tx, bucket)
  const usable = due.filter(
    ({ remaining, expiresAt }) => remaining > 0n && Temporal.Instant.compare(expiresAt, tx.now) > 0,
  )
  for (const { accountId, lotId, currency, remaining, expiresAt } of usable) {
    await happen(tx, {
      accountId,
      topic: 'card.expiring',
      about: lotId,
      data: { lot_id: lotId, remaining: remaining.toString(), currency, expires_at: expiresAt.toString() },
    })
  }
  return usable.length
}
