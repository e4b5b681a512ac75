import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { send } from '../../../../test/lab.ts'
import { openPerson, openProject, take, type Person } from '../../../../test/people.ts'
import { query } from '../../../base/index.ts'

let api: TestApi
let ada: Person
let bob: Person
let eve: Person
before(async () => {
  api = await openTestApi()
  ada = await openPerson(api, 'Ada')
  bob = await openPerson(api, 'Bob')
  eve = await openPerson(api, 'Eve')
})
after(() => api.close())

type More = { query?: Record<string, unknown>; body?: unknown; idempotencyKey?: string; headers?: object }
const call = (method: string, path: string, key: string, more: More = {}) =>
  api.call(method, `/v1/projects${path}`, { key, ...more })
const create = (key: string, body: unknown, more: More = {}) => call('POST', '', key, { body, ...more })
const list = (key: string, asked: object = {}) => call('GET', '', key, { query: asked as Record<string, unknown> })
const members = async (projectId: string, key: string) => (await call('GET', `/${projectId}/members`, key)).body.data
const add = (projectId: string, key: string, body: object, more: More = {}) =>
  call('POST', `/${projectId}/members`, key, { body: { role: 'member', ...body }, ...more })
const setRole = (projectId: string, key: string, userId: string, role: string) =>
  call('PATCH', `/${projectId}/members/${userId}`, key, { body: { role } })
const remove = (projectId: string, key: string, userId: string) =>
  call('DELETE', `/${projectId}/members/${userId}`, key)
const idsOf = (answer: { body: any }) => answer.body.data.map((each: any) => each.project_id)
const count = async (table: string) =>
  Number((await query(api.app.database.pool, { text: `select count(*) as n from ${table}` }))[0]!.n)

test('a customer creates projects of their own; platforms and staff say whose', async () => {
  const own = await create(ada.key, { name: '蛋白质 folding' })
  assert.equal(own.status, 201)
  assert.deepEqual(
    [own.body.name, own.body.account_id, own.body.role, own.body.created_at, own.body.deleted_at],
    ['蛋白质 folding', ada.accountId, 'creator', '2026-01-01T00:00:00Z', null],
  )
  assert.equal((await create(ada.key, { name: 'Named', creator: ada.userId })).status, 201)
  for (const key of [api.keys.platform, api.keys.staff]) {
    const { status, body } = await create(key, { name: 'Given', creator: bob.userId })
    assert.deepEqual([status, body.account_id], [201, bob.accountId])
    const nobody = await create(key, { name: 'Given' })
    assert.deepEqual([nobody.status, nobody.body.param], [400, 'creator'])
    const unknown = await create(key, { name: 'Given', creator: 'user_none' })
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'unknown_user'])
  }
  assert.equal((await call('POST', '', '', { body: { name: 'Nobody' } })).status, 401)
})

test('projects that cannot be are refused, and nothing is kept', async () => {
  const before = await count('project')
  const cases: [object, number, string, string?][] = [
    [{ creator: bob.userId }, 404, 'not_found'],
    [{ creator: 'user_none' }, 404, 'not_found'],
    [{ name: 'Folding ' }, 422, 'bad_name'],
    [{ name: 'a\u0007b' }, 422, 'bad_name'],
    [{ name: '' }, 400, 'bad_request', 'name'],
    [{ name: null }, 400, 'bad_request', 'name'],
    [{ account_id: bob.accountId }, 400, 'bad_request', 'account_id'],
  ]
  for (const [change, status, code, param] of cases) {
    const { status: got, body } = await create(ada.key, { name: 'Folding', ...change })
    assert.deepEqual([got, body.code, body.param], [status, code, param], JSON.stringify(change))
  }
  assert.equal(await count('project'), before)
})

test('created and joined projects come page by page, with the role in each', async () => {
  const person = await openPerson(api, 'Pages')
  const created: string[] = []
  for (let i = 0; i < 5; i++) {
    api.clock.advance(1)
    created.push(await openProject(api, person, `Project ${i}`))
  }
  const joined = [await openProject(api, ada), await openProject(api, ada)]
  await take(api, ada, joined[0]!, person)
  await take(api, ada, joined[1]!, person, 'admin')
  await call('DELETE', `/${created[1]}`, person.key)

  for (const [key, user] of [
    [person.key, {}],
    [api.keys.staff, { user_id: person.userId }],
    [api.keys.platform, { user_id: person.userId }],
  ] as const) {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const answer = await list(key, { ...user, limit: 2, ...(cursor !== undefined && { cursor }) })
      assert.ok(answer.body.data.length <= 2 && answer.body.data.every((each: any) => each.role === 'creator'))
      seen.push(...idsOf(answer))
      cursor = answer.body.next_cursor ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, created)
    const taken = await list(key, { ...user, view: 'joined' })
    const roles = Object.fromEntries(taken.body.data.map((each: any) => [each.project_id, each.role]))
    assert.deepEqual(roles, { [joined[0]!]: 'member', [joined[1]!]: 'admin' })
  }
  await remove(joined[0]!, ada.key, person.userId)
  assert.deepEqual(idsOf(await list(person.key, { view: 'joined' })), [joined[1]])
})

test("lists of others' projects, and cursors that are none of ours, are refused", async () => {
  for (const user_id of [bob.userId, 'user_none'])
    assert.deepEqual((await list(ada.key, { user_id })).body.code, 'not_found')
  assert.equal((await list(ada.key, { user_id: ada.userId })).status, 200)
  for (const key of [api.keys.staff, api.keys.platform]) {
    const nobody = await list(key)
    assert.deepEqual([nobody.status, nobody.body.param], [400, 'user_id'])
    assert.deepEqual((await list(key, { user_id: 'user_none' })).body.code, 'unknown_user')
  }
  for (const cursor of ['x', 'WyJcdTAwMDAiXQ'])
    assert.deepEqual((await list(ada.key, { cursor })).body.code, 'bad_request')
  const view = await list(ada.key, { view: 'all' })
  assert.deepEqual([view.status, view.body.param], [400, 'view'])
})

test('who may do what in a project', async () => {
  const roles = ['stranger', 'removed', 'member', 'admin', 'creator', 'platform', 'staff'] as const
  const may: Record<string, number[]> = {
    get: [404, 404, 200, 200, 200, 200, 200],
    members: [404, 404, 200, 200, 200, 200, 200],
    add: [404, 404, 403, 201, 201, 201, 201],
    setRole: [404, 404, 403, 200, 200, 200, 200],
    removeOther: [404, 404, 403, 200, 200, 200, 200],
    remove: [404, 404, 403, 403, 200, 200, 200],
  }
  for (const [i, role] of roles.entries()) {
    const projectId = await openProject(api, ada)
    const target = await openPerson(api, 'Target')
    await take(api, ada, projectId, target)
    if (role !== 'stranger') await take(api, ada, projectId, bob, role === 'admin' ? 'admin' : 'member')
    if (role === 'removed') await remove(projectId, ada.key, bob.userId)
    const key = role === 'platform' || role === 'staff' ? api.keys[role] : role === 'creator' ? ada.key : bob.key
    const answers = {
      get: await call('GET', `/${projectId}`, key),
      members: await call('GET', `/${projectId}/members`, key),
      add: await add(projectId, key, { user_id: eve.userId }),
      setRole: await setRole(projectId, key, target.userId, 'admin'),
      removeOther: await remove(projectId, key, target.userId),
      remove: await call('DELETE', `/${projectId}`, key),
    }
    for (const [what, { status, body }] of Object.entries(answers)) {
      assert.equal(status, may[what]![i], `${role} ${what}: ${JSON.stringify(body)}`)
      if (status === 404) assert.equal(body.detail, missing(projectId), `${role} ${what}`)
      if (status === 403) assert.equal(body.code, 'role_needed')
    }
    const changed = ['admin', 'creator', 'platform', 'staff'].includes(role)
    const found = await members(projectId, api.keys.staff)
    assert.equal(
      found.some((each: any) => each.user_id === eve.userId),
      changed,
      role,
    )
    const { removed_at: gone, role: left } = found.find((each: any) => each.user_id === target.userId)
    assert.deepEqual([gone !== null, left], [changed, changed ? 'admin' : 'member'], role)
  }
})

test("another customer's project is as if it were not there", async () => {
  const projectId = await openProject(api, ada)
  const before = JSON.stringify(await members(projectId, api.keys.staff))
  for (const id of [projectId, 'proj_none']) {
    const answers = [
      await call('GET', `/${id}`, bob.key),
      await call('DELETE', `/${id}`, bob.key),
      await call('GET', `/${id}/members`, bob.key),
      await add(id, bob.key, { user_id: bob.userId, role: 'admin' }),
      await add(id, bob.key, { email: 'nobody@example.org' }),
      await setRole(id, bob.key, ada.userId, 'member'),
      await setRole(id, bob.key, bob.userId, 'admin'),
      await remove(id, bob.key, ada.userId),
      await remove(id, bob.key, bob.userId),
    ]
    for (const { status, body } of answers)
      assert.deepEqual([status, body.code, body.detail], [404, 'not_found', missing(id)])
  }
  assert.equal(JSON.stringify(await members(projectId, api.keys.staff)), before)
  for (const key of [api.keys.staff, api.keys.platform])
    assert.equal((await call('GET', '/proj_none', key)).body.code, 'not_found')
})

test('the role is the caller’s own; platforms and staff have none', async () => {
  const projectId = await openProject(api, ada)
  await take(api, ada, projectId, bob, 'admin')
  const roles = []
  for (const key of [ada.key, bob.key, api.keys.staff]) roles.push((await call('GET', `/${projectId}`, key)).body.role)
  assert.deepEqual(roles, ['creator', 'admin', null])
})

test('members are added by id or by e-mail, once, and again after they were removed', async () => {
  const projectId = await openProject(api, ada)
  const added = await add(projectId, ada.key, { email: bob.email.toUpperCase() })
  assert.equal(added.status, 201)
  assert.deepEqual(
    [added.body.user_id, added.body.role, added.body.name, added.body.email, added.body.removed_at],
    [bob.userId, 'member', 'Bob', bob.email, null],
  )
  assert.deepEqual((await add(projectId, ada.key, { user_id: bob.userId })).body, added.body)
  const other = await add(projectId, ada.key, { user_id: bob.userId, role: 'admin' })
  assert.deepEqual([other.status, other.body.code], [409, 'already_member'])
  const creator = await add(projectId, ada.key, { user_id: ada.userId })
  assert.deepEqual([creator.status, creator.body.code], [409, 'already_member'])

  api.clock.advance(60)
  const removed = await remove(projectId, ada.key, bob.userId)
  assert.equal(removed.body.removed_at, api.clock.now().toString())
  api.clock.advance(60)
  assert.deepEqual((await remove(projectId, ada.key, bob.userId)).body, removed.body)
  const again = await add(projectId, ada.key, { user_id: bob.userId, role: 'admin' })
  assert.deepEqual(
    [again.status, again.body.role, again.body.joined_at, again.body.removed_at],
    [201, 'admin', api.clock.now().toString(), null],
  )
  assert.equal((await call('GET', `/${projectId}`, bob.key)).status, 200)
})

test('who cannot be added is refused', async () => {
  const projectId = await openProject(api, ada)
  const twins = [await openPerson(api, 'Twin'), await openPerson(api, 'Twin')]
  const texts = 'update users set email = $2 where user_id = any($1::text[])'
  await query(api.app.database.pool, { text: texts }, [twins.map(({ userId }) => userId), 'twin@example.org'])
  const cases: [object, number, string, string?][] = [
    [{ user_id: 'user_none' }, 404, 'unknown_user'],
    [{ email: 'none@example.org' }, 404, 'unknown_user'],
    [{ email: 'Twin@Example.org' }, 409, 'ambiguous_user'],
    [{}, 400, 'bad_request', 'user_id'],
    [{ user_id: bob.userId, email: bob.email }, 400, 'bad_request', 'user_id'],
    [{ user_id: bob.userId, role: 'creator' }, 400, 'bad_request', 'role'],
    [{ user_id: bob.userId, role: undefined }, 400, 'bad_request', 'role'],
    [{ email: 'bob' }, 400, 'bad_request', 'email'],
    [{ user_id: bob.userId, name: 'Bob' }, 400, 'bad_request', 'name'],
  ]
  for (const [body, status, code, param] of cases) {
    const answer = await add(projectId, ada.key, body)
    assert.deepEqual([answer.status, answer.body.code, answer.body.param], [status, code, param], JSON.stringify(body))
  }
  assert.equal((await members(projectId, ada.key)).length, 1)
  const body = { email: 'none@example.org' }
  const chinese = await add(projectId, ada.key, body, { headers: { 'accept-language': 'zh' } })
  assert.equal(chinese.body.detail, '用户 none@example.org 不存在。')
})

test('roles are changed; the creator stays; who is no member has none', async () => {
  const projectId = await openProject(api, ada)
  await take(api, ada, projectId, bob)
  assert.equal((await setRole(projectId, ada.key, bob.userId, 'admin')).body.role, 'admin')
  assert.equal((await setRole(projectId, ada.key, bob.userId, 'admin')).status, 200)
  for (const key of [ada.key, bob.key, api.keys.staff]) {
    assert.equal((await setRole(projectId, key, ada.userId, 'member')).body.code, 'creator_stays')
    assert.equal((await remove(projectId, key, ada.userId)).body.code, 'creator_stays')
    for (const userId of [eve.userId, 'user_none']) {
      assert.equal((await setRole(projectId, key, userId, 'admin')).body.code, 'not_a_member')
      assert.equal((await remove(projectId, key, userId)).body.code, 'not_a_member')
    }
  }
  await remove(projectId, ada.key, bob.userId)
  assert.equal((await setRole(projectId, ada.key, bob.userId, 'member')).body.code, 'not_a_member')
  const wrong = await setRole(projectId, ada.key, bob.userId, 'creator')
  assert.deepEqual([wrong.status, wrong.body.param], [400, 'role'])
})

test('members leave by themselves, and may say so twice', async () => {
  const projectId = await openProject(api, ada)
  for (const role of ['member', 'admin']) {
    await take(api, ada, projectId, bob, role)
    const left = await remove(projectId, bob.key, bob.userId)
    assert.equal(left.status, 200)
    assert.notEqual(left.body.removed_at, null)
    assert.deepEqual((await remove(projectId, bob.key, bob.userId)).body, left.body)
    assert.equal((await call('GET', `/${projectId}`, bob.key)).status, 404)
  }
})

test('members come page by page; e-mail addresses are shown to who manages the project', async () => {
  const projectId = await openProject(api, ada)
  const colleague = await openPerson(api, 'Colleague', bob.accountId)
  await take(api, ada, projectId, bob)
  await take(api, ada, projectId, eve, 'admin')
  await take(api, ada, projectId, colleague)
  await remove(projectId, ada.key, colleague.userId)
  const people = [ada, bob, eve, colleague]
  const emails = async (key: string) =>
    Object.fromEntries((await members(projectId, key)).map((each: any) => [each.user_id, each.email]))
  const all = Object.fromEntries(people.map(({ userId, email }) => [userId, email]))
  for (const key of [ada.key, eve.key, api.keys.platform, api.keys.staff]) assert.deepEqual(await emails(key), all)
  assert.deepEqual(await emails(bob.key), { ...all, [ada.userId]: null, [eve.userId]: null })

  const seen: string[] = []
  let cursor: string | undefined
  do {
    const query = { limit: 3, ...(cursor !== undefined && { cursor }) }
    const { body } = await call('GET', `/${projectId}/members`, ada.key, { query })
    seen.push(...body.data.map((each: any) => each.user_id))
    cursor = body.next_cursor ?? undefined
  } while (cursor !== undefined)
  assert.deepEqual(seen, people.map(({ userId }) => userId).sort())
  const { status } = await call('GET', `/${projectId}/members`, ada.key, { query: { cursor: 'WyJcdTAwMDAiXQ' } })
  assert.equal(status, 400)
})

test('a deleted project stops what runs, once, and takes nobody in', async () => {
  const projectId = await openProject(api, ada)
  await take(api, ada, projectId, bob)
  const run = { project: projectId, user: ada.userId, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } }
  await send(api.app, `job of ${projectId}`, 'started', api.clock.now().toString(), run)
  const spending = async () =>
    (await api.call('GET', `/v1/accounts/${ada.accountId}`, { key: ada.key })).body.balance.spend_per_hour.amount
  assert.equal(await spending(), '0.20000000')
  api.clock.advance(600)
  const deleted = await call('DELETE', `/${projectId}`, ada.key)
  assert.deepEqual(
    [deleted.status, deleted.body.deleted_at, deleted.body.role],
    [200, api.clock.now().toString(), 'creator'],
  )
  assert.equal(await spending(), '0.00000000')
  api.clock.advance(600)
  for (const key of [ada.key, api.keys.staff])
    assert.equal((await call('DELETE', `/${projectId}`, key)).body.deleted_at, deleted.body.deleted_at)
  assert.equal((await call('GET', `/${projectId}`, bob.key)).body.deleted_at, deleted.body.deleted_at)
  assert.ok(idsOf(await list(ada.key, { limit: 1000 })).includes(projectId))
  assert.equal((await add(projectId, ada.key, { user_id: eve.userId })).body.code, 'project_deleted')
  assert.equal((await setRole(projectId, ada.key, bob.userId, 'admin')).body.code, 'project_deleted')
  assert.equal((await remove(projectId, ada.key, bob.userId)).status, 200)
})

test('who may not delete hears which role it needs, in both languages', async () => {
  const projectId = await openProject(api, ada)
  await take(api, ada, projectId, bob, 'admin')
  const english = await call('DELETE', `/${projectId}`, bob.key)
  assert.equal(english.body.detail, 'You are admin of this project; this needs creator.')
  const chinese = await call('DELETE', `/${projectId}`, bob.key, { headers: { 'accept-language': 'zh' } })
  assert.equal(chinese.body.detail, '您在此项目中的角色是 admin；此操作需要 creator。')
})

test('two same requests at once create one project and add one member', async () => {
  const before = await count('project')
  const same = { idempotencyKey: 'one project' }
  const [a, b] = await Promise.all([1, 2].map(() => create(ada.key, { name: 'Once' }, same)))
  assert.deepEqual([a!.status, b!.status, a!.body], [201, 201, b!.body])
  assert.equal(await count('project'), before + 1)
  const projectId = a!.body.project_id
  const added = await Promise.all([1, 2, 3].map(() => add(projectId, ada.key, { user_id: bob.userId })))
  assert.deepEqual(
    added.map(({ status }) => status),
    [201, 201, 201],
  )
  assert.equal((await members(projectId, ada.key)).length, 2)
})

test('an admin who is removed at the same moment adds nobody afterwards', async () => {
  for (let i = 0; i < 5; i++) {
    const projectId = await openProject(api, ada)
    await take(api, ada, projectId, bob, 'admin')
    const [removed, added] = await Promise.all([
      remove(projectId, ada.key, bob.userId),
      add(projectId, bob.key, { user_id: eve.userId }),
    ])
    assert.equal(removed.status, 200)
    const found = await members(projectId, ada.key)
    assert.equal(found.length, added.status === 201 ? 3 : 2, JSON.stringify(added.body))
    assert.ok(added.status === 201 || added.body.detail === missing(projectId))
  }
})

function missing(id: string): string {
  return `There is nothing at ${id}, or nothing that this key may see.`
}
