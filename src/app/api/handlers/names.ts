import { findProjects, findUsers, rolesIn, sharersAmong } from '../../../identity/index.ts'
import type { HandlersOf } from '../call.ts'

export const nameHandlers: HandlersOf<'names'> = {
  list: {
    async read(tx, { caller, query }) {
      const { project_id: projectIds = [], user_id: userIds = [] } = query
      const projects = [...(await findProjects(tx, projectIds)).values()]
      const users = [...(await findUsers(tx, userIds)).values()]
      const { scope, accountId, userId } = caller
      const isAll = scope === 'staff'
      const roles = isAll ? undefined : await rolesIn(tx, userId!, projectIds)
      const sharers = isAll ? undefined : await sharersAmong(tx, userId!, userIds)
      return {
        projects: projects
          .filter(({ projectId }) => roles?.has(projectId) ?? true)
          .map(({ projectId, name }) => ({ project_id: projectId, name })),
        users: users
          .filter((user) => user.accountId === accountId || (sharers?.has(user.userId) ?? true))
          .map(({ userId, name }) => ({ user_id: userId, name })),
      }
    },
  },
}
