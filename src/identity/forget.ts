import type { Tx } from '../base/index.ts'
import { deleteUnusedAttempts } from './attemptStore.ts'
import { deleteOldLinks } from './linkStore.ts'
import { LASTS } from './session.ts'
import { deleteOldSessions } from './sessionStore.ts'
import { deleteOldSignUps } from './signInStore.ts'
import { deleteOldViews } from './viewStore.ts'

/** So long a view that is over says so to whoever still has its page open. */
const VIEWS_KEPT_HOURS = 24

/** Deletes what counts for nothing any more: sessions, links, sign-ups, views and tries. */
export async function forgetPast(tx: Tx): Promise<void> {
  await deleteOldSessions(tx, tx.now.subtract({ hours: LASTS.person.idle }))
  await deleteOldLinks(tx)
  await deleteOldSignUps(tx)
  await deleteOldViews(tx, tx.now.subtract({ hours: VIEWS_KEPT_HOURS }))
  await deleteUnusedAttempts(tx)
}
