import type { Routes } from '@corehour/contract'
import { newId, readCursor, Refusal, toPage, writeCursor, type Tx } from '../../../base/index.ts'
import {
  addMember,
  createProject,
  findMember,
  findProject,
  findUser,
  findUserByEmail,
  findUsers,
  holdProject,
  listProjects,
  pageMembers,
  removeMember,
  rolesIn,
  setRole,
  type Member,
  type Project,
  type Role,
  type User,
} from '../../../identity/index.ts'
import { deleteProject } from '../../../metering/index.ts'
import type { Call, Caller, HandlersOf } from '../call.ts'
import { BadRequest } from '../problem.ts'
import { instant, page } from '../show.ts'

const PAGE = 50

export const projectHandlers: HandlersOf<'projects'> = {
  create: {
    async act(tx, call) {
      const creator = await creatorOf(tx, call)
      const { accountId, userId: creatorUserId } = creator
      return show(
        await createProject(tx, { projectId: newId('proj', tx.now), accountId, creatorUserId, name: call.body.name }),
        'creator',
      )
    },
  },
  list: {
    async read(tx, call) {
      const { view = 'created', limit = PAGE, cursor, search } = call.query
      const userId = await listedUser(tx, call)
      const projects = await listProjects(tx, userId, view, {
        ...(cursor !== undefined && { after: readCursor(cursor, 1)[0]! }),
        limit: limit + 1,
        ...(search !== undefined && { search }),
      })
      const ids = projects.map(({ projectId }) => projectId)
      const roles = view === 'joined' ? await rolesIn(tx, userId, ids) : undefined
      return page(
        toPage(projects, limit, (last) => writeCursor([last.projectId])),
        (project) => show(project, roles ? (roles.get(project.projectId) ?? null) : 'creator'),
      )
    },
  },
  get: {
    async read(tx, { caller, params }) {
      const { project, role } = await seen(tx, caller, params.project_id)
      return show(project, role)
    },
  },
  remove: {
    async act(tx, { caller, params }) {
      const { role } = await held(tx, caller, params.project_id)
      if (caller.scope === 'customer' && role !== 'creator')
        throw new Refusal('role_needed', { role, needed: 'creator' })
      return show(await deleteProject(tx, params.project_id), role)
    },
  },
  members: {
    async read(tx, { caller, params, query }) {
      const { project, role } = await seen(tx, caller, params.project_id)
      const limit = query.limit ?? PAGE
      const members = await pageMembers(tx, project, {
        ...(query.cursor !== undefined && { after: readCursor(query.cursor, 1)[0]! }),
        limit: limit + 1,
      })
      const users = await findUsers(
        tx,
        members.map(({ userId }) => userId),
      )
      return page(
        toPage(members, limit, (last) => writeCursor([last.userId])),
        (member) => showMember(caller, role, member, users.get(member.userId)!),
      )
    },
  },
  addMember: {
    async act(tx, { caller, params, body }) {
      const { role } = await managed(tx, caller, params.project_id)
      const user = await addedUser(tx, body)
      const member = await addMember(tx, { projectId: params.project_id, userId: user.userId, role: body.role })
      return showMember(caller, role, member, user)
    },
  },
  setRole: {
    async act(tx, { caller, params, body }) {
      const { role } = await managed(tx, caller, params.project_id)
      const { project_id: projectId, user_id: userId } = params
      const member = await setRole(tx, { projectId, userId, role: body.role })
      return showMember(caller, role, member, (await findUser(tx, userId))!)
    },
  },
  removeMember: {
    async act(tx, { caller, params }) {
      const { project_id: projectId, user_id: userId } = params
      const role = await removersRole(tx, caller, projectId, userId)
      const member = await removeMember(tx, { projectId, userId })
      return showMember(caller, role, member, (await findUser(tx, userId))!)
    },
  },
}

/** A customer creates projects of their own; platforms and staff say whose. */
async function creatorOf(tx: Tx, { caller, body }: Call<Routes['projects']['create']>): Promise<User> {
  const { creator } = body
  if (caller.scope === 'customer' && creator !== undefined && creator !== caller.userId)
    throw new Refusal('not_found', { value: creator })
  const userId = creator ?? caller.userId
  if (userId === null)
    throw new BadRequest('creator', 'creator is needed with this key: the user who creates the project')
  const user = await findUser(tx, userId)
  if (!user) throw new Refusal('unknown_user', { value: userId })
  return user
}

async function listedUser(tx: Tx, { caller, query }: Call<Routes['projects']['list']>): Promise<string> {
  const named = query.user_id
  if (caller.scope === 'customer') {
    if (named !== undefined && named !== caller.userId) throw new Refusal('not_found', { value: named })
    return caller.userId!
  }
  if (named === undefined) throw new BadRequest('user_id', 'user_id is needed with this key')
  if (!(await findUser(tx, named))) throw new Refusal('unknown_user', { value: named })
  return named
}

type Seen = { project: Project; role: Role | null }

/** A project and the caller's role in it (none, of platforms and staff). @throws Refusal not_found where the caller takes no part. */
async function seen(tx: Tx, caller: Caller, projectId: string): Promise<Seen> {
  const project = await findProject(tx, projectId)
  const member = project && caller.userId !== null ? await findMember(tx, project, caller.userId) : undefined
  const role = member && !member.removedAt ? member.role : null
  if (!project || (caller.scope === 'customer' && !role)) throw new Refusal('not_found', { value: projectId })
  return { project, role }
}

/** The same, with the project held: the caller's role stays what it is until all is done. */
async function held(tx: Tx, caller: Caller, projectId: string): Promise<Seen> {
  if (await findProject(tx, projectId)) await holdProject(tx, projectId)
  return seen(tx, caller, projectId)
}

/** The same, for who manages the project. @throws Refusal role_needed. */
async function managed(tx: Tx, caller: Caller, projectId: string): Promise<Seen> {
  const found = await held(tx, caller, projectId)
  if (found.role === 'member') throw new Refusal('role_needed', { role: found.role, needed: 'creator or admin' })
  return found
}

/** Members may leave, also once more when they have left. */
async function removersRole(tx: Tx, caller: Caller, projectId: string, userId: string): Promise<Role | null> {
  if (caller.userId !== userId) return (await managed(tx, caller, projectId)).role
  const project = await findProject(tx, projectId)
  const member = project && (await findMember(tx, project, userId))
  if (!member) throw new Refusal('not_found', { value: projectId })
  return member.role
}

function addedUser(tx: Tx, body: Call<Routes['projects']['addMember']>['body']): Promise<User> {
  if (body.user_id !== undefined && body.email === undefined) return namedUser(tx, body.user_id)
  if (body.email !== undefined && body.user_id === undefined) return findUserByEmail(tx, body.email)
  throw new BadRequest('user_id', 'name the user by user_id or by email, one of the two')
}

async function namedUser(tx: Tx, userId: string): Promise<User> {
  const user = await findUser(tx, userId)
  if (!user) throw new Refusal('unknown_user', { value: userId })
  return user
}

function show(project: Project, role: Role | null) {
  return {
    project_id: project.projectId,
    account_id: project.accountId,
    name: project.name,
    role,
    created_at: instant(project.createdAt),
    deleted_at: instant(project.deletedAt),
  }
}

/** E-mail addresses are for who manages the project, and for users of one's own account. */
function showMember(caller: Caller, role: Role | null, member: Member, user: User) {
  const seesEmail = caller.scope !== 'customer' || role !== 'member' || user.accountId === caller.accountId
  return {
    user_id: member.userId,
    role: member.role,
    name: user.name,
    email: seesEmail ? user.email : null,
    joined_at: instant(member.joinedAt),
    removed_at: instant(member.removedAt),
  }
}
