// What staff did, found again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi } from '../../../../test/api.ts'
import { openPayer } from '../../../../test/lab.ts'
import { SYSTEM, transact } from '../../../base/index.ts'
import { createKey } from '../../../identity/index.ts'

test('the log of the staff is found by who, what, about whom and when, page by page, and by nobody else', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock, lab } = api
  const other = await openPayer(app, 'Other')
  const makeKey = (name: string) => transact(app, SYSTEM, (tx) => createKey(tx, { name, scope: 'staff' }))
  const [second, idle] = [await makeKey('Second'), await makeKey('Idle')]
  const act = (key: string, accountId: string, verb: 'block' | 'unblock', body?: object) =>
    api.call('POST', `/v1/accounts/${accountId}/${verb}`, { key, body })
  // 16:00 UTC is the operator's midnight: the first is of the first of January, all others of the second or third.
  clock.set('2026-01-01T15:59:59.900Z')
  await act(api.keys.staff, lab.accountId, 'block', { reason: 'first' })
  clock.set('2026-01-01T16:00:00Z')
  await act(second.secret, lab.accountId, 'unblock')
  clock.set('2026-01-01T16:00:00.100Z')
  await act(second.secret, other.accountId, 'block', { reason: 'second' })
  clock.set('2026-01-02T15:59:59Z')
  assert.equal((await act(second.secret, 'acct_none', 'block', { reason: 'nobody' })).status, 404)
  clock.set('2026-01-02T16:00:00Z')
  await act(api.keys.staff, other.accountId, 'unblock')

  const list = async (query: Record<string, string | number> = {}) =>
    (await api.call('GET', '/v1/staff-actions', { key: api.keys.staff, query })).body
  const found = async (query: Record<string, string | number> = {}) =>
    (await list(query)).data.map(({ at, route, about }: any) => [at.slice(8, 16), route.slice(9), about])
  const [first, freed, blocked, refused, last] = [
    ['01T15:59', 'block', lab.accountId],
    ['01T16:00', 'unblock', lab.accountId],
    ['01T16:00', 'block', other.accountId],
    ['02T15:59', 'block', 'acct_none'],
    ['02T16:00', 'unblock', other.accountId],
  ]
  assert.deepEqual(await found(), [last, refused, blocked, freed, first])
  assert.deepEqual(await found({ key_id: second.key.keyId }), [refused, blocked, freed])
  assert.deepEqual(await found({ route: 'accounts.unblock' }), [last, freed])
  assert.deepEqual(await found({ about: lab.accountId }), [freed, first])
  assert.deepEqual(await found({ from: '2026-01-02', to: '2026-01-03' }), [refused, blocked, freed])
  assert.deepEqual(await found({ to: '2026-01-02' }), [first])
  assert.deepEqual(await found({ from: '2026-01-03' }), [last])
  assert.deepEqual(await found({ key_id: second.key.keyId, route: 'accounts.block', about: other.accountId }), [
    blocked,
  ])
  assert.deepEqual(await found({ key_id: idle.key.keyId }), [])

  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const page: any = await list({ from: '2026-01-02', limit: 3, ...(cursor !== null && { cursor }) })
    pages.push(page.data.map(({ route }: any) => route))
    cursor = page.next_cursor
  } while (cursor !== null)
  assert.deepEqual(
    pages.map(({ length }) => length),
    [3, 1],
  )

  const { body: actors } = await api.call('GET', '/v1/staff-actions/actors', { key: api.keys.staff })
  assert.deepEqual(
    actors.data.map(({ key_name }: any) => key_name),
    ['finance', 'Second'],
  )
  for (const path of ['', '/actors'])
    assert.equal((await api.call('GET', `/v1/staff-actions${path}`, { key: api.keys.customer })).status, 403)
})
