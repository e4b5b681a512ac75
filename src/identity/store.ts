import type { Tx } from '../base/index.ts'
import type { Member } from './member.ts'
import type { Account, User, UserKey } from './people.ts'
import type { Project } from './project.ts'

/** The columns of an account. */
export const ACCOUNT = `account_id as "accountId", bucket, name, currency, created_at as "createdAt", blocked_at as "blockedAt",
  blocked_reason as "blockedReason"`
/** The columns of a user. */
export const USER = `user_id as "userId", account_id as "accountId", bucket, name, email, language, staff_role as "staffRole",
  created_at as "createdAt"`
const PROJECT = `p.project_id as "projectId", p.account_id as "accountId", p.bucket, p.name, p.created_at as "createdAt",
  p.deleted_at as "deletedAt"`
/** The columns of a member. */
export const MEMBER = `project_id as "projectId", user_id as "userId", role, joined_at as "joinedAt", removed_at as "removedAt"`

/** Whether the account is new. */
export async function insertAccount(tx: Tx, account: Account): Promise<boolean> {
  const rows = await tx.query(
    {
      text: `insert into account (bucket, account_id, name, currency, created_at) values ($1, $2, $3, $4, $5)
        on conflict (bucket, account_id) do nothing returning 1`,
    },
    [account.bucket, account.accountId, account.name, account.currency, account.createdAt],
  )
  return rows.length > 0
}

export async function readAccount(tx: Tx, bucket: number, accountId: string): Promise<Account | undefined> {
  const [account] = await tx.query<Account>(
    {
      name: 'read-account',
      text: `select ${ACCOUNT} from account where bucket = $1 and account_id = $2`,
    },
    [bucket, accountId],
  )
  return account
}

/** Blocks an account, or with null lets it go; an account that is blocked keeps its instant. */
export async function updateBlock(tx: Tx, account: Account, reason: string | null): Promise<Account> {
  const [updated] = await tx.query<Account>(
    {
      text: `update account set blocked_reason = $3, blocked_at = case when $3::text is null then null else coalesce(blocked_at, $4) end
        where bucket = $1 and account_id = $2 returning ${ACCOUNT}`,
    },
    [account.bucket, account.accountId, reason, tx.now],
  )
  return updated!
}

export function readAccounts(tx: Tx, bucket: number, after: string, limit: number): Promise<Account[]> {
  return tx.query<Account>(
    {
      text: `select ${ACCOUNT} from account where (bucket, account_id) > ($1, $2) order by bucket, account_id limit $3`,
    },
    [bucket, after, limit],
  )
}

const NAMED = {
  account: 'select account_id as id from account where account_id = $1 or name = $1 order by 1',
  user: 'select user_id as id from users where user_id = $1 or name = $1 order by 1',
  project: 'select project_id as id from project where project_id = $1 or name = $1 order by 1',
}

export async function readNamed(tx: Tx, kind: keyof typeof NAMED, idOrName: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>({ text: NAMED[kind] }, [idOrName])
  return rows.map(({ id }) => id)
}

/** Whether the user is new. */
export async function insertUser(tx: Tx, user: User): Promise<boolean> {
  const { bucket, accountId, userId, name, email, language, createdAt } = user
  const rows = await tx.query(
    {
      text: `insert into users (bucket, account_id, user_id, name, email, language, created_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (bucket, account_id, user_id) do nothing returning 1`,
    },
    [bucket, accountId, userId, name, email, language, createdAt],
  )
  return rows.length > 0
}

/** Writes what may change of a user. */
export async function updateUser(tx: Tx, user: User): Promise<User> {
  const { bucket, accountId, userId, name, email, language, staffRole } = user
  const [updated] = await tx.query<User>(
    {
      text: `update users set name = $4, email = $5, language = $6, staff_role = $7
        where bucket = $1 and account_id = $2 and user_id = $3 returning ${USER}`,
    },
    [bucket, accountId, userId, name, email, language, staffRole],
  )
  return updated!
}

/** A user, kept as it is until the transaction ends. */
export async function lockUser(tx: Tx, { bucket, accountId, userId }: UserKey): Promise<User> {
  const [user] = await tx.query<User>(
    { text: `select ${USER} from users where bucket = $1 and account_id = $2 and user_id = $3 for update` },
    [bucket, accountId, userId],
  )
  return user!
}

export function readUsers(tx: Tx, userIds: readonly string[]): Promise<User[]> {
  return tx.query<User>(
    {
      name: 'read-users',
      text: `select ${USER} from users where user_id = any($1::text[])`,
    },
    [userIds],
  )
}

export function readKnownUsers(tx: Tx, userIds: readonly string[]): Promise<{ userId: string }[]> {
  return tx.query(
    { name: 'read-known-users', text: `select user_id as "userId" from users where user_id = any($1::text[])` },
    [userIds],
  )
}

/** Whether the project is new; then its creator is its first member. */
export async function insertProject(tx: Tx, project: Project, creatorUserId: string): Promise<boolean> {
  const rows = await tx.query(
    {
      text: `insert into project (bucket, account_id, project_id, name, created_at) values ($1, $2, $3, $4, $5)
        on conflict (bucket, account_id, project_id) do nothing returning 1`,
    },
    [project.bucket, project.accountId, project.projectId, project.name, project.createdAt],
  )
  if (rows.length === 0) return false
  const { projectId, createdAt: joinedAt } = project
  await insertMember(tx, project, { projectId, userId: creatorUserId, role: 'creator', joinedAt, removedAt: null })
  return true
}

export function readProjects(tx: Tx, projectIds: readonly string[]): Promise<Project[]> {
  return tx.query<Project>(
    { name: 'read-projects', text: `select ${PROJECT} from project p where p.project_id = any($1::text[])` },
    [projectIds],
  )
}

/** Of a thousand projects only whose they are: their names and instants cost as much again to read. */
export function readPayers(
  tx: Tx,
  projectIds: readonly string[],
): Promise<{ projectId: string; bucket: number; accountId: string }[]> {
  return tx.query(
    {
      name: 'read-payers',
      text: `select project_id as "projectId", bucket, account_id as "accountId" from project where project_id = any($1::text[])`,
    },
    [projectIds],
  )
}

export function readDeletions(
  tx: Tx,
  projectIds: readonly string[],
): Promise<{ projectId: string; deletedAt: Temporal.Instant }[]> {
  return tx.query(
    {
      name: 'read-deletions',
      text: `select project_id as "projectId", deleted_at as "deletedAt" from project
        where project_id = any($1::text[]) and deleted_at is not null`,
    },
    [projectIds],
  )
}

export async function lockProject(tx: Tx, project: Project): Promise<Project | undefined> {
  const [locked] = await tx.query<Project>(
    {
      name: 'lock-project',
      text: `select ${PROJECT} from project p where p.bucket = $1 and p.account_id = $2 and p.project_id = $3 for update`,
    },
    [project.bucket, project.accountId, project.projectId],
  )
  return locked
}

export function readProjectsOf(
  tx: Tx,
  userId: string,
  which: 'created' | 'joined',
  { after, limit, search }: { after: string; limit: number; search: string | null },
): Promise<Project[]> {
  return tx.query<Project>(
    {
      text: `select ${PROJECT} from member m join project p using (bucket, account_id, project_id)
        where m.user_id = $1 and m.removed_at is null and (m.role = 'creator') = $2 and p.project_id > $3
          and ($5::text is null or strpos(lower(p.name), lower($5)) > 0)
        order by p.project_id limit $4`,
    },
    [userId, which === 'created', after, limit, search],
  )
}

export async function deleteProject(tx: Tx, project: Project, at: Temporal.Instant): Promise<void> {
  await tx.query(
    {
      text: `update project set deleted_at = $4
        where bucket = $1 and account_id = $2 and project_id = $3 and deleted_at is null`,
    },
    [project.bucket, project.accountId, project.projectId, at],
  )
}

/** The members of a project, or one of them. */
export function readMembers(tx: Tx, project: Project, userId: string | null = null): Promise<Member[]> {
  return tx.query<Member>(
    {
      text: `select ${MEMBER} from member where bucket = $1 and account_id = $2 and project_id = $3
        and ($4::text is null or user_id = $4) order by user_id`,
    },
    [project.bucket, project.accountId, project.projectId, userId],
  )
}

export async function insertMember(tx: Tx, project: Project, member: Member): Promise<void> {
  await tx.query(
    {
      text: `insert into member (bucket, account_id, project_id, user_id, role, joined_at, removed_at)
        values ($1, $2, $3, $4, $5, $6, $7)`,
    },
    memberValues(project, member),
  )
}

export async function updateMember(tx: Tx, project: Project, member: Member): Promise<void> {
  await tx.query(
    {
      text: `update member set role = $5, joined_at = $6, removed_at = $7
        where bucket = $1 and account_id = $2 and project_id = $3 and user_id = $4`,
    },
    memberValues(project, member),
  )
}

function memberValues(project: Project, member: Member): (string | number | Temporal.Instant | null)[] {
  return [
    project.bucket,
    project.accountId,
    project.projectId,
    member.userId,
    member.role,
    member.joinedAt,
    member.removedAt,
  ]
}
