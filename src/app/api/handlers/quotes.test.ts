import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openPerson } from '../../../../test/people.ts'
import { query } from '../../../base/index.ts'

let api: TestApi
before(async () => {
  api = await openTestApi()
})
after(() => api.close())

const GPU = { sku: 'queue:gpu', quantity: { cpu: '4', gpu: '1' } }
const ask = (body: unknown, more: object = {}) =>
  api.call('POST', '/v1/quotes', { key: api.keys.customer, body, ...more })
const count = async () =>
  Number((await query(api.app.database.pool, { text: 'select count(*) as n from quote' }))[0]!.n)

test('a quote pins the price in force for a quarter of an hour, or as long as is asked', async () => {
  const { status, body } = await ask(GPU)
  assert.equal(status, 201)
  assert.deepEqual(
    [body.account_id, body.sku, body.quantity, body.price.sku, body.per_hour.amount, body.created_at, body.expires_at],
    [
      api.lab.accountId,
      'queue:gpu',
      GPU.quantity,
      'queue:*',
      '2.20000000',
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:15:00Z',
    ],
  )
  const long = await ask({ ...GPU, valid_seconds: 86_400 })
  assert.equal(long.body.expires_at, '2026-01-02T00:00:00Z')
})

test('platforms and staff say whose; a customer has one account only', async () => {
  const other = await openPerson(api, 'Other')
  for (const key of [api.keys.platform, api.keys.staff]) {
    const { status, body } = await ask({ ...GPU, account_id: api.lab.accountId }, { key })
    assert.deepEqual([status, body.account_id], [201, api.lab.accountId])
    const nobody = await ask(GPU, { key })
    assert.deepEqual([nobody.status, nobody.body.code], [400, 'bad_request'])
    const unknown = await ask({ ...GPU, account_id: 'acct_none' }, { key })
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'not_found'])
  }
  const foreign = await ask({ ...GPU, account_id: other.accountId })
  const missing = await ask({ ...GPU, account_id: 'acct_none' })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'not_found'])
  assert.equal(foreign.body.detail.replace(other.accountId, 'acct_none'), missing.body.detail)
  assert.equal((await ask(GPU, { key: undefined })).status, 401)
})

test("an account of another currency is quoted in that currency's prices", async () => {
  const list = { currency: 'USD', effective_at: '2026-01-01T00:00:00Z', queues: { gpu: { gpu_hour: '0.3' } } }
  assert.equal((await api.call('POST', '/v1/price-lists', { key: api.keys.staff, body: list })).status, 201)
  const body = { name: 'Grace', currency: 'USD' }
  const { account_id } = (await api.call('POST', '/v1/users', { key: api.keys.staff, body })).body
  const made = await ask({ ...GPU, account_id }, { key: api.keys.platform })
  assert.deepEqual(made.body.per_hour, { currency: 'USD', amount: '0.30000000', grains: '1080000000' })
})

test('what cannot be quoted is refused, and nothing is kept', async () => {
  const before = await count()
  const cases: [object, number, string, string?][] = [
    [{ sku: 'machine:none' }, 404, 'unknown_sku'],
    [{ quantity: { count: '1' } }, 422, 'bad_quantity'],
    [{ quantity: {} }, 422, 'bad_quantity'],
    [{ quantity: { gpu: '9999999' } }, 422, 'rate_too_large'],
    [{ valid_seconds: 0 }, 400, 'bad_request', 'valid_seconds'],
    [{ valid_seconds: 2_592_001 }, 400, 'bad_request', 'valid_seconds'],
    [{ quantity: { gpu: 1 } }, 400, 'bad_request', 'quantity.gpu'],
    [{ valid: 60 }, 400, 'bad_request', 'valid'],
    [{ account_id: '' }, 400, 'bad_request', 'account_id'],
  ]
  for (const [change, status, code, param] of cases) {
    const answer = await ask({ ...GPU, ...change })
    assert.deepEqual([answer.status, answer.body.code, answer.body.param], [status, code, param])
  }
  assert.equal(await count(), before)
  const chinese = await ask({ ...GPU, sku: 'machine:none' }, { headers: { 'accept-language': 'zh' } })
  assert.match(chinese.body.detail, /没有 machine:none 的有效价格/)
})

test('two same requests at once make one quote', async () => {
  const before = await count()
  const [a, b] = await Promise.all([1, 2].map(() => ask(GPU, { idempotencyKey: 'one quote' })))
  assert.deepEqual([a!.status, b!.status, a!.body], [201, 201, b!.body])
  assert.equal(await count(), before + 1)
})
