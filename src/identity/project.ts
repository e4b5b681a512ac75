import { assert, bucketOf, Refusal, type Tx } from '../base/index.ts'
import { checkId, checkName } from './name.ts'
import { findUser } from './people.ts'
import { deleteProject, insertProject, lockProject, readMembers, readProjects, readProjectsOf } from './store.ts'

/** The creator's account pays for all use in a project. A deleted one stays, with its bills. */
export type Project = {
  projectId: string
  accountId: string
  bucket: number
  name: string
  createdAt: Temporal.Instant
  deletedAt: Temporal.Instant | null
}

/**
 * Creates a project in its creator's account, with the creator as its first member. The id is the caller's, as an account's is:
 * the same again gives the one that stands.
 * @throws Refusal unknown_user when the creator isn't a user of that account; bad_name, bad_request (id), key_reused.
 */
export async function createProject(
  tx: Tx,
  input: { projectId: string; accountId: string; creatorUserId: string; name: string },
): Promise<Project> {
  const { accountId, creatorUserId } = input
  const projectId = checkId('proj', input.projectId)
  const name = checkName(input.name)
  if ((await findUser(tx, creatorUserId))?.accountId !== accountId)
    throw new Refusal('unknown_user', { value: creatorUserId })
  const project: Project = {
    projectId,
    accountId,
    bucket: bucketOf(accountId),
    name,
    createdAt: tx.now,
    deletedAt: null,
  }
  if (!(await findProject(tx, projectId)) && (await insertProject(tx, project, creatorUserId))) return project
  const standing = await findProject(tx, projectId)
  assert(standing, `project ${projectId} neither new nor there`)
  const [creator] = await readMembers(tx, standing, creatorUserId)
  if (standing.accountId !== accountId || standing.name !== name || creator?.role !== 'creator') {
    throw new Refusal('key_reused', { value: projectId })
  }
  return standing
}

/** A project by id, deleted or not, or undefined. */
export async function findProject(tx: Tx, projectId: string): Promise<Project | undefined> {
  return (await findProjects(tx, [projectId])).get(projectId)
}

/** Projects by id, deleted or not, in one statement; unknown ids are left out. */
export async function findProjects(tx: Tx, projectIds: readonly string[]): Promise<Map<string, Project>> {
  if (projectIds.length === 0) return new Map()
  return new Map((await readProjects(tx, projectIds)).map((project) => [project.projectId, project]))
}

/**
 * The projects that a user created, or takes part in as admin or member, by id; deleted ones are among them (their bills stay).
 * A page of up to `limit` (default 100) after the id `after`, of those whose name holds `search` in small or capital letters.
 */
export function listProjects(
  tx: Tx,
  userId: string,
  which: 'created' | 'joined',
  page: { after?: string; limit?: number; search?: string } = {},
): Promise<Project[]> {
  return readProjectsOf(tx, userId, which, { after: '', limit: 100, search: null, ...page })
}

/**
 * Marks a project as deleted at an instant; a second time changes nothing. Stopping what runs in it is metering's operation,
 * which calls this.
 * @throws Refusal unknown_project.
 */
export async function markProjectDeleted(tx: Tx, projectId: string, at: Temporal.Instant): Promise<Project> {
  const project = await findProject(tx, projectId)
  if (!project) throw new Refusal('unknown_project', { value: projectId })
  await deleteProject(tx, project, at)
  return (await lockProject(tx, project))!
}

/**
 * Holds a project as it is until the transaction ends: nobody deletes it or changes its members meanwhile.
 * @throws Refusal unknown_project.
 */
export async function holdProject(tx: Tx, projectId: string): Promise<Project> {
  const found = await findProject(tx, projectId)
  const project = found && (await lockProject(tx, found))
  if (!project) throw new Refusal('unknown_project', { value: projectId })
  return project
}
