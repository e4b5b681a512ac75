import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM, transact } from '../base/index.ts'
import { openTestApi } from '../../test/api.ts'
import { CPUS, pay, send, YUAN } from '../../test/lab.ts'
import { beat, runBeat } from './beat.ts'
import { findTroubles, type Health } from './health.ts'

test('health is for staff: what waits and what is late, and the same figures as /metrics', async (t) => {
  const api = await openTestApi({ at: '2026-01-01T00:00:00Z' })
  t.after(() => api.close())
  const { app, clock, lab, keys } = api
  for (const [key, status] of [
    [keys.customer, 403],
    [keys.platform, 403],
  ] as const)
    assert.equal((await api.call('GET', '/v1/health', { key })).status, status)
  const me = { workerId: 'wrk_1', host: 'here', pid: 1, version: '1', startedAt: clock.now() }
  await transact(app, SYSTEM, (tx) => beat(tx, me))
  await pay(app, lab.accountId, 5n * YUAN)
  const job = { project: lab.projectId, user: lab.userId, kind: 'job', ...CPUS }
  await send(app, 'job', 'started', '2026-01-01T00:00:00Z', job)
  const look = async () => (await api.call('GET', '/v1/health', { key: keys.staff })).body
  const codes = ({ troubles }: { troubles: { code: string }[] }) => troubles.map(({ code }) => code)
  const well = await look()
  assert.deepEqual([codes(well), well.deduction], [[], { lag: 0, running: 1, in_arrears: 0 }])
  assert.equal(well.workers[0].silent, false)
  assert.match(well.database.version, /^\d+\.\d+$/)
  assert.ok(well.database.bytes > 1_000_000 && well.database.connections > 0)

  await send(app, 'lost', 'stopped', '2026-01-01T00:00:00Z')
  await api.call('POST', '/v1/password-resets', { body: { email: 'ada@example.org' } })
  clock.advance(3700)
  const ill = await look()
  assert.deepEqual(codes(ill), ['deduction', 'no_worker', 'mails', 'parked'])
  assert.deepEqual(ill.troubles[0], { code: 'deduction', urgent: true, count: 1, since: '2026-01-01T00:00:00Z' })
  assert.equal(ill.deduction.lag, 3700)
  assert.deepEqual(ill.queues.parked, { waiting: 1, since: '2026-01-01T00:00:00Z' })
  assert.equal(ill.parked[0].events, 1)
  const { body: metrics } = await api.call('GET', '/metrics', { key: keys.staff })
  for (const line of ['deduction_lag_seconds 3700', 'parked_events 1', 'workers 0', 'attribution_lag_seconds 0'])
    assert.match(metrics, new RegExp(`^corehour_${line}$`, 'm'))

  await api.call('POST', '/v1/test-clock/advance', { key: keys.staff, body: { to: '2026-01-01T01:15:00Z' } })
  const deducted = await look()
  // Through one o'clock it is on the bill; a quarter of an hour at 0.2 is not yet.
  assert.deepEqual([deducted.deduction.lag, deducted.attribution.lag], [0, 900])
  assert.equal(deducted.attribution.unattributed[0].grains, String(YUAN / 20n))
  await send(app, 'job', 'stopped', '2026-01-01T01:15:00Z')
  await api.call('POST', '/v1/test-clock/advance', { key: keys.staff, body: { to: '2026-01-01T09:07:00Z' } })
  await send(app, 'next', 'started', '2026-01-01T09:06:00Z', job)
  // It was attributed at two o'clock and stood still since: nothing of it is late.
  assert.equal((await look()).attribution.lag, 0)
})

test('a process says that it lives until it ends in order; one that was killed is forgotten after an hour', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock, keys } = api
  const workers = async () => (await api.call('GET', '/v1/health', { key: keys.staff })).body.workers
  const killed = { workerId: 'wrk_0', host: 'there', pid: 1, version: '1', startedAt: clock.now() }
  await transact(app, SYSTEM, (tx) => beat(tx, killed))
  clock.advance(60)
  const stopping = new AbortController()
  const running = runBeat(app, stopping.signal)
  while ((await workers()).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepEqual(
    (await workers()).map(({ pid, silent }: { pid: number; silent: boolean }) => [pid, silent]),
    [
      [1, true],
      [process.pid, false],
    ],
  )
  stopping.abort()
  await running
  assert.equal((await workers()).length, 1)
  clock.advance(3600)
  await transact(app, SYSTEM, (tx) => beat(tx, { ...killed, workerId: 'wrk_2' }))
  assert.deepEqual(
    (await workers()).map((each: { worker_id: string }) => each.worker_id),
    ['wrk_2'],
  )
})

const NOW = Temporal.Instant.from('2026-01-01T12:00:00Z')
const ago = (seconds: number) => NOW.subtract({ seconds })
const NONE = { waiting: 0, since: null }
const ALIVE = { workerId: 'wrk_1', host: 'here', pid: 1, version: '1', startedAt: ago(9000), beatAt: ago(3) }
const WELL: Health = {
  asOf: NOW,
  deductionLag: 600,
  attributionLag: 4200,
  walletsRunning: 3,
  walletsInArrears: 1,
  unattributed: [],
  queues: {
    ...{ happenings: NONE, notices: NONE, looks: NONE, mails: NONE, exports: NONE, parked: NONE },
    disputes: NONE,
  },
  parked: [],
  ordersOpen: 0,
  exportsRunning: 0,
  mailsFailed: 2,
  mailsFailedToday: 0,
  workers: [ALIVE],
  database: { version: '18.4', bytes: 1, connections: 1, mostConnections: 100 },
}

test('each figure is a trouble from its limit on, and not before', () => {
  const codes = (change: Partial<Health>, sendsMail = true) =>
    findTroubles({ ...WELL, ...change }, { sendsMail }).map(({ code, urgent }) => `${code}${urgent ? '!' : ''}`)
  const queued = (name: string, seconds: number, sendsMail = true) =>
    codes({ queues: { ...WELL.queues, [name]: { waiting: 1, since: ago(seconds) } } }, sendsMail)
  assert.deepEqual(codes({}), [])
  assert.deepEqual(codes({ deductionLag: 601 }), ['deduction!'])
  assert.deepEqual(codes({ attributionLag: 4201 }), ['attribution!'])
  for (const [name, seconds, code] of [
    ['happenings', 60, 'happenings!'],
    ['notices', 60, 'notices!'],
    ['looks', 120, 'looks'],
    ['mails', 600, 'mails'],
    ['exports', 300, 'exports'],
    ['parked', 3600, 'parked'],
  ] as const)
    assert.deepEqual([queued(name, seconds - 1), queued(name, seconds)], [[], [code]], name)
  assert.deepEqual(queued('disputes', 0), ['disputes'])
  assert.deepEqual(queued('mails', 1, false), ['no_mail_server'])
  assert.deepEqual(queued('mails', 9000, false), ['no_mail_server'])
  assert.deepEqual(codes({ mailsFailedToday: 1 }), ['mails_failed'])
  assert.deepEqual(codes({ workers: [] }), ['no_worker!'])
  assert.deepEqual(codes({ workers: [{ ...ALIVE, beatAt: ago(60) }] }), ['no_worker!'])
  assert.deepEqual(codes({ workers: [{ ...ALIVE, beatAt: ago(60) }, ALIVE] }), ['silent_workers'])
  assert.deepEqual(codes({ mailsFailedToday: 1, deductionLag: 900, workers: [] }), [
    'deduction!',
    'no_worker!',
    'mails_failed',
  ])
})
