import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi } from '../../test/api.ts'
import { CPUS, pay, send, YUAN } from '../../test/lab.ts'

test('metrics are for staff, and say how the books stand', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock, lab, keys } = api
  for (const key of [undefined, keys.customer, keys.platform])
    assert.equal((await api.call('GET', '/metrics', key === undefined ? {} : { key })).status, 401)
  await pay(app, lab.accountId, 5n * YUAN)
  await send(app, 'job', 'started', '2026-01-01T00:00:00Z', {
    project: lab.projectId,
    user: lab.userId,
    kind: 'job',
    ...CPUS,
  })
  await send(app, 'lost', 'stopped', '2026-01-01T00:00:00Z')
  clock.advance(700)
  const figures = async () => {
    const { body } = await api.call('GET', '/metrics', { key: keys.staff })
    return (name: string) => new RegExp(`^corehour_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(body)?.[1]
  }
  const before = await figures()
  const names = ['deduction_lag_seconds', 'wallets_running', 'parked_events', 'wallets_in_arrears', 'exports_waiting']
  assert.deepEqual(names.map(before), ['700', '1', '1', '0', '0'])
  assert.equal(before('unattributed'), '0')
  await api.call('POST', '/v1/password-resets', { body: { email: 'ada@example.org' } })
  assert.deepEqual(['happenings_waiting', 'mails_waiting', 'mails_failed'].map(await figures()), ['0', '1', '0'])
  await api.call('POST', '/v1/test-clock/advance', { key: keys.staff, body: { to: '2026-01-01T00:15:00Z' } })
  const after = await figures()
  assert.equal(after('deduction_lag_seconds'), '0')
  // A quarter of an hour at 0.2 is deducted, and on no bill before the hour is full.
  assert.equal(after('unattributed'), '0.05')
})

test('the description of the API is served as data and as a page, and asks for nothing from elsewhere', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { body } = await api.call('GET', '/openapi.json')
  assert.equal(body.openapi, '3.1.1')
  const page = await api.call('GET', '/docs')
  assert.match(page.headers['content-security-policy'] as string, /default-src 'none'/)
  assert.doesNotMatch(page.body, /<script|src="http|url\(/)
  assert.match(page.body, /\/v1\/accounts\/\{account_id\}\/credits/)
})
