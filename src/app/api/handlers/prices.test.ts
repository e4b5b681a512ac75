import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'

let api: TestApi
before(async () => {
  api = await openTestApi()
})
after(() => api.close())

const prices = (query: object = {}, headers = {}) =>
  api.call('GET', '/v1/prices', { query: query as Record<string, unknown>, headers })
const lists = (query: object = {}) => api.call('GET', '/v1/price-lists', { query: query as Record<string, unknown> })
const publish = (body: unknown, more: object = {}) =>
  api.call('POST', '/v1/price-lists', { key: api.keys.staff, body, ...more })
const FEBRUARY = { currency: 'CNY', effective_at: '2026-02-01T08:00:00+08:00', machines: { c2_m4_cpu: '0.50' } }

test('everybody sees the prices in force, without a key', async () => {
  const { status, body } = await prices()
  assert.equal(status, 200)
  assert.deepEqual([body.currency, body.at, body.effective_at], ['CNY', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'])
  assert.deepEqual(
    body.data.map(({ sku, unit_prices }: { sku: string; unit_prices: object }) => [sku, unit_prices]),
    [
      ['machine:c2_m4_cpu', { machine_hour: '0.4' }],
      ['queue:*', { cpu_hour: '0.05', gpu_hour: '2', gb_hour: '0' }],
    ],
  )
})

test('prices are found by part of a SKU; a queue that no list names has the price of queue:*', async () => {
  const found = async (search: string) => (await prices({ search })).body.data.map(({ sku }: { sku: string }) => sku)
  assert.deepEqual(await found('C2_'), ['machine:c2_m4_cpu'])
  assert.deepEqual(await found('queue:gpu'), ['queue:*'])
  assert.deepEqual(await found('%'), [])
  assert.deepEqual((await prices({ search: '\0' })).body.param, 'search')
})

test('a list takes effect at its instant, and prices of other instants and currencies stay what they are', async () => {
  const published = await publish(FEBRUARY)
  assert.equal(published.status, 201)
  assert.deepEqual(published.body.document, {
    currency: 'CNY',
    effective_at: '2026-02-01T00:00:00Z',
    machines: { c2_m4_cpu: '0.5' },
    queues: {},
    storage: {},
  })
  const january = (await prices({ at: '2026-01-31T23:59:59Z' })).body
  assert.deepEqual([january.data.length, january.until], [2, '2026-02-01T00:00:00Z'])
  const february = (await prices({ at: '2026-02-01T00:00:00Z' })).body
  assert.deepEqual(
    [february.price_list_id, february.until, february.data.map((each: any) => [each.sku, each.unit_prices])],
    [published.body.price_list_id, null, [['machine:c2_m4_cpu', { machine_hour: '0.5' }]]],
  )
  const before = (await prices({ at: '2025-12-31T23:59:59Z' })).body
  assert.deepEqual([before.effective_at, before.until, before.data], [null, '2026-01-01T00:00:00Z', []])
  const dollars = (await prices({ currency: 'USD' })).body
  assert.deepEqual([dollars.currency, dollars.price_list_id, dollars.until, dollars.data], ['USD', null, null, []])
})

test('lists come page by page, the last to take effect first', async () => {
  for (const month of ['04', '03', '05']) {
    assert.equal((await publish({ ...FEBRUARY, effective_at: `2026-${month}-01T00:00:00Z` })).status, 201)
  }
  const seen: string[] = []
  let cursor: string | undefined
  let pages = 0
  do {
    const { status, body } = await lists({ limit: 2, ...(cursor !== undefined && { cursor }) })
    assert.equal(status, 200)
    assert.equal(body.has_more, body.next_cursor !== null)
    seen.push(...body.data.map(({ effective_at }: { effective_at: string }) => effective_at))
    cursor = body.next_cursor ?? undefined
    pages++
  } while (cursor !== undefined)
  assert.deepEqual(
    seen,
    ['05', '04', '03', '02', '01'].map((month) => `2026-${month}-01T00:00:00Z`),
  )
  assert.equal(pages, 3)
  const whole = (await lists()).body
  assert.deepEqual([whole.data.length, whole.has_more, whole.next_cursor], [5, false, null])
  assert.deepEqual((await lists({ currency: 'USD' })).body.data, [])
  // The document is shown as it was published, not in the order in which the database keeps keys.
  assert.deepEqual(Object.keys(whole.data[4].document.queues['*']), ['cpu_hour', 'gpu_hour', 'gb_hour'])
})

test('cursors and queries that are none of ours are refused', async () => {
  for (const cursor of ['nonsense', 'WyJcdTAwMDAiXQ', 'WyJ0b2RheSJd', 'WyJhIiwiYiJd']) {
    const { status, body } = await lists({ cursor })
    assert.deepEqual([status, body.code], [400, 'bad_request'], cursor)
  }
  for (const limit of [0, 1001, 'ten', 1.5]) {
    const { status, body } = await lists({ limit })
    assert.deepEqual([status, body.code, body.param], [400, 'bad_request', 'limit'])
  }
  const wrong = await prices({ at: 'yesterday, in the evening' })
  assert.deepEqual([wrong.status, wrong.body.code], [422, 'bad_time'])
  const noCurrency = await prices({ currency: 'yuan' })
  assert.deepEqual([noCurrency.status, noCurrency.body.param], [400, 'currency'])
  const unknown = await prices({ skus: 'queue:gpu' })
  assert.deepEqual([unknown.status, unknown.body.param], [400, 'skus'])
})

test('a list in the past is refused in both languages; the same list again is the one that stands', async () => {
  api.clock.set('2026-03-10T00:00:00Z')
  const past = { ...FEBRUARY, effective_at: '2026-03-09T00:00:00Z' }
  const english = await publish(past)
  assert.deepEqual([english.status, english.body.code], [409, 'price_list_in_past'])
  assert.match(english.body.detail, /2026-03-09T00:00:00Z.* past/)
  const chinese = await publish(past, { headers: { 'accept-language': 'zh-CN,zh;q=0.9' } })
  assert.match(chinese.body.detail, /价目表不能在过去的时间 2026-03-09T00:00:00Z 生效/)
  const first = (await lists()).body.data.find((list: any) => list.effective_at === '2026-02-01T00:00:00Z')
  const again = await publish({ ...FEBRUARY, effective_at: '2026-02-01T00:00:00Z' })
  assert.equal(again.status, 201)
  assert.deepEqual(again.body, first)
  const other = await publish({ ...FEBRUARY, machines: { c2_m4_cpu: '0.6' } })
  assert.deepEqual([other.status, other.body.code], [409, 'price_list_exists'])
})

test('lists that are wrong are refused, with the place', async () => {
  const list = { ...FEBRUARY, effective_at: '2026-06-01T00:00:00Z' }
  const cases: [unknown, string, string][] = [
    [{ ...list, machines: { c2: 0.4 } }, 'bad_request', 'machines.c2'],
    [{ ...list, machine: {} }, 'bad_request', 'machine'],
    [{ ...list, machines: { 'c\0': '1' } }, 'bad_request', 'machines'],
    [{ ...list, queues: { gpu: { gpu: '2' } } }, 'bad_request', 'queues.gpu.gpu'],
    [{ currency: 'CNY' }, 'bad_request', 'effective_at'],
    [[], 'bad_request', 'body'],
  ]
  for (const [body, code, param] of cases) {
    const answer = await publish(body)
    assert.deepEqual([answer.status, answer.body.code, answer.body.param], [400, code, param])
  }
  const judged: [object, RegExp][] = [
    [{ machines: { c2: '0.1234567' } }, /machines\.c2 must have at most 6 places/],
    [{ machines: { c2: '-1' } }, /machines\.c2 must be a plain decimal/],
    [{ machines: {} }, /prices nothing/],
    [{ effective_at: '2026-06-01T00:00:00.000' }, /effective_at must be an RFC 3339 instant/],
  ]
  for (const [change, detail] of judged) {
    const answer = await publish({ ...list, ...change })
    assert.deepEqual([answer.status, answer.body.code], [422, 'bad_price_list'])
    assert.match(answer.body.detail, detail)
  }
  assert.equal((await lists()).body.data[0].effective_at, '2026-05-01T00:00:00Z')
})

test('only staff publish', async () => {
  for (const key of [api.keys.customer, api.keys.platform]) assert.equal((await publish(FEBRUARY, { key })).status, 403)
  assert.equal((await api.call('POST', '/v1/price-lists', { body: FEBRUARY })).status, 401)
})

test('the same list from two staff at once is published once', async () => {
  const list = { ...FEBRUARY, effective_at: '2026-08-01T00:00:00Z' }
  const [a, b] = await Promise.all([publish(list), publish(list)])
  assert.deepEqual([a.status, b.status], [201, 201])
  assert.deepEqual(a.body, b.body)
})
