import { later, type Tx } from '../base/index.ts'
import { holdProject, markProjectDeleted, type Project } from '../identity/index.ts'
import { bringToBoundary, foldContext, loadBooks, refold } from './refold.ts'
import * as store from './store.ts'

/**
 * Deletes a project: an implied stop of all its resources. Its bills stay, and events of earlier instants still count when
 * they arrive. Deleting it again changes nothing.
 * @throws Refusal unknown_project.
 */
export async function deleteProject(tx: Tx, projectId: string): Promise<Project> {
  const { bucket, accountId } = await holdProject(tx, projectId)
  const wallets = await bringToBoundary(tx, [{ bucket, accountId }])
  // Not before what has been seen: then only what runs now is ended by it.
  const deleted = await markProjectDeleted(tx, projectId, later(tx.now, wallets.get(accountId)!.seenAt))
  const running = await store.findRunning(tx, bucket, accountId, projectId)
  const stopped = running.map(({ resource, span }) => ({ resource, observations: [], open: span }))
  await refold(tx, stopped, wallets, await foldContext(tx, stopped, await loadBooks(tx, wallets)))
  return deleted
}
