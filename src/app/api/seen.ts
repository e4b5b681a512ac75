import { Refusal, type Tx } from '../../base/index.ts'
import { findMember, findProject } from '../../identity/index.ts'
import type { SpanFilter } from '../../metering/index.ts'
import { accountOf, type Caller } from './call.ts'

/** What a request names. */
type Named = { account_id?: string; project_id?: string; user_id?: string }

/**
 * Which spans the caller may see of what is asked for, and so may ask to be stopped. A project says by itself whose account it is; in one of another account a customer
 * who is its admin sees all, everybody else who is or was in it what they used themselves.
 * @throws Refusal not_found, bad_request where neither an account nor a project is named.
 */
export async function seenBy(tx: Tx, caller: Caller, asked: Named): Promise<SpanFilter> {
  const { account_id: named, project_id: projectId, user_id: userId } = asked
  const project = projectId === undefined ? undefined : await findProject(tx, projectId)
  if (projectId !== undefined && !project) throw new Refusal('not_found', { value: projectId })
  if (!project) return { accountId: accountOf(caller, named), ...(userId !== undefined && { userId }) }
  const { accountId } = project
  const filter = { accountId, projectId: project.projectId, ...(userId !== undefined && { userId }) }
  if (named !== undefined && accountOf(caller, named) !== accountId)
    throw new Refusal('not_found', { value: projectId })
  if (caller.scope !== 'customer' || accountId === caller.accountId) return filter
  const member = await findMember(tx, project, caller.userId!)
  if (!member) throw new Refusal('not_found', { value: projectId })
  if (member.role !== 'member' && !member.removedAt) return filter
  // Others' use is not theirs to see: asked for by name it is as if nobody of that name used anything.
  if (userId !== undefined && userId !== caller.userId) throw new Refusal('not_found', { value: userId })
  return { ...filter, userId: caller.userId! }
}
