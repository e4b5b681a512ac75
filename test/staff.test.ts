import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listRoutes, STAFF_ROLES, type StaffRole } from '@corehour/contract'
import { openTestApi } from './api.ts'
import { openPerson, signedIn } from './people.ts'

/** Unused codes are money. */
const HIDDEN = { support: ['cardBatches.codes'], finance: [] as string[] }
/** What a role may change, beside looking at everything: the whole list, so that a new route is thought about. */
const MAY: Record<Exclude<StaffRole, 'operator'>, string[]> = {
  support: ['accounts.block', 'accounts.unblock', 'accounts.view', 'commands.ask', 'exports.create', 'quotes.create'],
  finance: [
    'accounts.credit',
    'accounts.grant',
    'accounts.view',
    'cardBatches.create',
    'cardBatches.revoke',
    'disputes.settle',
    'exports.create',
    'quotes.create',
    'staff.audit',
    'topUps.cancel',
    'topUps.create',
  ],
}

test('every route, every role of the staff: support reads and blocks, finance moves money, an operator may all', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const cookies = await Promise.all(
    STAFF_ROLES.map(async (role) => {
      const person = await openPerson(api, role)
      const body = { staff_role: role }
      await api.call('PATCH', `/v1/users/${person.userId}`, { key: api.keys.staff, body })
      return [role, await signedIn(api, person.userId)] as const
    }),
  )
  const own = listRoutes().filter(({ route }) => route.scopes.includes('staff') && !route.people)
  for (const [role, cookie] of cookies) {
    const allowed: string[] = []
    for (const { name, route } of own) {
      if (name === 'testClock.advance') continue
      const { params = {}, query = {}, body } = route.example
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, each: string) => params[each]!)
      const answer = await api.call(route.method, path, { cookie, query, body })
      assert.notEqual(answer.status, 401, name)
      assert.notEqual(answer.body.code, 'forbidden', name)
      if (answer.body.code !== 'staff_role_needed') allowed.push(name)
      else assert.equal(answer.status, 403)
    }
    const looks = own.filter(({ route }) => route.method === 'GET').map(({ name }) => name)
    const all = own.map(({ name }) => name).filter((name) => name !== 'testClock.advance')
    const expected = role === 'operator' ? all : [...looks.filter((each) => !HIDDEN[role].includes(each)), ...MAY[role]]
    assert.deepEqual(allowed.toSorted(), expected.toSorted(), role)
  }
})

test('the log names the person, and never a password', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const person = await openPerson(api, 'Grace')
  api.clock.advance(1)
  const role = { staff_role: 'finance' }
  await api.call('PATCH', `/v1/users/${person.userId}`, { key: api.keys.staff, body: role })
  api.clock.advance(1)
  const cookie = await signedIn(api, person.userId)
  const path = `/v1/accounts/${api.lab.accountId}/credits`
  const body = { amount: '5.00', channel: 'transfer', payment_id: 'T1' }
  assert.equal((await api.call('POST', path, { cookie, body })).status, 201)
  api.clock.advance(1)
  const refused = { password: 'a wrong password', new_password: 'another password' }
  assert.equal((await api.call('POST', '/v1/me/password', { cookie, body: refused })).body.code, 'wrong_password')
  assert.equal((await api.call('POST', '/v1/price-lists', { cookie, body: {} })).status, 403)
  const { data } = (await api.call('GET', '/v1/staff-actions', { cookie, query: { limit: 3 } })).body
  const seen = data.map((each: Record<string, unknown>) => [each.key_name, each.route, each.code])
  assert.deepEqual(seen, [
    ['Grace', 'passwords.change', 'wrong_password'],
    ['Grace', 'accounts.credit', null],
    ['finance', 'users.setStaffRole', null],
  ])
  assert.equal(data[0].key_id, person.userId)
  assert.doesNotMatch(JSON.stringify(data), /wrong password|another password/)
})

test('a route that takes a secret stores no answer under a fingerprint of it', () => {
  for (const { name, route } of listRoutes()) {
    const fields = Object.keys((route.body as { properties?: object } | undefined)?.properties ?? {})
    const secret = fields.filter((field) => /password|token/.test(field))
    assert.deepEqual([...(route.secret ?? [])].toSorted(), secret.toSorted(), name)
    if (secret.length > 0) assert.equal(route.idempotency, 'none', name)
  }
})
