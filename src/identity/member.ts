import { Refusal, type Tx } from '../base/index.ts'
import { findUser } from './people.ts'
import { holdProject, type Project } from './project.ts'
import { readMemberPage, readRoles, readSharedRoles, readSharers } from './peopleStore.ts'
import { insertMember, readMembers, updateMember } from './store.ts'

export type Role = 'creator' | 'admin' | 'member'
/** A user in a project. A removed member stays, so that what ran is charged and its bills can name who. */
export type Member = {
  projectId: string
  userId: string
  role: Role
  joinedAt: Temporal.Instant
  removedAt: Temporal.Instant | null
}
export type MemberInput = { projectId: string; userId: string; role: Exclude<Role, 'creator'> }

/**
 * Adds a user to a project, or takes a removed one in again. The same again changes nothing.
 * @throws Refusal unknown_project, project_deleted, unknown_user, already_member (in another role), bad_request (role).
 */
export async function addMember(tx: Tx, input: MemberInput): Promise<Member> {
  const { projectId, userId } = input
  const role = checkRole(input.role)
  const project = await holdLiveProject(tx, projectId)
  if (!(await findUser(tx, userId))) throw new Refusal('unknown_user', { value: userId })
  const standing = await memberOf(tx, project, userId)
  if (standing && !standing.removedAt) {
    if (standing.role === role) return standing
    throw new Refusal('already_member', { user: userId, project: projectId, role: standing.role })
  }
  const member: Member = { projectId, userId, role, joinedAt: tx.now, removedAt: null }
  await (standing ? updateMember(tx, project, member) : insertMember(tx, project, member))
  return member
}

/**
 * Takes a member out of a project; what the member runs goes on being charged. A second time changes nothing.
 * @throws Refusal unknown_project, not_a_member (never was one), creator_stays.
 */
export async function removeMember(tx: Tx, input: { projectId: string; userId: string }): Promise<Member> {
  const project = await holdProject(tx, input.projectId)
  const member = await changeable(tx, project, input.userId)
  if (member.removedAt) return member
  const removed = { ...member, removedAt: tx.now }
  await updateMember(tx, project, removed)
  return removed
}

/**
 * Makes a member an admin, or an admin a member.
 * @throws Refusal unknown_project, project_deleted, not_a_member (or removed), creator_stays, bad_request (role).
 */
export async function setRole(tx: Tx, input: MemberInput): Promise<Member> {
  const role = checkRole(input.role)
  const project = await holdLiveProject(tx, input.projectId)
  const member = await changeable(tx, project, input.userId)
  if (member.removedAt) throw notAMember(project, input.userId)
  const changed: Member = { ...member, role }
  if (member.role !== role) await updateMember(tx, project, changed)
  return changed
}

/** A user's place in a project, also a removed one's (removedAt); undefined when there never was one. */
export async function findMember(tx: Tx, project: Project, userId: string): Promise<Member | undefined> {
  return memberOf(tx, project, userId)
}

/** Everyone who is or was in a project, by user id. */
export function listMembers(tx: Tx, project: Project): Promise<Member[]> {
  return readMembers(tx, project)
}

/** Up to `limit` of them after a user id. */
export function pageMembers(tx: Tx, project: Project, page: { after?: string; limit: number }): Promise<Member[]> {
  return readMemberPage(tx, project, page.after ?? '', page.limit)
}

/** The roles that a user has in some projects now, by project id. */
export function rolesIn(tx: Tx, userId: string, projectIds: readonly string[]): Promise<Map<string, Role>> {
  return readRoles(tx, userId, projectIds)
}

/** The roles in which a user takes part in projects where another one is or was; none where they share no project. */
export function sharedRoles(tx: Tx, userId: string, otherId: string): Promise<Role[]> {
  return readSharedRoles(tx, userId, otherId)
}

/** Which of some users are or were in a project where a user takes part. */
export function sharersAmong(tx: Tx, userId: string, otherIds: readonly string[]): Promise<Set<string>> {
  return readSharers(tx, userId, otherIds)
}

async function memberOf(tx: Tx, project: Project, userId: string): Promise<Member | undefined> {
  return (await readMembers(tx, project, userId))[0]
}

async function changeable(tx: Tx, project: Project, userId: string): Promise<Member> {
  const member = await memberOf(tx, project, userId)
  if (!member) throw notAMember(project, userId)
  if (member.role === 'creator') throw new Refusal('creator_stays', { user: userId, project: project.projectId })
  return member
}

async function holdLiveProject(tx: Tx, projectId: string): Promise<Project> {
  const project = await holdProject(tx, projectId)
  if (project.deletedAt) throw new Refusal('project_deleted', { value: projectId })
  return project
}

function notAMember(project: Project, userId: string): Refusal {
  return new Refusal('not_a_member', { user: userId, project: project.projectId })
}

function checkRole(role: MemberInput['role']): MemberInput['role'] {
  if (role !== 'admin' && role !== 'member')
    throw new Refusal('bad_request', { detail: 'role must be admin or member' })
  return role
}
