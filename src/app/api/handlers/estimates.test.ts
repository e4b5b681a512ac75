import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'

let api: TestApi
before(async () => {
  api = await openTestApi()
})
after(() => api.close())

const estimate = (body: unknown, headers = {}) => api.call('POST', '/v1/estimates', { body, headers })
const GPU = { sku: 'queue:gpu', quantity: { cpu: '4', gpu: '1' }, seconds: 3600 }

test('a job costs its price times its time, for everybody to see', async () => {
  const { status, body } = await estimate(GPU)
  assert.equal(status, 200)
  assert.equal(body.price.sku, 'queue:*')
  assert.deepEqual(body.per_hour, { currency: 'CNY', amount: '2.20000000', grains: '7920000000' })
  assert.deepEqual([body.amount, body.nodes, body.seconds], [body.per_hour, 1, 3600])
  const none = await estimate({ ...GPU, seconds: 0 })
  assert.equal(none.body.amount.grains, '0')
})

test('equal nodes cost their number; a machine counts once where nothing is said', async () => {
  const { body } = await estimate({ sku: 'machine:c2_m4_cpu', quantity: {}, seconds: 1800, nodes: 3 })
  assert.deepEqual([body.per_hour.amount, body.amount.amount, body.nodes], ['1.20000000', '0.60000000', 3])
})

test('what cannot be reckoned is refused', async () => {
  const cases: [object, number, string][] = [
    [{ sku: 'machine:none' }, 404, 'unknown_sku'],
    [{ currency: 'USD' }, 404, 'unknown_sku'],
    [{ sku: 'storage:personal', quantity: { gb: '1' } }, 404, 'unknown_sku'],
    [{ quantity: {} }, 422, 'bad_quantity'],
    [{ quantity: { gpus: '1' } }, 422, 'bad_quantity'],
    [{ quantity: { gpu: '1e3' } }, 422, 'bad_quantity'],
    [{ quantity: { gpu: '-1' } }, 422, 'bad_quantity'],
    [{ quantity: { gpu: '0.00000000001' } }, 422, 'bad_quantity'],
    [{ quantity: { gpu: '10000000' } }, 422, 'rate_too_large'],
    [{ quantity: { gpu: '50000' }, seconds: 3_153_600_000 }, 422, 'amount_too_large'],
    [{ quantity: { gpu: '50000' }, seconds: 0, nodes: 100_000 }, 422, 'amount_too_large'],
  ]
  for (const [change, status, code] of cases) {
    const answer = await estimate({ ...GPU, ...change })
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(change))
  }
})

test('a storage plan is sold by the month', async () => {
  const list = { currency: 'CNY', effective_at: '2026-01-01T00:00:01Z', storage: { personal_gb_month: '0.2' } }
  assert.equal((await api.call('POST', '/v1/price-lists', { key: api.keys.staff, body: list })).status, 201)
  api.clock.advance(1)
  const { status, body } = await estimate({ sku: 'storage:personal', quantity: { gb: '10' }, seconds: 3600 })
  assert.deepEqual([status, body.code], [422, 'not_metered'])
})

test('fields that are wrong are named', async () => {
  const cases: [object, string][] = [
    [{ seconds: '3600' }, 'seconds'],
    [{ seconds: -1 }, 'seconds'],
    [{ seconds: 1.5 }, 'seconds'],
    [{ seconds: 1e12 }, 'seconds'],
    [{ nodes: 0 }, 'nodes'],
    [{ nodes: 100_001 }, 'nodes'],
    [{ quantity: { gpu: 1 } }, 'quantity.gpu'],
    [{ quantity: null }, 'quantity'],
    [{ sku: '' }, 'sku'],
    [{ gpus: 1 }, 'gpus'],
  ]
  for (const [change, param] of cases) {
    const answer = await estimate({ ...GPU, ...change })
    assert.deepEqual([answer.status, answer.body.code, answer.body.param], [400, 'bad_request', param])
  }
})

test('refusals speak Chinese to who reads it', async () => {
  const { body } = await estimate({ ...GPU, sku: 'machine:none' }, { 'accept-language': 'zh' })
  assert.match(body.detail, /没有 machine:none 的有效价格/)
})
