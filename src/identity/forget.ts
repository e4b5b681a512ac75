import type { Tx } from '../base/index.ts'
import { deleteUnusedAttempts } from './attemptStore.ts'
import { deleteOldLinks } from './linkStore.ts'
import { LASTS } from './session.ts'
import { deleteOldSessions } from './sessionStore.ts'
import { deleteOldSignUps } from './signInStore.ts'

/** Deletes what counts for nothing any more: sessions, links, sign-ups and tries. */
export async function forgetPast(tx: Tx): Promise<void> {
  await deleteOldSessions(tx, tx.now.subtract({ hours: LASTS.person.idle }))
  await deleteOldLinks(tx)
  await deleteOldSignUps(tx)
  await deleteUnusedAttempts(tx)
}
