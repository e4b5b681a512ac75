import { bucketOf, Refusal, type Tx } from '../base/index.ts'
import type { Account, User } from './people.ts'
import { readMailable, readUsersByEmail, readUsersCalled, readUsersOf } from './peopleStore.ts'
import { readAccounts, readDeletions, readKnownUsers, readNamed, readPayers } from './store.ts'

/** Accounts in order of bucket and id, after one of them or from the beginning; for whoever walks over all. */
export function listAccounts(tx: Tx, limit: number, after?: string): Promise<Account[]> {
  return readAccounts(tx, after === undefined ? -1 : bucketOf(after), after ?? '', limit)
}

/** The ids of every account, user or project that has this id or this name; names need not be unique. */
export function findNamed(tx: Tx, kind: 'account' | 'user' | 'project', idOrName: string): Promise<string[]> {
  return readNamed(tx, kind, idOrName)
}

/** Up to `limit` users who have exactly this name, or this e-mail address in any case, by id. */
export async function searchUsers(tx: Tx, nameOrEmail: string, limit: number): Promise<User[]> {
  // No name has one, and the database takes none.
  return nameOrEmail.includes('\0') ? [] : readUsersCalled(tx, nameOrEmail, limit)
}

/** The first `limit` users of an account, by id: nearly always it has one. */
export function usersOf(tx: Tx, accountId: string, limit: number): Promise<User[]> {
  return readUsersOf(tx, accountId, limit)
}

/**
 * The one user who has an e-mail address, in any case.
 * @throws Refusal unknown_user, ambiguous_user.
 */
export async function findUserByEmail(tx: Tx, email: string): Promise<User> {
  const [user, another] = email.includes('\0') ? [] : await readUsersByEmail(tx, email, 2)
  if (another) throw new Refusal('ambiguous_user', { value: email })
  if (!user) throw new Refusal('unknown_user', { value: email })
  return user
}

/** The users of some accounts who have an e-mail address, by account, of each the oldest so many in their order. */
export async function findMailable(tx: Tx, accountIds: readonly string[], limit: number): Promise<Map<string, User[]>> {
  if (accountIds.length === 0) return new Map()
  return Map.groupBy(await readMailable(tx, accountIds, limit), ({ accountId }) => accountId)
}

/** Where an account lies, and which it is. */
export type Payer = { bucket: number; accountId: string }

/** Whose account pays for each of some projects, deleted or not; unknown ones are left out. For a thousand at once: it reads no more of them. */
export async function findPayers(tx: Tx, projectIds: readonly string[]): Promise<Map<string, Payer>> {
  if (projectIds.length === 0) return new Map()
  const rows = await readPayers(tx, projectIds)
  return new Map(rows.map(({ projectId, ...payer }) => [projectId, payer]))
}

/** When each of some projects was deleted; those that were not are left out. */
export async function findDeletions(tx: Tx, projectIds: readonly string[]): Promise<Map<string, Temporal.Instant>> {
  if (projectIds.length === 0) return new Map()
  const rows = await readDeletions(tx, projectIds)
  return new Map(rows.map(({ projectId, deletedAt }) => [projectId, deletedAt]))
}

/** Which of these users there are. */
export async function findKnownUsers(tx: Tx, userIds: readonly string[]): Promise<Set<string>> {
  if (userIds.length === 0) return new Set()
  return new Set((await readKnownUsers(tx, userIds)).map(({ userId }) => userId))
}
