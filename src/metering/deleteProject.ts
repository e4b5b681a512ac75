import { bucketOf, Refusal, transact, type Actor, type App, type Tx } from '../base/index.ts'
import { findProject, markProjectDeleted } from '../identity/index.ts'
import { bringToBoundary, refold } from './apply.ts'
import * as store from './store.ts'

/**
 * Deletes a project: an implied stop of all its resources. Its bills stay, and events of earlier instants still count when
 * they arrive. Deleting it again changes nothing.
 * @throws Refusal unknown_project.
 */
export function deleteProject(app: App, actor: Actor, projectId: string): Promise<void> {
  return transact(app, actor, async (tx) => {
    const project = await findProject(tx, projectId)
    if (!project) throw new Refusal('unknown_project', { value: projectId })
    const wallets = await bringToBoundary(tx, [project.accountId])
    if (!(await markProjectDeleted(tx, projectId, tx.now))) return
    await stopAll(tx, project.accountId, projectId, wallets)
  })
}

async function stopAll(tx: Tx, accountId: string, projectId: string, wallets: Awaited<ReturnType<typeof bringToBoundary>>): Promise<void> {
  const running = await store.findRunning(tx, bucketOf(accountId), accountId, projectId)
  await refold(tx, running.map((resource) => ({ resource, observations: [], state: undefined })), wallets)
}
