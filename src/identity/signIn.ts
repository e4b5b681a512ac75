import { happen, Refusal, transact, type Actor, type App, type Tx } from '../base/index.ts'
import { giveBackAttempts, takeAttempts } from './attempt.ts'
import { findLink, spendLink, type Link } from './link.ts'
import { isSignInEmail } from './name.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import { findUser, type User } from './people.ts'
import { beginSession, endSessions, type Place, type Session } from './session.ts'
import {
  deletePassword,
  readPassword,
  readPasswordOf,
  readUsersOf,
  rewritePassword,
  writePassword,
} from './signInStore.ts'
import { findSignUp } from './signUp.ts'
import { newSecret } from './secret.ts'
import { lockUser, updateUser } from './store.ts'

/** Who is not known yet. */
const VISITOR: Actor = { kind: 'system', id: 'sign-in' }

/**
 * Signs a person in: a new session under a new secret, whatever the browser had before. Unknown addresses are answered as wrong passwords
 * are, after the same work.
 * @throws Refusal wrong_password, too_many_attempts.
 */
export async function signIn(
  app: App,
  input: { email: string; password: string; place: Place },
): Promise<{ session: Session; user: User; token: string }> {
  const { password, place } = input
  const email = input.email.toLowerCase()
  const proven = await prove(app, { email, password, place }, async (tx) => (await readPassword(tx, email))?.secret)
  const anew = proven.isOld ? await hashPassword(password) : undefined
  const token = newSecret('session')
  return transact(app, VISITOR, async (tx) => {
    const user = await lockProven(tx, email, proven.secret)
    if (anew !== undefined) await rewritePassword(tx, user.userId, proven.secret, anew)
    return { session: await beginSession(tx, user, place, token), user, token }
  })
}

/**
 * The link of a mail, if who has it also knows the password that belongs to it: that of the sign-up, or of the user whose address is to
 * change. So nobody who clicks on what a stranger had sent takes the stranger's account for the own.
 * @throws Refusal link_spent, wrong_password, too_many_attempts.
 */
export async function proveLink(app: App, input: { token: string; password: string; place: Place }): Promise<Link> {
  const { token, password, place } = input
  const link = await transact(app, VISITOR, (tx) => findLink(tx, token, ['sign_up', 'email']))
  await prove(app, { email: link.email, password, place }, async (tx) => {
    const kept = link.purpose === 'sign_up' ? await findSignUp(tx, link.about) : await readPasswordOf(tx, link.about)
    // Used meanwhile: what it stood for is gone.
    if (!kept) throw new Refusal('link_spent')
    return kept.secret
  })
  return link
}

/**
 * Sets a password by a mailed link, and ends every session and every other such link of the user.
 * @throws Refusal link_spent, bad_password, common_password, too_many_attempts.
 */
export async function resetPassword(
  app: App,
  input: { token: string; password: string; place: Place; requestId: string },
): Promise<void> {
  const { token, password, place, requestId } = input
  const found = await transact(app, VISITOR, async (tx) => {
    await takeAttempts(tx, [{ kind: 'from', of: place.address }])
    const link = await findLink(tx, token, ['password'])
    return { link, user: await findUser(tx, link.about) }
  })
  if (!found.user) throw new Refusal('link_spent')
  checkPassword(password, [found.user.name, found.link.email])
  const secret = await hashPassword(password)
  await transact(app, VISITOR, async (tx) => {
    // Two resets wait here for each other: the second finds its link used up.
    const user = await lockUser(tx, found.user!)
    const link = await spendLink(tx, token, requestId)
    const isTheirs = user.email?.toLowerCase() === link.email
    if (!isTheirs || !(await writePassword(tx, user, link.email, secret))) throw new Refusal('link_spent')
    await endSessions(tx, user.userId)
    await giveBackAttempts(tx, link.email, place.address)
    await tellOfPassword(tx, user)
  })
}

/**
 * Changes the password of who is signed in, and ends all other sessions.
 * @throws Refusal wrong_password, bad_password, common_password, too_many_attempts.
 */
export async function changePassword(
  app: App,
  input: { userId: string; sessionId: string; password: string; newPassword: string; place: Place },
): Promise<void> {
  const { user, email, secret: old } = await provePerson(app, input)
  checkPassword(input.newPassword, [user.name, email])
  const secret = await hashPassword(input.newPassword)
  await transact(app, VISITOR, async (tx) => {
    // The same change again, because its commit's answer was lost, finds the new one.
    await lockProven(tx, email, old, secret)
    await writePassword(tx, user, email, secret)
    await endSessions(tx, user.userId, input.sessionId)
    await tellOfPassword(tx, user)
  })
}

/**
 * A person who is signed in and says the password again, as what is worth more than a look asks for.
 * @throws Refusal wrong_password, too_many_attempts.
 */
export async function provePerson(
  app: App,
  { userId, password, place }: { userId: string; password: string; place: Place },
): Promise<{ user: User; email: string; secret: string }> {
  const found = await transact(app, VISITOR, async (tx) => ({
    user: await findUser(tx, userId),
    kept: await readPasswordOf(tx, userId),
  }))
  const email = found.kept?.subject ?? userId
  const { secret } = await prove(app, { email, password, place }, async () => found.kept?.secret)
  return { user: found.user!, email, secret }
}

/** Gives a new user the password of a sign-up. @throws Refusal link_spent when another user has the address by now. */
export async function addPassword(tx: Tx, user: User, email: string, secret: string): Promise<void> {
  if (!(await writePassword(tx, user, email, secret))) throw new Refusal('link_spent')
}

/** Gives a user another address, and lets the former one know. @throws Refusal link_spent when another user has it by now. */
export async function changeEmail(tx: Tx, userId: string, email: string): Promise<User> {
  const found = await findUser(tx, userId)
  if (!found) throw new Refusal('link_spent')
  const user = await lockUser(tx, found)
  const kept = await readPasswordOf(tx, userId)
  if (!kept) throw new Refusal('link_spent')
  if (kept.subject === email) return user
  await deletePassword(tx, userId)
  await addPassword(tx, user, email, kept.secret)
  const { accountId, name } = user
  await happen(tx, {
    accountId,
    topic: 'email.changed',
    about: `${userId} ${tx.now}`,
    data: { user_id: userId, name, former: kept.subject },
  })
  return updateUser(tx, { ...user, email })
}

/**
 * Whom an address belongs to: who signs in with it, or else the oldest user who has it and no password yet. Of an address that could be
 * read in two ways, nobody.
 */
export async function findPerson(tx: Tx, email: string): Promise<{ user: User; hasPassword: boolean } | undefined> {
  const kept = await readPassword(tx, email.toLowerCase())
  const known = kept && (await findUser(tx, kept.userId))
  if (known) return { user: known, hasPassword: true }
  const users = await readUsersOf(tx, email)
  // The database's small letters are not only ASCII's: a Kelvin sign is a k there.
  const user = users.find((each) => isSignInEmail(each.email!) && each.email!.toLowerCase() === email.toLowerCase())
  return user && { user, hasPassword: (await readPasswordOf(tx, user.userId)) !== undefined }
}

/** Compares a password with what is kept, outside of transactions: it takes a core for 25 to 55 ms. */
async function prove(
  app: App,
  { email, password, place }: { email: string; password: string; place: Place },
  find: (tx: Tx) => Promise<string | undefined>,
): Promise<{ secret: string; isOld: boolean }> {
  const kept = await transact(app, VISITOR, async (tx) => {
    await takeAttempts(tx, [
      { kind: 'password', of: email },
      { kind: 'from', of: place.address },
    ])
    return find(tx)
  })
  const { isRight, isOld } = await verifyPassword(password, kept)
  if (!isRight || kept === undefined) throw new Refusal('wrong_password')
  await transact(app, VISITOR, (tx) => giveBackAttempts(tx, email, place.address))
  return { secret: kept, isOld }
}

/** Whose password was right, if it is still the one: it may have been changed meanwhile. */
async function lockProven(tx: Tx, email: string, ...secrets: string[]): Promise<User> {
  const kept = await readPassword(tx, email)
  const user = kept && (await lockUser(tx, kept))
  const now = kept && (await readPassword(tx, email))
  if (!user || !now || !secrets.includes(now.secret)) throw new Refusal('wrong_password')
  return user
}

async function tellOfPassword(tx: Tx, { accountId, userId, name }: User): Promise<void> {
  const data = { user_id: userId, name }
  await happen(tx, { accountId, topic: 'password.changed', about: `${userId} ${tx.now}`, data })
}
