import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listRoutes } from '@corehour/contract'
import { openTestApi } from '../../../../test/api.ts'
import { pay, YUAN } from '../../../../test/lab.ts'
import { openPerson, signedIn } from '../../../../test/people.ts'

const REASON = 'Asked about a deduction'

test('staff look at an account as its owner sees it, for an hour, and the log says why', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId, userId } = api.lab
  const { customer, staff } = api.keys
  await pay(api.app, accountId, YUAN)
  const grace = await openPerson(api, 'Grace')
  await api.call('PATCH', `/v1/users/${grace.userId}`, { key: staff, body: { staff_role: 'support' } })
  const cookie = await signedIn(api, grace.userId)
  const open = (who: object, body: object) => api.call('POST', `/v1/accounts/${accountId}/views`, { ...who, body })
  for (const reason of ['', '   ']) assert.equal((await open({ cookie }, { reason })).status, 400)
  const { status, body: view } = await open({ cookie }, { reason: `${REASON} ` })
  assert.equal(status, 201)
  const headers = { 'x-corehour-view': view.view_id }
  const look = (path: string, who: object = { cookie }) => api.call('GET', path, { ...who, headers })
  for (const path of ['/v1/projects?view=created', `/v1/accounts/${accountId}/lots`, '/v1/bill-lines', '/v1/spans']) {
    const [theirs, owners] = [await look(path), await api.call('GET', path, { key: customer })]
    assert.deepEqual([theirs.status, theirs.body], [200, owners.body], path)
  }
  const { me } = (await look('/v1/sessions/current')).body
  assert.deepEqual([me.scope, me.account_id, me.user_id, me.staff_role], ['customer', accountId, userId, null])
  assert.deepEqual([me.view.staff_name, me.view.reason], ['Grace', REASON])
  assert.equal((await look('/v1/accounts')).status, 403, 'what is for staff is not for owners')

  assert.equal((await look('/v1/me', { key: staff })).status, 404, "another's view")
  assert.equal((await look('/v1/me', { key: customer })).status, 404)
  const log = await api.call('GET', '/v1/staff-actions', { key: staff, query: { about: accountId } })
  assert.deepEqual(
    log.body.data.map((each: any) => [each.key_name, each.route, each.request]),
    [['Grace', 'accounts.view', { reason: `${REASON} ` }]],
  )
  api.clock.advance(3600)
  // The session of staff's ends after an hour without use too.
  const again = await signedIn(api, grace.userId)
  assert.equal((await look('/v1/me', { cookie: again })).body.code, 'view_over')
  assert.equal((await api.call('GET', '/v1/me', { cookie: again })).body.scope, 'staff')
})

test('in a view every route that could change something is refused, to whatever role', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { staff } = api.keys
  const path = `/v1/accounts/${api.lab.accountId}/views`
  const { body: view } = await api.call('POST', path, { key: staff, body: { reason: REASON } })
  const headers = { 'x-corehour-view': view.view_id }
  const changing = listRoutes().filter(({ route }) => route.method !== 'GET')
  assert.ok(changing.length > 30)
  for (const { name, route } of changing) {
    const { params = {}, query = {}, body } = route.example
    const at = route.path.replaceAll(/\{(\w+)\}/g, (_, each: string) => params[each]!)
    const answer = await api.call(route.method, at, { key: staff, query, body, headers })
    assert.deepEqual([answer.status, answer.body.code], [403, 'view_only'], name)
  }
})
