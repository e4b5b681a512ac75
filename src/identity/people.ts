import type { Language, StaffRole } from '@corehour/contract'
import { assert, bucketOf, Refusal, type Tx } from '../base/index.ts'
import { checkEmail, checkId, checkName } from './name.ts'
import {
  insertAccount,
  insertUser,
  lockUser,
  readAccount,
  readUsers,
  updateBlock,
  updateUser as writeUser,
} from './store.ts'

/** Who pays. */
export type Account = {
  accountId: string
  bucket: number
  name: string
  currency: string
  createdAt: Temporal.Instant
  /** Since when nothing new may start, and why. */
  blockedAt: Temporal.Instant | null
  blockedReason: string | null
}
/** Where a user lies, and who it is. */
export type UserKey = { bucket: number; accountId: string; userId: string }
/** A person, or the nameless user of an account. */
export type User = {
  userId: string
  accountId: string
  bucket: number
  name: string
  email: string | null
  /** In which mail is written. */
  language: Language
  /** Of the people who run Corehour. */
  staffRole: StaffRole | null
  createdAt: Temporal.Instant
}

/**
 * Opens an account without its wallet. Its id is the caller's, made before the transaction or found again by it: the same again gives the one
 * that stands, so that a commit whose answer was lost makes no second one.
 * @throws Refusal bad_name, bad_request (currency, id), key_reused when that id stands with another name or currency.
 */
export async function createAccount(
  tx: Tx,
  input: { accountId: string; name: string; currency: string },
): Promise<Account> {
  if (!/^[A-Z]{3}$/.test(input.currency))
    throw new Refusal('bad_request', { detail: 'currency must be three capital letters, such as CNY' })
  const accountId = checkId('acct', input.accountId)
  const account = {
    accountId,
    bucket: bucketOf(accountId),
    name: checkName(input.name),
    currency: input.currency,
    createdAt: tx.now,
    blockedAt: null,
    blockedReason: null,
  }
  if (await insertAccount(tx, account)) return account
  const standing = await findAccount(tx, accountId)
  assert(standing, `account ${accountId} neither new nor there`)
  if (standing.name !== account.name || standing.currency !== account.currency)
    throw new Refusal('key_reused', { value: accountId })
  return standing
}

/** An account by its id, or undefined. */
export function findAccount(tx: Tx, accountId: string): Promise<Account | undefined> {
  return readAccount(tx, bucketOf(accountId), accountId)
}

/**
 * Admits nothing new for an account from now on, for a reason; null lets it start work again. What runs goes on. Who admits work holds
 * the account's wallet locked: lock it before, so that nothing passes beside.
 * @throws Refusal unknown_account.
 */
export async function blockAccount(tx: Tx, accountId: string, reason: string | null): Promise<Account> {
  const account = await findAccount(tx, accountId)
  if (!account) throw new Refusal('unknown_account', { value: accountId })
  return updateBlock(tx, account, reason)
}

/**
 * Adds a user to an account. The id is the caller's, as an account's is: the same again gives the one that stands.
 * @throws Refusal unknown_account, bad_name, bad_request (email, id), key_reused when that id stands with other content.
 */
export async function createUser(
  tx: Tx,
  input: { accountId: string; userId: string; name: string; email?: string; language?: Language },
): Promise<User> {
  const { accountId } = input
  const userId = checkId('user', input.userId)
  const name = checkName(input.name)
  const email = checkEmail(input.email)
  if (!(await findAccount(tx, accountId))) throw new Refusal('unknown_account', { value: accountId })
  const user: User = {
    userId,
    accountId,
    bucket: bucketOf(accountId),
    name,
    email,
    language: input.language ?? 'en',
    staffRole: null,
    createdAt: tx.now,
  }
  if (!(await findUser(tx, userId)) && (await insertUser(tx, user))) return user
  const standing = await findUser(tx, userId)
  assert(standing, `user ${userId} neither new nor there`)
  if (standing.accountId !== accountId || standing.name !== name || standing.email !== email) {
    throw new Refusal('key_reused', { value: userId })
  }
  return standing
}

/** Changes what a person may change of themselves. @throws Refusal bad_name. */
export async function updateUser(tx: Tx, key: UserKey, change: { name?: string; language?: Language }): Promise<User> {
  // As it stands now: a role that was taken away meanwhile must not come back.
  const user = await lockUser(tx, key)
  const name = change.name === undefined ? user.name : checkName(change.name)
  return writeUser(tx, { ...user, name, language: change.language ?? user.language })
}

/** A user by id, or undefined. */
export async function findUser(tx: Tx, userId: string): Promise<User | undefined> {
  return (await findUsers(tx, [userId])).get(userId)
}

/** Users by id, in one statement; unknown ids are left out. */
export async function findUsers(tx: Tx, userIds: readonly string[]): Promise<Map<string, User>> {
  if (userIds.length === 0) return new Map()
  return new Map((await readUsers(tx, userIds)).map((user) => [user.userId, user]))
}
