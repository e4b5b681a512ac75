import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openPerson } from '../../../../test/people.ts'
import { query as ask } from '../../../base/index.ts'

let api: TestApi
before(async () => {
  api = await openTestApi()
})
after(() => api.close())

const make = (body: object, key = api.keys.staff) => api.call('POST', '/v1/api-keys', { key, body })
const list = async (query: object, key = api.keys.staff) =>
  (await api.call('GET', '/v1/api-keys', { key, query: { ...query } })).body
const namesOf = ({ data }: { data: { name: string }[] }) => data.map(({ name }) => name)

test('a key is usable, expires after the days that it is good for, and is then refused; a revoked one is no longer expired', async () => {
  const { body: made } = await make({ name: 'for a month', valid_days: 30 }, api.keys.customer)
  assert.deepEqual(
    [made.key.state, made.key.created_at, made.key.expires_at],
    ['usable', api.clock.now().toString(), api.clock.now().add({ hours: 720 }).toString()],
  )
  const state = async () =>
    (await list({}, api.keys.customer)).data.find(({ name }: any) => name === 'for a month').state
  const use = async () => (await api.call('GET', '/v1/me', { key: made.secret })).status
  api.clock.advance(30 * 86_400 - 1)
  assert.deepEqual([await state(), await use()], ['usable', 200])
  api.clock.advance(1)
  assert.deepEqual([await state(), await use()], ['expired', 401])
  const revoked = await api.call('DELETE', `/v1/api-keys/${made.key.key_id}`, { key: api.keys.customer })
  assert.deepEqual([revoked.body.state, await state()], ['revoked', 'revoked'])
})

test('how long a key is good for is said in one way', async () => {
  const at = api.clock.now().add({ hours: 48 }).toString()
  const cases: [object, string | undefined][] = [
    [{ valid_days: 30, expires_at: at }, 'valid_days'],
    [{ valid_days: 0 }, 'valid_days'],
    [{ valid_days: 3651 }, 'valid_days'],
    [{ valid_days: 1.5 }, 'valid_days'],
    [{ expires_at: api.clock.now().toString() }, undefined],
  ]
  const before = namesOf(await list({ limit: 1000 }))
  for (const [change, param] of cases) {
    const { status, body } = await make({ name: 'never made', scope: 'staff', ...change })
    assert.deepEqual([status, body.code, body.param], [400, 'bad_request', param], JSON.stringify(change))
  }
  assert.deepEqual(namesOf(await list({ limit: 1000 })), before)
})

test('pressed again a key is the same one, and its secret is gone; another end under that key is refused', async () => {
  const again = (valid_days: number) =>
    api.call('POST', '/v1/api-keys', {
      key: api.keys.customer,
      body: { name: 'twice', valid_days },
      idempotencyKey: 'made twice',
    })
  const first = await again(90)
  // A moment later the days would end later: they are the first answer's all the same.
  api.clock.advance(5)
  const second = await again(90)
  assert.match(first.body.secret, /^corehour_customer_/)
  assert.deepEqual(second.body, { ...first.body, secret: null })
  assert.equal((await again(30)).body.code, 'key_reused')
  assert.equal(namesOf(await list({}, api.keys.customer)).filter((name) => name === 'twice').length, 1)
})

test('keys are listed by scope and by whether they were revoked, newest first, page by page', async () => {
  const kept: string[] = []
  for (const n of [1, 2, 3, 4, 5]) {
    api.clock.advance(1)
    const { body } = await make({
      name: `cluster ${n}`,
      scope: 'platform',
      sources: [`lab-${n}`, `lab-${n}`, 'shared'],
    })
    assert.deepEqual(body.key.sources, [`lab-${n}`, 'shared'])
    if (n % 2 === 0) await api.call('DELETE', `/v1/api-keys/${body.key.key_id}`, { key: api.keys.staff })
    else kept.unshift(`cluster ${n}`)
    await make({ name: `staff ${n}`, scope: 'staff' })
  }
  const [first, second] = await inPages({ scope: 'platform', revoked: false, limit: 2 })
  assert.deepEqual([namesOf(first), namesOf(second)], [kept.slice(0, 2), [...kept.slice(2), 'cluster']])
  assert.deepEqual(namesOf(await list({ scope: 'platform', revoked: true })), ['cluster 4', 'cluster 2'])
  const all = (await list({ limit: 1000 })).data
  assert.deepEqual(new Set(all.map(({ scope }: any) => scope)), new Set(['customer', 'platform', 'staff']))
  const ids = all.map(({ key_id }: any) => key_id)
  assert.deepEqual(ids, ids.toSorted().toReversed())
  // A customer's filter opens nothing.
  assert.deepEqual(namesOf(await list({ scope: 'platform' }, api.keys.customer)), [])
  assert.equal(
    (await api.call('GET', '/v1/api-keys', { key: api.keys.staff, query: { scope: 'all' } })).body.param,
    'scope',
  )
})

test('the few keys of platforms are found among those of all customers without reading these', async () => {
  await ask(
    api.app.database.pool,
    {
      text: `insert into api_key (key_id, secret_hash, name, scope, account_id, user_id, created_at)
        select 'key_many' || n, 'hash' || n, 'many', 'customer', 'acct_many', 'user_many', $1 from generate_series(1, 20000) n`,
    },
    [api.clock.now()],
  )
  await ask(api.app.database.pool, { text: 'analyze api_key' })
  const [plan] = await ask<Record<string, unknown>>(api.app.database.pool, {
    text: `explain (format json) select * from api_key where scope = 'platform' order by key_id desc limit 51`,
  })
  assert.match(JSON.stringify(plan), /api_key_by_scope/)
})

test('the users of an account are found by it, for whom a key is made', async () => {
  const ada = await openPerson(api, 'Ada')
  const grace = await openPerson(api, 'Grace', ada.accountId)
  await openPerson(api, 'Stranger')
  const find = (query: object, key = api.keys.staff) => api.call('GET', '/v1/users', { key, query: { ...query } })
  const found = await find({ account_id: ada.accountId })
  assert.deepEqual(
    found.body.data.map(({ user_id }: any) => user_id),
    [ada.userId, grace.userId].toSorted(),
  )
  assert.deepEqual((await find({ account_id: 'acct_none' })).body.data, [])
  for (const query of [{}, { account_id: ada.accountId, search: 'Ada' }])
    assert.deepEqual((await find(query)).body.param, 'search', JSON.stringify(query))
  assert.equal((await find({ account_id: ada.accountId }, ada.key)).status, 403)
})

async function inPages(query: object): Promise<any[]> {
  const pages = []
  let cursor: string | undefined
  do {
    const got = await list({ ...query, ...(cursor !== undefined && { cursor }) })
    pages.push(got)
    cursor = got.next_cursor ?? undefined
  } while (cursor !== undefined)
  return pages
}
