import type { Tx } from '../../../base/index.ts'
import { findProjects, findUsers, rolesIn, sharersAmong, type User } from '../../../identity/index.ts'
import type { Caller, HandlersOf } from '../call.ts'

export const nameHandlers: HandlersOf<'names'> = {
  list: {
    async read(tx, { caller, query }) {
      const { project_id: projectIds = [], user_id: userIds = [] } = query
      const projects = [...(await findProjects(tx, projectIds)).values()]
      const roles = caller.scope === 'staff' ? undefined : await rolesIn(tx, caller.userId!, projectIds)
      return {
        projects: projects
          .filter(({ projectId }) => roles?.has(projectId) ?? true)
          .map(({ projectId, name }) => ({ project_id: projectId, name })),
        users: (await seenUsers(tx, caller, userIds)).map(({ userId, name }) => ({ user_id: userId, name })),
      }
    },
  },
}

/** Those of some users whose names the caller may see: staff everybody's, customers those of the own account and of their projects. */
export async function seenUsers(
  tx: Tx,
  { scope, accountId, userId }: Caller,
  userIds: readonly string[],
): Promise<User[]> {
  const users = [...(await findUsers(tx, userIds)).values()]
  if (scope === 'staff') return users
  const sharers = await sharersAmong(tx, userId!, userIds)
  return users.filter((user) => user.accountId === accountId || sharers.has(user.userId))
}
