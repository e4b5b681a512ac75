import { bucketOf, type Tx } from '../base/index.ts'
import type { Member, Role } from './member.ts'
import type { User } from './people.ts'
import type { Project } from './project.ts'
import { MEMBER, USER } from './store.ts'

/** Users who have a name or an e-mail address. */
export function readUsersCalled(tx: Tx, nameOrEmail: string, limit: number): Promise<User[]> {
  return tx.query<User>(
    { text: `select ${USER} from users where name = $1 or lower(email) = lower($1) order by user_id limit $2` },
    [nameOrEmail, limit],
  )
}

export function readUsersOf(tx: Tx, accountId: string, limit: number): Promise<User[]> {
  return tx.query<User>(
    { text: `select ${USER} from users where bucket = $1 and account_id = $2 order by user_id limit $3` },
    [bucketOf(accountId), accountId, limit],
  )
}

export function readUsersByEmail(tx: Tx, email: string, limit: number): Promise<User[]> {
  return tx.query<User>(
    { text: `select ${USER} from users where lower(email) = lower($1) order by user_id limit $2` },
    [email, limit],
  )
}

/** The users of some accounts who can get mail, of each the oldest so many, the oldest first. */
export function readMailable(tx: Tx, accountIds: readonly string[], limit: number): Promise<User[]> {
  return tx.query<User>(
    {
      name: 'read-mailable',
      text: `select ${USER} from (
          select *, row_number() over (partition by bucket, account_id order by created_at, user_id) as n from users
          where (bucket, account_id) in (select * from unnest($1::int[], $2::text[])) and email is not null) users
        where n <= $3 order by created_at, user_id`,
    },
    [accountIds.map(bucketOf), accountIds, limit],
  )
}

/** Members after a user id, by user id. */
export function readMemberPage(tx: Tx, project: Project, after: string, limit: number): Promise<Member[]> {
  return tx.query<Member>(
    {
      text: `select ${MEMBER} from member
        where bucket = $1 and account_id = $2 and project_id = $3 and user_id > $4 order by user_id limit $5`,
    },
    [project.bucket, project.accountId, project.projectId, after, limit],
  )
}

/** In which roles a user takes part in projects where another user is or was. */
export async function readSharedRoles(tx: Tx, userId: string, otherId: string): Promise<Role[]> {
  const rows = await tx.query<{ role: Role }>(
    {
      text: `select distinct mine.role from member mine join member theirs using (bucket, account_id, project_id)
        where mine.user_id = $1 and mine.removed_at is null and theirs.user_id = $2`,
    },
    [userId, otherId],
  )
  return rows.map(({ role }) => role)
}

/** Which of some users are or were in a project where a user takes part. */
export async function readSharers(tx: Tx, userId: string, otherIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ userId: string }>(
    {
      text: `select distinct theirs.user_id as "userId" from member mine join member theirs using (bucket, account_id, project_id)
        where mine.user_id = $1 and mine.removed_at is null and theirs.user_id = any($2::text[])`,
    },
    [userId, otherIds],
  )
  return new Set(rows.map(({ userId }) => userId))
}

/** The roles that a user has in some projects, by project id. */
export async function readRoles(tx: Tx, userId: string, projectIds: readonly string[]): Promise<Map<string, Role>> {
  const rows = await tx.query<{ projectId: string; role: Role }>(
    {
      text: `select project_id as "projectId", role from member
        where user_id = $1 and removed_at is null and project_id = any($2::text[])`,
    },
    [userId, projectIds],
  )
  return new Map(rows.map(({ projectId, role }) => [projectId, role]))
}
