import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openPerson, openProject, take, type Person } from '../../../../test/people.ts'
import { query } from '../../../base/index.ts'

let api: TestApi
before(async () => {
  api = await openTestApi()
})
after(() => api.close())

const create = (body: unknown, more: object = {}) =>
  api.call('POST', '/v1/users', { key: api.keys.staff, body, ...more })
const get = (userId: string, key: string) => api.call('GET', `/v1/users/${userId}`, { key })
const find = (search: string, key = api.keys.platform) => api.call('GET', '/v1/users', { key, query: { search } })
const count = async (table: string) =>
  Number((await query(api.app.database.pool, { text: `select count(*) as n from ${table}` }))[0]!.n)

test('a user comes with an account of their own, in CNY or the currency that is asked for', async () => {
  for (const key of [api.keys.platform, api.keys.staff]) {
    const { status, body } = await create({ name: 'Ada 爱达', email: 'Ada@example.org' }, { key })
    assert.equal(status, 201)
    assert.deepEqual([body.name, body.email, body.created_at], ['Ada 爱达', 'Ada@example.org', '2026-01-01T00:00:00Z'])
    const account = (await api.call('GET', `/v1/accounts/${body.account_id}`, { key: api.keys.staff })).body
    assert.deepEqual([account.name, account.currency, account.balance.settled.grains], ['Ada 爱达', 'CNY', '0'])
  }
  const { body } = await create({ name: 'Grace', currency: 'USD' })
  const account = (await api.call('GET', `/v1/accounts/${body.account_id}`, { key: api.keys.staff })).body
  assert.deepEqual([account.currency, body.email], ['USD', null])
})

test('a user is added to an account that stands', async () => {
  const accounts = await count('account')
  const { status, body } = await create({ name: 'Second', account_id: api.lab.accountId, currency: 'CNY' })
  assert.deepEqual([status, body.account_id], [201, api.lab.accountId])
  assert.equal(await count('account'), accounts)
})

test('users that cannot be are refused, and no account is left behind', async () => {
  const [users, accounts, wallets] = [await count('users'), await count('account'), await count('wallet')]
  const cases: [object, number, string, string?][] = [
    [{ account_id: 'acct_none' }, 404, 'unknown_account'],
    [{ account_id: api.lab.accountId, currency: 'USD' }, 422, 'wrong_currency'],
    [{ name: ' Ada' }, 422, 'bad_name'],
    [{ name: 'A\u0000da' }, 400, 'bad_request', 'name'],
    [{ name: '\ud800' }, 400, 'bad_request', 'name'],
    [{ name: '' }, 400, 'bad_request', 'name'],
    [{ name: 'x'.repeat(201) }, 400, 'bad_request', 'name'],
    [{ name: 7 }, 400, 'bad_request', 'name'],
    [{ email: 'ada' }, 400, 'bad_request', 'email'],
    [{ email: 'a da@example.org' }, 400, 'bad_request', 'email'],
    [{ email: 'ada\u0000@example.org' }, 400, 'bad_request', 'email'],
    [{ email: `${'a'.repeat(65)}@example.org` }, 400, 'bad_request'],
    [{ currency: 'yuan' }, 400, 'bad_request', 'currency'],
    [{ account_id: 'user_1' }, 400, 'bad_request', 'account_id'],
    [{ role: 'admin' }, 400, 'bad_request', 'role'],
  ]
  for (const [change, status, code, param] of cases) {
    const answer = await create({ name: 'Ada', email: 'ada@example.org', ...change })
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.param],
      [status, code, param],
      JSON.stringify(change),
    )
  }
  assert.deepEqual([await count('users'), await count('account'), await count('wallet')], [users, accounts, wallets])
  const chinese = await create({ name: 'A', account_id: 'acct_none' }, { headers: { 'accept-language': 'zh-CN' } })
  assert.equal(chinese.body.detail, '账户 acct_none 不存在。')
})

test('customers neither add users nor search them', async () => {
  assert.deepEqual((await create({ name: 'Ada' }, { key: api.keys.customer })).body.code, 'forbidden')
  assert.deepEqual((await find('Ada', api.keys.customer)).status, 403)
  assert.equal((await create({ name: 'Ada' }, { key: undefined })).status, 401)
})

test('users are found by their whole name, or by e-mail whatever its case', async () => {
  const person = await openPerson(api, 'Zhu')
  const namesake = await openPerson(api, 'Zhu')
  for (const key of [api.keys.platform, api.keys.staff]) {
    const ids = async (search: string) => (await find(search, key)).body.data.map((user: any) => user.user_id)
    assert.deepEqual(await ids('Zhu'), [person.userId, namesake.userId].sort())
    assert.deepEqual(await ids(person.email.toUpperCase()), [person.userId])
    for (const search of ['zhu', 'Zh', 'Zhu%', person.userId, '_']) assert.deepEqual(await ids(search), [])
  }
  const empty = await find('')
  assert.deepEqual([empty.status, empty.body.param], [400, 'search'])
  const missing = await api.call('GET', '/v1/users', { key: api.keys.staff })
  assert.deepEqual([missing.status, missing.body.param], [400, 'search'])
})

test('a hundred namesakes are listed, and no more', async () => {
  await query(
    api.app.database.pool,
    {
      text: `insert into users (bucket, account_id, user_id, name, created_at)
        select bucket, account_id, 'user_many' || n, 'Many', $2 from account, generate_series(1, 120) n where account_id = $1`,
    },
    [api.lab.accountId, api.clock.now()],
  )
  assert.equal((await find('Many')).body.data.length, 100)
})

test('a customer sees the own account and shared projects, e-mail addresses only of those whom they manage', async () => {
  const [ada, bob, eve] = await people('Ada', 'Bob', 'Eve')
  const colleague = await openPerson(api, 'Colleague', ada.accountId)
  const whole = async (person: Person, by: string) => {
    const { status, body } = await get(person.userId, by)
    assert.deepEqual([status, body.name, body.email], [200, person.name, person.email])
  }
  const nameOnly = async (person: Person, by: Person) => {
    const { status, body } = await get(person.userId, by.key)
    assert.deepEqual([status, body.name, body.email], [200, person.name, null])
  }
  const nothing = async (person: Person, by: Person) => {
    const { status, body } = await get(person.userId, by.key)
    const { body: missing } = await get('user_none', by.key)
    assert.deepEqual([status, body.code], [404, 'not_found'])
    assert.equal(body.detail.replace(person.userId, 'user_none'), missing.detail)
  }
  for (const key of [api.keys.platform, api.keys.staff, ada.key]) await whole(ada, key)
  await whole(colleague, ada.key)
  await whole(ada, colleague.key)
  await nothing(bob, ada)
  await nothing(ada, bob)

  const projectId = await openProject(api, ada)
  await take(api, ada, projectId, bob)
  await take(api, ada, projectId, eve, 'admin')
  await whole(bob, ada.key)
  await whole(bob, eve.key)
  await nameOnly(ada, bob)
  await nameOnly(eve, bob)
  // A user of the same account takes no part by that alone.
  await nothing(bob, colleague)

  await api.call('DELETE', `/v1/projects/${projectId}/members/${bob.userId}`, { key: ada.key })
  await nothing(ada, bob)
  await nothing(eve, bob)
  // Bills name who is gone.
  await whole(bob, ada.key)
})

test('ids that are none are refused by name', async () => {
  const { status, body } = await get('acct_1', api.keys.staff)
  assert.deepEqual([status, body.param], [400, 'user_id'])
  assert.equal((await get('user_none', api.keys.staff)).status, 404)
})

test('two same requests at once make one user and one account', async () => {
  const [users, accounts] = [await count('users'), await count('account')]
  const [a, b] = await Promise.all([1, 2].map(() => create({ name: 'Twice' }, { idempotencyKey: 'one user' })))
  assert.deepEqual([a!.status, b!.status, a!.body], [201, 201, b!.body])
  assert.deepEqual([await count('users'), await count('account')], [users + 1, accounts + 1])
})

async function people(...names: [string, string, string]): Promise<[Person, Person, Person]> {
  const made: Person[] = []
  for (const name of names) made.push(await openPerson(api, name))
  return made as [Person, Person, Person]
}
