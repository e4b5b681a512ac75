import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { CPUS, pass, send, YUAN } from '../../../../test/lab.ts'

const AT = '2026-01-01T00:00:00Z'
const give = (api: TestApi, path: string, body: object, more: object = {}) =>
  api.call('POST', `/v1/accounts/${api.lab.accountId}/${path}`, { key: api.keys.staff, body, ...more })
const balanceOf = async (api: TestApi) =>
  (await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.staff })).body.balance
const transfer = (amount: string, paymentId: string) => ({ amount, channel: 'transfer', payment_id: paymentId })

test('a payment is credited once, whatever the key; the same with other content is refused', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const first = await give(api, 'credits', { ...transfer('100.5', 'bank-1'), note: '汇款' })
  assert.equal(first.status, 201)
  assert.deepEqual(first.body.amount, { currency: 'CNY', amount: '100.50000000', grains: String((YUAN * 1005n) / 10n) })
  assert.equal(first.body.arrears_paid.grains, '0')
  const again = await give(api, 'credits', transfer('100.50', 'bank-1'))
  assert.deepEqual([again.status, again.body], [201, first.body])
  for (const other of [transfer('100.51', 'bank-1'), { ...transfer('100.5', 'bank-1'), channel: 'card' }]) {
    const { status, body } = await give(api, 'credits', other, { headers: { 'accept-language': 'zh' } })
    assert.deepEqual([status, body.code], [409, 'payment_reused'])
    assert.equal(body.detail, '付款 bank-1 已按其他金额或渠道入账。请核对。')
  }
  assert.equal((await balanceOf(api)).settled.grains, String((YUAN * 1005n) / 10n))
})

test('a key is good for one request: again it answers the same, with another body it is refused', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const card = { amount: '20', expires_at: '2026-02-01T00:00:00Z', priority: 3, note: 'Winter school' }
  const [one, ...others] = await Promise.all(
    Array.from({ length: 5 }, () => give(api, 'grants', card, { idempotencyKey: 'g1' })),
  )
  for (const other of others) assert.deepEqual([other.status, other.body], [201, one!.body])
  const changed = await give(api, 'grants', { ...card, amount: '21' }, { idempotencyKey: 'g1' })
  assert.deepEqual([changed.status, changed.body.code], [409, 'key_reused'])
  // The stored answer is forgotten: the card is the same one all the same.
  await api.app.database.pool.query('delete from idempotency_key')
  const later = await give(api, 'grants', card, { idempotencyKey: 'g1' })
  assert.deepEqual([later.status, later.body], [201, one!.body])
  await api.app.database.pool.query('delete from idempotency_key')
  const otherwise = await give(api, 'grants', { ...card, amount: '21' }, { idempotencyKey: 'g1' })
  assert.deepEqual([otherwise.status, otherwise.body.code], [409, 'key_reused'])
  assert.equal((await balanceOf(api)).granted.grains, String(20n * YUAN))
  assert.equal((await give(api, 'grants', card, { idempotencyKey: 'g2' })).status, 201)
  assert.equal((await balanceOf(api)).granted.grains, String(40n * YUAN))
})

test('money pays arrears first and says how much', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { projectId: project, userId: user } = api.lab
  await send(api.app, 'job-1', 'started', AT, { project, user, kind: 'job', ...CPUS })
  await pass(api.app, api.clock, '2026-01-01T05:00:00Z')
  // Five hours at 0.2 an hour: one yuan is owed.
  assert.equal((await balanceOf(api)).arrears.grains, String(YUAN))
  const grant = await give(api, 'grants', { amount: '0.40', expires_at: '2026-02-01T00:00:00Z' })
  assert.equal(grant.body.arrears_paid.grains, String((YUAN * 4n) / 10n))
  const cash = await give(api, 'credits', transfer('10.00', 'bank-1'))
  assert.equal(cash.body.arrears_paid.grains, String((YUAN * 6n) / 10n))
  const balance = await balanceOf(api)
  assert.deepEqual(
    [balance.arrears.grains, balance.granted.grains, balance.cash.grains, balance.settled.grains],
    ['0', '0', String((YUAN * 94n) / 10n), String((YUAN * 94n) / 10n)],
  )
})

test('amounts, channels and ends that cannot be are refused, and nothing is booked', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const expires_at = '2026-02-01T00:00:00Z'
  const cases: [string, object, number, string][] = [
    ['credits', transfer('0', 'p'), 422, 'bad_amount'],
    ['credits', transfer('0.00', 'p'), 422, 'bad_amount'],
    ['credits', transfer('1.234', 'p'), 400, 'bad_request'],
    ['credits', transfer('-1', 'p'), 400, 'bad_request'],
    ['credits', transfer('1e3', 'p'), 400, 'bad_request'],
    ['credits', transfer('100000000.01', 'p'), 422, 'amount_too_large'],
    ['credits', { ...transfer('1', 'p'), amount: 1 }, 400, 'bad_request'],
    ['credits', { ...transfer('1', 'p'), channel: 'Bank!' }, 400, 'bad_request'],
    ['credits', { ...transfer('1', ''), note: 'x' }, 400, 'bad_request'],
    ['credits', { ...transfer('1', 'p'), expires_at }, 400, 'bad_request'],
    ['credits', { amount: '1' }, 400, 'bad_request'],
    ['grants', { amount: '0', expires_at }, 422, 'bad_amount'],
    ['grants', { amount: '1' }, 400, 'bad_request'],
    ['grants', { amount: '1', expires_at: AT }, 422, 'grant_expired'],
    ['grants', { amount: '1', expires_at: '0000-01-01T00:00:00Z' }, 422, 'bad_time'],
    ['grants', { amount: '1', expires_at: 'next Friday, the thirteenth' }, 422, 'bad_time'],
    ['grants', { amount: '1', expires_at: '2026-02-30T00:00:00Z' }, 422, 'bad_time'],
    ['grants', { amount: '1', expires_at, priority: -1 }, 400, 'bad_request'],
    ['grants', { amount: '1', expires_at, priority: 1001 }, 400, 'bad_request'],
  ]
  for (const [path, request, status, code] of cases) {
    const { status: answered, body } = await give(api, path, request)
    assert.deepEqual([answered, body.code], [status, code], JSON.stringify([request, body]))
  }
  for (const path of ['credits', 'grants', 'block']) {
    const body = { credits: transfer('1', 'p'), grants: { amount: '1', expires_at }, block: { reason: 'x' } }[path]
    const nobody = await api.call('POST', `/v1/accounts/acct_none/${path}`, { key: api.keys.staff, body })
    assert.deepEqual([nobody.status, nobody.body.code], [404, 'not_found'])
    const customer = await give(api, path, body!, { key: api.keys.customer })
    assert.deepEqual([customer.status, customer.body.code], [403, 'forbidden'])
  }
  const balance = await balanceOf(api)
  assert.equal(balance.settled.grains, '0')
})

test('an account takes as much as its numbers hold, then refuses', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  for (let i = 0; i < 25; i++) assert.equal((await give(api, 'credits', transfer('100000000', `p${i}`))).status, 201)
  for (const [path, body] of [
    ['credits', transfer('0.01', 'one more')],
    ['grants', { amount: '100000000', expires_at: '2026-02-01T00:00:00Z' }],
  ] as const) {
    const { status, body: problem } = await give(api, path, body)
    assert.deepEqual([status, problem.code], [422, 'amount_too_large'])
  }
  assert.equal((await balanceOf(api)).available.amount, '2500000000.00000000')
})

test('a blocked account says since when and why; what is asked again changes nothing', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  api.clock.set('2026-01-01T00:02:00Z')
  const blocked = await give(api, 'block', { reason: '银行争议' })
  assert.equal(blocked.status, 200)
  assert.deepEqual(blocked.body.blocked, { at: '2026-01-01T00:02:00Z', reason: '银行争议' })
  api.clock.set('2026-01-01T00:03:00Z')
  const again = await give(api, 'block', { reason: 'Disputed by the bank' })
  assert.deepEqual(again.body.blocked, { at: '2026-01-01T00:02:00Z', reason: 'Disputed by the bank' })
  const seen = await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.customer })
  assert.deepEqual(seen.body, again.body, 'the customer sees why')
  api.clock.set('2026-01-01T00:04:00Z')
  const freed = await api.call('POST', `/v1/accounts/${api.lab.accountId}/unblock`, { key: api.keys.staff })
  assert.deepEqual([freed.status, freed.body.blocked], [200, null])
  const { data } = (
    await api.call('GET', '/v1/staff-actions', { key: api.keys.staff, query: { about: api.lab.accountId } })
  ).body
  assert.deepEqual(
    data.map((action: any) => action.route),
    ['accounts.unblock', 'accounts.block', 'accounts.block'],
  )
  assert.deepEqual(data[1].request, { reason: 'Disputed by the bank' })
})
