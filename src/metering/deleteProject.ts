import { bucketOf, transact, type Actor, type App } from '../base/index.ts'
import { holdProject, markProjectDeleted } from '../identity/index.ts'
import { bringToBoundary, loadBooks, refold } from './refold.ts'
import * as store from './store.ts'

/**
 * Deletes a project: an implied stop of all its resources. Its bills stay, and events of earlier instants still count when
 * they arrive. Deleting it again changes nothing.
 * @throws Refusal unknown_project.
 */
export function deleteProject(app: App, actor: Actor, projectId: string): Promise<void> {
  return transact(app, actor, async (tx) => {
    const { accountId } = await holdProject(tx, projectId)
    const wallets = await bringToBoundary(tx, [accountId])
    await markProjectDeleted(tx, projectId, tx.now)
    const running = await store.findRunning(tx, bucketOf(accountId), accountId, projectId)
    const stopped = running.map((resource) => ({ resource, observations: [], state: undefined }))
    await refold(tx, stopped, wallets, await loadBooks(tx, wallets))
  })
}
