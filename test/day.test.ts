import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi, type TestApi } from './api.ts'

/** Yuan as grains, by hand: 3,600,000,000 to the yuan. */
const yuan = (hundredths: number) => String(BigInt(hundredths) * 36_000_000n)

test("a platform's day over HTTP, on the test clock, adds up to the grain", async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId, projectId, userId } = api.lab
  const at = (time: string) =>
    api.call('POST', '/v1/test-clock/advance', { key: api.keys.platform, body: { to: `2026-01-01T${time}Z` } })
  const account = async () => (await api.call('GET', `/v1/accounts/${accountId}`, { key: api.keys.customer })).body
  const credit = (amount: string, payment_id: string) =>
    api.call('POST', `/v1/accounts/${accountId}/credits`, {
      key: api.keys.staff,
      body: { amount, channel: 'transfer', payment_id },
    })
  const ask = async (hold: string) => {
    const body = { project: projectId, user: userId, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' }, hold }
    return (await api.call('POST', '/v1/admissions', { key: api.keys.platform, body })).body
  }
  const opening = { project: projectId, user: userId, kind: 'job', sku: 'queue:cpu' }
  let serial = 0
  const send = async (subject: string, type: string, time: string, data: object = {}) => {
    const event = {
      specversion: '1.0',
      source: 'lab',
      id: `day-${++serial}`,
      type: `corehour.usage.${type}`,
      subject,
      time: `2026-01-01T${time}Z`,
      data,
    }
    const { body } = await api.call('POST', '/v1/usage-events', { key: api.keys.platform, body: event })
    return body.results[0]
  }

  assert.equal((await ask('interval')).code, 'balance_exhausted', 'nothing runs without money')
  assert.equal((await credit('1.00', 'first')).body.arrears_paid.grains, '0')

  // Four CPUs at 0.05 are 0.2 an hour; five minutes of it are held.
  const admitted = await ask('interval')
  assert.equal(admitted.decision, 'allowed')
  assert.equal(admitted.hold.amount.grains, String(200_000 * 300))
  assert.equal((await account()).balance.held.grains, admitted.hold.amount.grains)
  const started = await send('job-1', 'started', '00:00:00', {
    ...opening,
    quantity: { cpu: '4' },
    admission: admitted.admission,
  })
  assert.deepEqual(started, { source: 'lab', id: 'day-1', status: 'accepted' })
  assert.equal((await account()).balance.held.grains, '0', 'the start takes the hold over')

  await at('01:00:00')
  await send('job-1', 'resized', '01:00:00', { quantity: { cpu: '8' } })
  await at('02:00:00')
  await send('job-2', 'started', '02:00:00', { ...opening, quantity: { cpu: '4' } })
  await at('02:30:00')
  await send('job-1', 'stopped', '02:30:00')
  await at('02:45:00')
  // The stop of job-2 was lost; the platform's round finds that it is gone.
  assert.equal((await send('job-2', 'exists', '02:45:00', { running: false })).status, 'accepted')
  // 0.2 x 1 h + 0.4 x 1.5 h + 0.2 x 0.75 h = 0.95
  assert.equal((await account()).balance.available.grains, yuan(5))

  await at('03:00:00')
  await send('job-3', 'started', '03:00:00', { ...opening, quantity: { cpu: '4' } })
  const running = (await account()).balance
  assert.equal(running.runs_out_at, '2026-01-01T03:15:00Z', '0.05 last a quarter of an hour')
  await at('03:20:00')
  const refused = await ask('none')
  assert.deepEqual([refused.decision, refused.code], ['refused', 'balance_exhausted'])
  await at('03:30:00')
  await send('job-3', 'stopped', '03:30:00')
  // 0.95 + 0.2 x 0.5 h = 1.05
  const paid = await credit('10.00', 'second')
  assert.equal(paid.body.arrears_paid.grains, yuan(5), 'arrears first')
  assert.equal((await account()).balance.available.grains, yuan(995))
  assert.equal((await ask('interval')).decision, 'allowed')

  await at('05:00:00')
  await assertBills(api)
})

async function assertBills(api: TestApi): Promise<void> {
  const { key, keys } = { key: api.keys.customer, keys: api.keys }
  const lines = (await api.call('GET', '/v1/bill-lines', { key })).body.data
  const sum = lines.reduce((total: bigint, line: any) => total + BigInt(line.amount.grains), 0n)
  assert.equal(String(sum), yuan(105))
  assert.ok(lines.every((line: any) => line.unpaid.grains === '0' && line.cash.grains === line.amount.grains))
  for (const group_by of ['none', 'day', 'month', 'project', 'user', 'kind', 'sku']) {
    const totals = (await api.call('GET', '/v1/bill-lines/totals', { key, query: { group_by } })).body.data
    assert.deepEqual([totals.length, totals[0].amount.grains], [1, yuan(105)], group_by)
  }
  const spans = (await api.call('GET', '/v1/spans', { key })).body.data
  const costs = spans.map((span: any) => [span.subject, span.seconds, span.cost.grains])
  assert.deepEqual(costs.sort(), [
    ['job-1', 3600, yuan(20)],
    ['job-1', 5400, yuan(60)],
    ['job-2', 2700, yuan(15)],
    ['job-3', 1800, yuan(10)],
  ])
  const audit = await api.call('POST', '/v1/audits', { key: keys.staff })
  assert.deepEqual(audit.body.violations, [])
}
