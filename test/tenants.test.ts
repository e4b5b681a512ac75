import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listRoutes, namesIn, type Route } from '@corehour/contract'
import { SYSTEM, transact } from '../src/base/index.ts'
import { createKey } from '../src/identity/index.ts'
import { openTestApi, type TestApi } from './api.ts'
import { openPerson, signedIn } from './people.ts'
import { openPayer } from './lab.ts'

const SCOPES = ['customer', 'platform', 'staff'] as const

test('every route: without a key, with a dead one, and with one of another scope, there is nothing to see', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const dead = await deadKeys(api)
  for (const { name, route } of listRoutes()) {
    if (route.scopes.length === 0) continue
    const request = requestOf(route, {})
    for (const key of [undefined, 'nonsense', ...dead]) {
      const { status, body } = await api.call(route.method, request.path, {
        ...request,
        ...(key !== undefined && { key }),
      })
      assert.deepEqual([status, body.code], [401, 'unauthorized'], name)
    }
    for (const scope of SCOPES.filter((each) => !route.scopes.includes(each))) {
      const { status, body } = await api.call(route.method, request.path, { ...request, key: api.keys[scope] })
      assert.deepEqual([status, body.code], [403, 'forbidden'], `${name} as ${scope}`)
    }
  }
})

test("every route: another customer's things do not exist", async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId, userId, projectId } = api.lab
  const other = await openPayer(api.app, 'Other')
  const stranger = (
    await transact(api.app, SYSTEM, (tx) =>
      createKey(tx, { name: 'stranger', scope: 'customer', userId: other.userId }),
    )
  ).secret
  const owner = api.keys.customer
  const made = await api.call('POST', '/v1/exports', { key: owner, body: { format: 'csv' } })
  const keyId = (await api.call('GET', '/v1/me', { key: owner })).body.key_id
  const [mine, theirs] = [await openPerson(api, 'Owner', accountId), await openPerson(api, 'Stranger')]
  const ownersSession = await signedIn(api, mine.userId)
  const strangersSession = await signedIn(api, theirs.userId)
  const listed = await api.call('GET', '/v1/sessions', { cookie: ownersSession })
  const ids = {
    account_id: accountId,
    user_id: userId,
    project_id: projectId,
    export_id: made.body.export_id,
    key_id: keyId,
    session_id: listed.body.data[0].session_id,
  }
  const before = await snapshotOf(api)
  let tried = 0
  for (const { name, route } of listRoutes()) {
    if (!route.scopes.includes('customer')) continue
    const named = namesIn(route.path)
    const inQuery = Object.keys(route.query?.properties ?? {}).filter((each) => each === 'account_id')
    const request = requestOf(route, ids)
    // The last that the stranger does: it ends the session.
    if (name === 'sessions.endCurrent') continue
    const as = route.people ? { cookie: strangersSession } : { key: stranger }
    const answer = await api.call(route.method, request.path, { ...request, ...as })
    if (named.length + inQuery.length > 0) {
      assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'], `${name}: ${JSON.stringify(answer.body)}`)
      tried++
    } else if (answer.status < 300) {
      const text = JSON.stringify(answer.body)
      for (const id of [accountId, userId, projectId]) assert.ok(!text.includes(id), `${name} tells of ${id}`)
    }
  }
  assert.ok(tried >= 12, `${tried} routes name something`)
  assert.deepEqual(await snapshotOf(api), before, 'and nothing of it was changed')
  assert.equal((await api.call('DELETE', '/v1/sessions/current', { cookie: strangersSession })).status, 200)
  assert.equal((await api.call('GET', '/v1/me', { cookie: strangersSession })).status, 401)
  assert.equal((await api.call('GET', '/v1/me', { cookie: ownersSession })).status, 200)
})

/** What a stranger must not be able to change. */
async function snapshotOf(api: TestApi): Promise<unknown> {
  const { accountId } = api.lab
  const { rows } = await api.app.database.pool.query(
    `select (select to_jsonb(a) from account a where account_id = $1) as account, (select to_jsonb(w) - 'seen_at' from wallet w where account_id = $1) as wallet,
      (select jsonb_agg(to_jsonb(p)) from project p where account_id = $1) as projects, (select jsonb_agg(to_jsonb(m)) from member m where account_id = $1) as members,
      (select jsonb_agg(to_jsonb(k) - 'last_used_at' order by key_id) from api_key k where account_id = $1) as keys`,
    [accountId],
  )
  return JSON.parse(JSON.stringify(rows[0], (_, value) => (typeof value === 'bigint' ? String(value) : value)))
}

async function deadKeys(api: TestApi): Promise<string[]> {
  const { app, clock } = api
  const make = (expiresAt?: Temporal.Instant) =>
    transact(app, SYSTEM, (tx) => createKey(tx, { name: 'dead', scope: 'staff', ...(expiresAt && { expiresAt }) }))
  const expired = await make(clock.now().add({ seconds: 60 }))
  const revoked = await make()
  const used = await api.call('GET', '/v1/me', { key: revoked.secret })
  assert.equal(used.status, 200)
  const ended = await api.call('DELETE', `/v1/api-keys/${revoked.key.keyId}`, { key: api.keys.staff })
  assert.equal(ended.status, 200)
  clock.advance(60)
  return [expired.secret, revoked.secret]
}

/** The example of a route, about given things. */
function requestOf(route: Route, ids: Record<string, string>) {
  const { params = {}, query = {}, body } = route.example
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? params[name]!)
  const named = Object.keys(route.query?.properties ?? {}).filter((each) => each === 'account_id' && ids[each])
  const asked = { ...query, ...Object.fromEntries(named.map((name) => [name, ids[name]])) }
  const filled =
    body && ids.account_id && 'account_id' in (route.body as { properties?: object }).properties!
      ? { ...(body as object), account_id: ids.account_id }
      : body
  return { path, query: asked, ...(filled !== undefined && { body: filled }) }
}
