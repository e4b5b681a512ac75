import type { Tx } from '../base/index.ts'
import { holdProject, markProjectDeleted, type Project } from '../identity/index.ts'
import { bringToBoundary, loadBooks, refold } from './refold.ts'
import * as store from './store.ts'

/**
 * Deletes a project: an implied stop of all its resources. Its bills stay, and events of earlier instants still count when
 * they arrive. Deleting it again changes nothing.
 * @throws Refusal unknown_project.
 */
export async function deleteProject(tx: Tx, projectId: string): Promise<Project> {
  const { bucket, accountId } = await holdProject(tx, projectId)
  const wallets = await bringToBoundary(tx, [{ bucket, accountId }])
  const deleted = await markProjectDeleted(tx, projectId, tx.now)
  const running = await store.findRunning(tx, bucket, accountId, projectId)
  const stopped = running.map((resource) => ({ resource, observations: [], state: undefined }))
  await refold(tx, stopped, wallets, await loadBooks(tx, wallets))
  return deleted
}
