import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Refusal, transact, type Tx } from '../base/index.ts'
import { openTestApp, type TestApp } from '../../test/harness.ts'
import { estimateJob, findQuotes, pricingInvariants, publishPriceList, quote, rateOf, useQuote } from './index.ts'

let opened: TestApp
const inside = <T>(work: (tx: Tx) => Promise<T>) => transact(opened.app, { kind: 'user', id: 'user_1' }, work)
const refused = (code: Refusal['code']) => (error: unknown) => error instanceof Refusal && error.code === code

before(async () => {
  opened = await openTestApp({ at: '2026-01-01T00:00:00Z' })
  const list = {
    currency: 'CNY',
    effective_at: '2026-01-01T00:00:00Z',
    machines: { c2_m4_cpu: '0.4' },
    queues: { '*': { cpu_hour: '0.05', gpu_hour: '2' } },
    storage: { personal_gb_month: '0.2' },
  }
  await inside((tx) => publishPriceList(tx, list))
  await inside((tx) =>
    publishPriceList(tx, { ...list, effective_at: '2026-01-01T00:10:00Z', machines: { c2_m4_cpu: '0.8' } }),
  )
})
after(() => opened.close())

const asked = (sku: string, quantity: Record<string, string>, validSeconds = 3600) => ({
  accountId: 'acct_1',
  currency: 'CNY',
  sku,
  quantity,
  validSeconds,
})

test('a quote keeps its price through a change of prices, until the instant it expires', async () => {
  const made = await inside((tx) => quote(tx, asked('machine:c2_m4_cpu', { count: '2' })))
  assert.equal(made.rate, 800_000n)
  assert.equal(made.expiresAt.toString(), '2026-01-01T01:00:00Z')
  const used = (at: string, sku = made.sku, accountId = 'acct_1') =>
    inside((tx) => useQuote(tx, { accountId, quoteId: made.quoteId, sku, at: Temporal.Instant.from(at) }))
  assert.deepEqual(await used('2026-01-01T00:30:00Z'), made.price)
  const last = await used('2026-01-01T00:59:59.999999Z')
  assert.equal(rateOf(last, { count: '1' }), 400_000n)
  await assert.rejects(used('2026-01-01T01:00:00Z'), refused('quote_expired'))
  await assert.rejects(used('2026-01-01T00:30:00Z', 'queue:cpu'), refused('quote_mismatch'))
  await assert.rejects(used('2026-01-01T00:30:00Z', made.sku, 'acct_2'), refused('unknown_quote'))
})

test('quotes are found together, each as it was made, and only for their own account', async () => {
  const first = await inside((tx) => quote(tx, asked('queue:gpu', { gpu: '0.46', cpu: '4' })))
  const second = await inside((tx) => quote(tx, asked('queue:cpu', { cpu: '1' }, 1)))
  assert.equal(first.price.sku, 'queue:*')
  assert.equal(first.rate, 1_120_000n)
  const keys = [first, second].map(({ accountId, quoteId }) => ({ accountId, quoteId }))
  const others = [
    { accountId: 'acct_2', quoteId: first.quoteId },
    { accountId: 'acct_1', quoteId: 'quote_none' },
  ]
  const found = await inside((tx) => findQuotes(tx, [...keys, ...others, ...keys]))
  assert.deepEqual(found, new Map([first, second].map((each) => [each.quoteId, each])))
  assert.deepEqual(await inside((tx) => findQuotes(tx, [])), new Map())
})

test('what cannot be quoted', async () => {
  const wrong: [ReturnType<typeof asked>, Refusal['code']][] = [
    [asked('machine:none', {}), 'unknown_sku'],
    [{ ...asked('machine:c2_m4_cpu', {}), currency: 'USD' }, 'unknown_sku'],
    [asked('queue:gpu', { gpu: '1e3' }), 'bad_quantity'],
    [asked('queue:gpu', {}), 'bad_quantity'],
    [asked('storage:personal', { gb: '1' }), 'not_metered'],
    [asked('machine:c2_m4_cpu', { count: '9999999' }), 'rate_too_large'],
    ...[0, -1, 0.5, NaN, 30 * 86_400 + 1].map((s): [ReturnType<typeof asked>, Refusal['code']] => [
      asked('queue:gpu', { gpu: '1' }, s),
      'bad_request',
    ]),
  ]
  for (const [input, code] of wrong)
    await assert.rejects(
      inside((tx) => quote(tx, input)),
      refused(code),
      JSON.stringify(input),
    )
})

test("a job's cost at the price in force, on one node and on several", async () => {
  const job = { currency: 'CNY', sku: 'queue:gpu', quantity: { gpu: '0.0000001', cpu: '4' }, seconds: 7200 }
  // 4 x 50,000 + 0.2 = 200,000.2, rounded for each node before it is multiplied
  const one = await inside((tx) => estimateJob(tx, job))
  assert.equal(one.rate, 200_000n)
  assert.equal(one.amount, 1_440_000_000n)
  const many = await inside((tx) => estimateJob(tx, { ...job, nodes: 10 }))
  assert.equal(many.amount, 14_400_000_000n)
  for (const nodes of [0, -1, 1.5, NaN, 100_001]) {
    await assert.rejects(
      inside((tx) => estimateJob(tx, { ...job, nodes })),
      refused('bad_request'),
      String(nodes),
    )
  }
  await assert.rejects(
    inside((tx) => estimateJob(tx, { ...job, sku: 'machine:none' })),
    refused('unknown_sku'),
  )
  await assert.rejects(
    inside((tx) => estimateJob(tx, { ...job, seconds: -1 })),
    refused('bad_request'),
  )
  const long = { ...job, quantity: { cpu: '1000000' }, seconds: 7_200_000, nodes: 1 }
  assert.equal((await inside((tx) => estimateJob(tx, long))).amount, 360_000_000_000_000_000n)
  await assert.rejects(
    inside((tx) => estimateJob(tx, { ...long, nodes: 2 })),
    refused('amount_too_large'),
  )
})

test('every quote keeps the invariants, and a broken one is found', async () => {
  const violations = () =>
    inside(async (tx) => {
      const found: string[] = []
      for (const { name, sql } of pricingInvariants) if ((await tx.query({ text: sql })).length > 0) found.push(name)
      return found
    })
  assert.deepEqual(await violations(), [])
  const breaks: [sql: string, back: string, name: string][] = [
    [`update quote set rate = -1 - rate`, `update quote set rate = -1 - rate`, 'quote_of_a_price'],
    [
      `update quote set sku = sku || 'x' where sku like 'machine%'`,
      `update quote set sku = rtrim(sku, 'x') where sku like 'machine%'`,
      'quote_of_a_price',
    ],
    [
      `update price set unit_prices = '{"machine_hour":"400001"}' where unit_prices = '{"machine_hour":"400000"}'`,
      `update price set unit_prices = '{"machine_hour":"400000"}' where unit_prices = '{"machine_hour":"400001"}'`,
      'price_as_listed',
    ],
    [
      `update price set sku = 'queue:' where sku = 'queue:*'`,
      `update price set sku = 'queue:*' where sku = 'queue:'`,
      'price_as_listed',
    ],
    [
      `update price_list set effective_at = effective_at - interval '1 microsecond'`,
      `update price_list set effective_at = effective_at + interval '1 microsecond'`,
      'price_list_as_published',
    ],
  ]
  for (const [sql, back, name] of breaks) {
    await inside((tx) => tx.query({ text: sql }))
    assert((await violations()).includes(name), sql)
    await inside((tx) => tx.query({ text: back }))
    assert.deepEqual(await violations(), [], back)
  }
})
