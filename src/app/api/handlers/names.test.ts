import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openPerson, openProject, take } from '../../../../test/people.ts'

let api: TestApi
before(async () => {
  api = await openTestApi()
})
after(() => api.close())

const namesOf = (those: { name: string }[]) => those.map(({ name }) => name).toSorted()
const list = (key: string, query: Record<string, unknown>) => api.call('GET', '/v1/projects', { key, query })

test('names of projects and users are told in one go, to whoever may see them', async () => {
  const [ann, ben, cat] = [await openPerson(api, 'Ann'), await openPerson(api, 'Ben'), await openPerson(api, 'Cat')]
  const shared = await openProject(api, ann, 'Shared')
  await take(api, ann, shared, ben)
  const own = await openProject(api, ann, 'Own')
  const names = async (key: string) => {
    const asked = { project_id: [shared, own, 'proj_none'], user_id: [ann.userId, ben.userId, cat.userId, 'user_none'] }
    const { status, body } = await api.call('GET', '/v1/names', { key, query: asked })
    assert.equal(status, 200)
    return namesOf([...body.projects, ...body.users])
  }
  assert.deepEqual(await names(ann.key), ['Ann', 'Ben', 'Own', 'Shared'])
  assert.deepEqual(await names(ben.key), ['Ann', 'Ben', 'Shared'])
  assert.deepEqual(await names(cat.key), ['Cat'])
  assert.deepEqual(await names(api.keys.staff), ['Ann', 'Ben', 'Cat', 'Own', 'Shared'])
  await api.call('DELETE', `/v1/projects/${shared}/members/${ben.userId}`, { key: ann.key })
  assert.deepEqual(await names(ben.key), ['Ben'], 'who has left sees no more')
})

test('projects are found by a part of their names', async () => {
  const finder = await openPerson(api, 'Finder')
  for (const name of ['Perovskites 2026', 'Other PEROVSKITES', '钙钛矿', '100% _done_'])
    await openProject(api, finder, name)
  const found = async (search: string) => namesOf((await list(finder.key, { search })).body.data)
  assert.deepEqual(await found('perov'), ['Other PEROVSKITES', 'Perovskites 2026'])
  assert.deepEqual(await found('钛'), ['钙钛矿'])
  // No pattern: what is typed is what is looked for.
  assert.deepEqual(await found('%'), ['100% _done_'])
  assert.deepEqual(await found('_d'), ['100% _done_'])
  assert.deepEqual(await found('nothing'), [])
  const first = (await list(finder.key, { search: 'perov', limit: 1 })).body
  assert.equal(first.has_more, true)
  const second = (await list(finder.key, { search: 'perov', limit: 1, cursor: first.next_cursor })).body
  assert.deepEqual(
    [namesOf([...first.data, ...second.data]), second.has_more],
    [['Other PEROVSKITES', 'Perovskites 2026'], false],
  )
})
