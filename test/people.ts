import assert from 'node:assert/strict'
import { SYSTEM, transact } from '../src/base/index.ts'
import { addPassword, findUser, hashPassword } from '../src/identity/index.ts'
import type { TestApi } from './api.ts'

/** A user over HTTP, with a key of their own. */
export type Person = { userId: string; accountId: string; name: string; email: string; key: string }

let serial = 0

/** A new user with a key: in an account of their own, unless another is named. */
export async function openPerson(api: TestApi, name: string, accountId?: string): Promise<Person> {
  const email = `${name.toLowerCase()}.${++serial}@example.org`
  const made = await api.call('POST', '/v1/users', {
    key: api.keys.staff,
    body: { name, email, ...(accountId !== undefined && { account_id: accountId }) },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const key = await api.call('POST', '/v1/api-keys', {
    key: api.keys.staff,
    body: { name, scope: 'customer', user_id: made.body.user_id },
  })
  assert.equal(key.status, 201, JSON.stringify(key.body))
  return { userId: made.body.user_id, accountId: made.body.account_id, name, email, key: key.body.secret }
}

/** A new project of a user's, by its id. */
export async function openProject(api: TestApi, { key }: Person, name = 'Folding'): Promise<string> {
  const { status, body } = await api.call('POST', '/v1/projects', { key, body: { name } })
  assert.equal(status, 201, JSON.stringify(body))
  return body.project_id
}

/** Takes a user into a project, as its creator does. */
export async function take(
  api: TestApi,
  creator: Person,
  projectId: string,
  person: Person,
  role = 'member',
): Promise<void> {
  const { status, body } = await api.call('POST', `/v1/projects/${projectId}/members`, {
    key: creator.key,
    body: { user_id: person.userId, role },
  })
  assert.equal(status, 201, JSON.stringify(body))
}

let hashed: Promise<string> | undefined

/** Gives a user a password, and the cookie of a session. */
export async function signedIn(api: TestApi, userId: string): Promise<string> {
  const password = 'four words in a row'
  const secret = await (hashed ??= hashPassword(password))
  const email = await transact(api.app, SYSTEM, async (tx) => {
    const user = (await findUser(tx, userId))!
    await addPassword(tx, user, user.email!.toLowerCase(), secret)
    return user.email
  })
  const { status, headers, body } = await api.call('POST', '/v1/sessions', { body: { email, password } })
  assert.equal(status, 201, JSON.stringify(body))
  return String(headers['set-cookie']).split(';')[0]!
}
