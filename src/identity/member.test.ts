import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../base/index.ts'
import { addMember, findMember, listMembers, listProjects, markProjectDeleted, removeMember, setRole } from './index.ts'
import { openPeople, refused } from './people.fixture.ts'

const { inside, violations, person, projectOf, clock } = openPeople()
const instant = (text: string) => Temporal.Instant.from(text)
const projects = (of: { userId: string }, which: 'created' | 'joined') =>
  inside((tx) => listProjects(tx, of.userId, which))

test('members come, change their role, go and come back', async () => {
  const ada = await person()
  const bob = await person()
  const lab = await projectOf(ada)
  const { projectId } = lab
  const { userId } = bob
  const joined = await inside((tx) => addMember(tx, { projectId, userId, role: 'member' }))
  assert.deepEqual(await inside((tx) => addMember(tx, { projectId, userId, role: 'member' })), joined)
  await assert.rejects(
    inside((tx) => addMember(tx, { projectId, userId, role: 'admin' })),
    refused('already_member'),
  )
  await inside((tx) => setRole(tx, { projectId, userId, role: 'admin' }))
  assert.equal((await inside((tx) => findMember(tx, lab, userId)))?.role, 'admin')

  clock().advance(60)
  const removed = await inside((tx) => removeMember(tx, { projectId, userId }))
  assert(removed.removedAt?.equals(clock().now()))
  clock().advance(60)
  assert.deepEqual(await inside((tx) => removeMember(tx, { projectId, userId })), removed)
  assert.deepEqual(await inside((tx) => findMember(tx, lab, userId)), removed, 'a removed member stays known')
  await assert.rejects(
    inside((tx) => setRole(tx, { projectId, userId, role: 'member' })),
    refused('not_a_member'),
  )
  const back = await inside((tx) => addMember(tx, { projectId, userId, role: 'member' }))
  assert.deepEqual(back, { projectId, userId, role: 'member', joinedAt: clock().now(), removedAt: null })
  assert.equal((await inside((tx) => listMembers(tx, lab))).length, 2)
})

test('the creator stays', async () => {
  const ada = await person()
  const { projectId } = await projectOf(ada)
  const self = { projectId, userId: ada.userId, role: 'member' } as const
  await assert.rejects(
    inside((tx) => removeMember(tx, self)),
    refused('creator_stays'),
  )
  await assert.rejects(
    inside((tx) => setRole(tx, self)),
    refused('creator_stays'),
  )
  await assert.rejects(
    inside((tx) => addMember(tx, self)),
    refused('already_member'),
  )
})

test('what one created and what one only takes part in', async () => {
  const ada = await person()
  const bob = await person()
  const own = [await projectOf(ada, 'P1'), await projectOf(ada, 'P2'), await projectOf(ada, 'P3')]
  const other = await projectOf(bob)
  await inside((tx) => addMember(tx, { projectId: other.projectId, userId: ada.userId, role: 'admin' }))
  const ids = (projects: { projectId: string }[]) => projects.map((project) => project.projectId)
  const sorted = ids(own).sort()
  assert.deepEqual(ids(await projects(ada, 'created')), sorted)
  assert.deepEqual(ids(await projects(ada, 'joined')), [other.projectId])
  assert.deepEqual(await projects(bob, 'joined'), [])
  const page = (after: string) => inside((tx) => listProjects(tx, ada.userId, 'created', { after, limit: 2 }))
  assert.deepEqual(ids(await page('')), sorted.slice(0, 2))
  assert.deepEqual(ids(await page(sorted[1]!)), sorted.slice(2))
  await inside((tx) => removeMember(tx, { projectId: other.projectId, userId: ada.userId }))
  assert.deepEqual(await projects(ada, 'joined'), [])
})

test('a deleted project stays known with its first instant of deletion, and takes nobody in', async () => {
  const ada = await person()
  const bob = await person()
  const carol = await person()
  const lab = await projectOf(ada)
  const { projectId } = lab
  await inside((tx) => addMember(tx, { projectId, userId: bob.userId, role: 'member' }))
  const at = instant('2026-01-05T12:00:00Z')
  const deleted = await inside((tx) => markProjectDeleted(tx, projectId, at))
  assert.deepEqual(deleted, { ...lab, deletedAt: at })
  assert.deepEqual(await inside((tx) => markProjectDeleted(tx, projectId, at.add({ seconds: 60 }))), deleted)
  assert.deepEqual(await projects(ada, 'created'), [deleted])
  await assert.rejects(
    inside((tx) => addMember(tx, { projectId, userId: carol.userId, role: 'member' })),
    refused('project_deleted'),
  )
  await assert.rejects(
    inside((tx) => setRole(tx, { projectId, userId: bob.userId, role: 'admin' })),
    refused('project_deleted'),
  )
  await inside((tx) => removeMember(tx, { projectId, userId: bob.userId }))
})

test('adding, removing and promoting at once ends in one of their orders', async () => {
  const ada = await person()
  const { projectId } = await projectOf(ada)
  for (let round = 0; round < 5; round++) {
    const { userId } = await person()
    const member = { projectId, userId, role: 'member' } as const
    await Promise.allSettled([
      inside((tx) => addMember(tx, member)),
      inside((tx) => removeMember(tx, member)),
      inside((tx) => addMember(tx, member)),
      inside((tx) => setRole(tx, { ...member, role: 'admin' })),
    ]).then((results) => {
      for (const result of results)
        if (result.status === 'rejected') assert(result.reason instanceof Refusal, String(result.reason))
    })
  }
  assert.deepEqual(await violations(), [])
})
