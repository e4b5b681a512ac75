import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, newId, type Tx } from '../base/index.ts'
import {
  addMember,
  createAccount,
  createProject,
  createUser,
  findAccount,
  findProject,
  findProjects,
  findUsers,
  identityInvariants,
  listMembers,
  markProjectDeleted,
  removeMember,
  setRole,
  setStaffRole,
  updateUser,
} from './index.ts'
import { openPeople, refused } from './people.fixture.ts'

const { inside, person, projectOf, clock } = openPeople()

test('an account, its user and a project, found again by id', async () => {
  const ada = await person('Ada 爱达')
  const lab = await projectOf(ada)
  assert.equal(lab.bucket, bucketOf(ada.accountId))
  const account = await inside((tx) => findAccount(tx, ada.accountId))
  assert.deepEqual([account?.name, account?.currency, account?.bucket], ['Ada 爱达', 'CNY', ada.bucket])
  assert.deepEqual(await inside((tx) => findProject(tx, lab.projectId)), lab)
  assert.deepEqual(
    [...(await inside((tx) => findProjects(tx, [lab.projectId, 'proj_none', lab.projectId]))).values()],
    [lab],
  )
  const users = await inside((tx) => findUsers(tx, [ada.userId, 'user_none']))
  assert.deepEqual([...users.keys()], [ada.userId])
  assert.equal(users.get(ada.userId)?.accountId, ada.accountId)
  assert.deepEqual(await inside((tx) => findUsers(tx, [])), new Map())
  assert.equal(await inside((tx) => findAccount(tx, 'acct_none')), undefined)
  assert.equal(await inside((tx) => findProject(tx, 'proj_none')), undefined)
  const members = await inside((tx) => listMembers(tx, lab))
  assert.deepEqual(
    members.map(({ userId, role, removedAt }) => [userId, role, removedAt]),
    [[ada.userId, 'creator', null]],
  )
})

test('who renames themselves keeps what others change of them at the same time', async () => {
  const asTheyWere = await person('Ada')
  await inside((tx) => setStaffRole(tx, asTheyWere.userId, 'support'))
  const renamed = await inside((tx) => updateUser(tx, asTheyWere, { name: 'Ada L.' }))
  assert.deepEqual(renamed, { ...asTheyWere, name: 'Ada L.', staffRole: 'support' })
})

test('with an id of the caller, the same again gives what stands, and other content is refused', async () => {
  const account = { name: 'CERN', currency: 'CHF', accountId: 'acct_cern' }
  const first = await inside((tx) => createAccount(tx, account))
  clock().advance(60)
  assert.deepEqual(await inside((tx) => createAccount(tx, account)), first)
  await assert.rejects(
    inside((tx) => createAccount(tx, { ...account, currency: 'EUR' })),
    refused('key_reused'),
  )
  await assert.rejects(
    inside((tx) => createAccount(tx, { ...account, name: 'DESY' })),
    refused('key_reused'),
  )

  const user = { accountId: 'acct_cern', name: 'Tim', userId: 'user_tim', email: 'tim@example.org' }
  const tim = await inside((tx) => createUser(tx, user))
  assert.deepEqual(await inside((tx) => createUser(tx, user)), tim)
  const { accountId: elsewhere, userId: other } = await person()
  await inside((tx) => createUser(tx, { accountId: 'acct_cern', name: 'Ben', userId: 'user_ben' }))
  for (const change of [{ name: 'Tom' }, { email: 'tom@example.org' }, { accountId: elsewhere }]) {
    await assert.rejects(
      inside((tx) => createUser(tx, { ...user, ...change })),
      refused('key_reused'),
      JSON.stringify(change),
    )
  }

  const project = { accountId: 'acct_cern', creatorUserId: 'user_tim', name: 'Web', projectId: 'proj_web' }
  const web = await inside((tx) => createProject(tx, project))
  assert.deepEqual(await inside((tx) => createProject(tx, project)), web)
  for (const change of [
    { name: 'Net' },
    { creatorUserId: 'user_ben' },
    { accountId: elsewhere, creatorUserId: other },
  ]) {
    await assert.rejects(
      inside((tx) => createProject(tx, { ...project, ...change })),
      refused('key_reused'),
      JSON.stringify(change),
    )
  }
})

test('the same eight times at once is made once', async () => {
  const same = <T>(make: (tx: Tx) => Promise<T>) => Promise.all(Array.from({ length: 8 }, () => inside(make)))
  const accounts = await same((tx) => createAccount(tx, { name: 'Race', currency: 'CNY', accountId: 'acct_race' }))
  const users = await same((tx) => createUser(tx, { accountId: 'acct_race', name: 'R', userId: 'user_race' }))
  const projects = await same((tx) =>
    createProject(tx, { accountId: 'acct_race', creatorUserId: 'user_race', name: 'P', projectId: 'proj_race' }),
  )
  for (const made of [accounts, users, projects]) for (const each of made) assert.deepEqual(each, made[0])
})

test('names, addresses and ids are checked', async () => {
  const { accountId, userId } = await person()
  const badNames = [
    '',
    ' ',
    ' a',
    'a ',
    'a\n',
    'a\u0000b',
    'a\u0085b',
    'a\u2028b',
    '\ud800',
    'x'.repeat(201),
    5,
    null,
    undefined,
  ] as string[]
  for (const name of badNames) {
    const say = JSON.stringify(name) ?? 'undefined'
    await assert.rejects(
      inside((tx) => createAccount(tx, { accountId: newId('acct', tx.now), name, currency: 'CNY' })),
      refused('bad_name'),
      say,
    )
    await assert.rejects(
      inside((tx) => createUser(tx, { userId: newId('user', tx.now), accountId, name })),
      refused('bad_name'),
      say,
    )
    await assert.rejects(
      inside((tx) => createProject(tx, { projectId: newId('proj', tx.now), accountId, creatorUserId: userId, name })),
      refused('bad_name'),
      say,
    )
  }
  for (const name of ['x', 'x'.repeat(200), '李 雷', "O'Hara; drop table users", '🧪'.repeat(200)]) {
    assert.equal((await inside((tx) => createUser(tx, { userId: newId('user', tx.now), accountId, name }))).name, name)
  }
  for (const currency of ['cny', 'CN', '', 'CNY ', 'ÇNY']) {
    await assert.rejects(
      inside((tx) => createAccount(tx, { accountId: newId('acct', tx.now), name: 'A', currency })),
      refused('bad_request'),
      currency,
    )
  }
  for (const email of ['', 'a', '@b', 'a@', 'a b@c', 'a@b@c', 'a@b\r\nBcc: x', 'a@' + 'b'.repeat(300)]) {
    await assert.rejects(
      inside((tx) => createUser(tx, { userId: newId('user', tx.now), accountId, name: 'A', email })),
      refused('bad_request'),
      email,
    )
  }
  for (const id of [
    '',
    'acct_',
    'cern',
    'proj_cern',
    'acct_CERN',
    'acct_a b',
    'acct_-a',
    'acct_' + 'a'.repeat(61),
    'acct_a\n',
  ]) {
    await assert.rejects(
      inside((tx) => createAccount(tx, { name: 'A', currency: 'CNY', accountId: id })),
      refused('bad_request'),
      id,
    )
  }
})

test('what is unknown is refused by name', async () => {
  const ada = await person()
  const bob = await person()
  const lab = await projectOf(ada)
  await assert.rejects(
    inside((tx) => createUser(tx, { userId: newId('user', tx.now), accountId: 'acct_none', name: 'A' })),
    refused('unknown_account'),
  )
  // Bob is a user, but not of the account that would pay.
  for (const creatorUserId of ['user_none', bob.userId]) {
    await assert.rejects(
      inside((tx) =>
        createProject(tx, { projectId: newId('proj', tx.now), accountId: ada.accountId, creatorUserId, name: 'P' }),
      ),
      refused('unknown_user'),
    )
  }
  const none = { projectId: 'proj_none', userId: bob.userId, role: 'member' } as const
  await assert.rejects(
    inside((tx) => addMember(tx, none)),
    refused('unknown_project'),
  )
  await assert.rejects(
    inside((tx) => removeMember(tx, none)),
    refused('unknown_project'),
  )
  await assert.rejects(
    inside((tx) => setRole(tx, none)),
    refused('unknown_project'),
  )
  await assert.rejects(
    inside((tx) => markProjectDeleted(tx, 'proj_none', tx.now)),
    refused('unknown_project'),
  )
  const stranger = { projectId: lab.projectId, userId: bob.userId, role: 'admin' } as const
  await assert.rejects(
    inside((tx) => removeMember(tx, stranger)),
    refused('not_a_member'),
  )
  await assert.rejects(
    inside((tx) => setRole(tx, stranger)),
    refused('not_a_member'),
  )
  await assert.rejects(
    inside((tx) => addMember(tx, { ...stranger, userId: 'user_none' })),
    refused('unknown_user'),
  )
  for (const role of ['creator', 'owner', ''] as unknown as 'admin'[]) {
    await assert.rejects(
      inside((tx) => addMember(tx, { ...stranger, role })),
      refused('bad_request'),
    )
    await assert.rejects(
      inside((tx) => setRole(tx, { ...stranger, role })),
      refused('bad_request'),
    )
  }
})

test('broken rows are found', async () => {
  const ada = await person()
  const lab = await projectOf(ada)
  const breaks: [sql: string, name: string][] = [
    [`update account set bucket = (bucket + 1) % 1024 where account_id = '${ada.accountId}'`, 'identity_bucket'],
    [`delete from account where account_id = '${ada.accountId}'`, 'identity_account'],
    [
      `insert into users select 0, 'acct_x', user_id, name, email, created_at from users where user_id = '${ada.userId}'`,
      'identity_unique',
    ],
    [`update member set role = 'admin' where project_id = '${lab.projectId}'`, 'project_creator'],
    [`update member set removed_at = joined_at where project_id = '${lab.projectId}'`, 'project_creator'],
    [`update member set user_id = 'user_none' where project_id = '${lab.projectId}'`, 'member_of_project'],
    [`delete from project where project_id = '${lab.projectId}'`, 'member_of_project'],
  ]
  for (const [sql, name] of breaks) {
    const rolledBack = inside(async (tx) => {
      await tx.query({ text: sql })
      const invariant = identityInvariants.find((each) => each.name === name)!
      assert((await tx.query({ text: invariant.sql })).length > 0, sql)
      throw new Error('put it back')
    })
    await assert.rejects(rolledBack, /put it back/)
  }
})
