import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp } from '../../test/harness.ts'
import { bucketOf, query, SYSTEM, transact, type App } from '../base/index.ts'
import { addMember, createUser, removeMember } from '../identity/index.ts'
import { publishPriceList, quote } from '../pricing/index.ts'
import { CPUS, openLab, openPayer } from '../../test/lab.ts'
import { deduct } from '../settlement/index.ts'
import { readWallets } from '../wallet/index.ts'
import { applyEvents, deleteProject, retryParked } from './index.ts'

type Lab = Awaited<ReturnType<typeof openLab>>
let serial = 0

function event(type: string, time: string, data: object = {}, over: object = {}) {
  return {
    specversion: '1.0',
    source: 'lab',
    id: `e${++serial}`,
    type: `corehour.usage.${type}`,
    subject: 'job-1',
    time,
    data,
    ...over,
  }
}

function start(lab: Lab, time: string, data: object = {}, over: object = {}) {
  return event('started', time, { project: lab.projectId, user: lab.userId, kind: 'job', ...CPUS, ...data }, over)
}

function spans(app: App) {
  return query(app.database.pool, {
    text: `select subject, run, rate, started_at::text as "from", nullif(ended_at, 'infinity')::text as "to" from usage_span
      order by subject, started_at`,
  })
}

/** What the events answered: status and code. */
async function answers(app: App, events: unknown[]): Promise<string[]> {
  const results = await applyEvents(app, events)
  return results.map(({ status, code }) => (code ? `${status} ${code}` : status))
}

async function liveRate(app: App, lab: Lab): Promise<bigint> {
  const key = { bucket: bucketOf(lab.accountId), accountId: lab.accountId }
  return transact(app, SYSTEM, async (tx) => (await readWallets(tx, [key]))[0]!.rate)
}

async function openClock(at: string) {
  const opened = await openTestApp()
  const lab = await openLab(opened.app)
  opened.clock.set(at)
  return { ...opened, lab }
}

test('every malformed event is refused alone, with its code, and the good ones are taken', async () => {
  const { app, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const good = start(lab, '2026-01-01T12:00:00Z')
  const bad: [unknown, string][] = [
    [null, 'bad_event'],
    ['text', 'bad_event'],
    [[], 'bad_event'],
    [{ ...good, specversion: '0.3' }, 'bad_event'],
    [{ ...good, type: 'corehour.usage.exploded' }, 'bad_event'],
    [{ ...good, source: '' }, 'bad_event'],
    [{ ...good, id: 7 }, 'bad_event'],
    [{ ...good, subject: 'nul\0byte' }, 'bad_event'],
    [{ ...good, subject: 'lone \ud800 surrogate' }, 'bad_event'],
    [{ ...good, subject: 'x'.repeat(257) }, 'bad_event'],
    [{ ...good, data: 'text' }, 'bad_event'],
    [{ ...good, data: { ...good.data, run: 0 } }, 'bad_event'],
    [{ ...good, data: { ...good.data, run: 1.5 } }, 'bad_event'],
    [{ ...good, data: { ...good.data, kind: 'dream' } }, 'bad_event'],
    [{ ...good, data: { ...good.data, user: undefined } }, 'bad_event'],
    [{ ...good, time: '2026-01-01' }, 'bad_time'],
    [{ ...good, time: '2026-01-01T12:00:00' }, 'bad_time'],
    [{ ...good, time: '2026-02-30T12:00:00Z' }, 'bad_time'],
    [{ ...good, time: 1767225600 }, 'bad_event'],
    [{ ...good, time: '2026-01-02T00:01:01Z' }, 'in_future'],
    [{ ...good, time: '2024-01-01T00:00:00Z' }, 'too_old'],
    [{ ...good, time: '0001-01-01T00:00:00Z' }, 'too_old'],
    ...['-1', '1e3', 'NaN', 'Infinity', '0x10', ' 1', '1,5', '', '10000001', '0.00000000001', 4].map(
      (cpu) => [start(lab, good.time, { quantity: { cpu } }), 'bad_quantity'] as [unknown, string],
    ),
    [start(lab, good.time, { quantity: { cpus: '4' } }), 'bad_quantity'],
    [start(lab, good.time, { quantity: {} }), 'bad_quantity'],
    [start(lab, good.time, { sku: 'storage:personal', quantity: { gb: '1' } }), 'not_metered'],
    [event('exists', good.time, { project: lab.projectId }), 'bad_event'],
  ]
  const statuses = await answers(app, [...bad.map(([each]) => each), good])
  assert.deepEqual(
    statuses.slice(0, -1),
    bad.map(([, code]) => `refused ${code}`),
  )
  assert.equal(statuses.at(-1), 'accepted')
  assert.equal((await spans(app)).length, 1)
  await close()
})

test('doubled, reordered and late events end the same', async () => {
  const { app, clock, close, lab } = await openClock('2026-01-05T00:00:00Z')
  const events = [
    start(lab, '2026-01-02T00:00:00.4Z'),
    event('resized', '2026-01-02T01:00:00.9Z', { quantity: { cpu: '8' } }),
    event('stopped', '2026-01-02T02:00:00.1Z'),
  ]
  assert.deepEqual(await answers(app, [events[2], events[1]]), ['parked unknown_resource', 'parked unknown_resource'])
  clock.advance(3600)
  await deduct(app, clock.now())
  assert.deepEqual(await answers(app, [events[0], events[0], events[2]]), ['accepted', 'duplicate', 'accepted'])
  assert.deepEqual(await answers(app, events), ['duplicate', 'duplicate', 'duplicate'])
  assert.deepEqual(await spans(app), [
    { subject: 'job-1', run: 1, rate: 200_000n, from: '2026-01-02 00:00:00+00', to: '2026-01-02 01:00:00+00' },
    { subject: 'job-1', run: 1, rate: 400_000n, from: '2026-01-02 01:00:00+00', to: '2026-01-02 02:00:00+00' },
  ])
  await close()
})

test('an event is the same by its source and id, whatever else it says the second time', async () => {
  const { app, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const first = start(lab, '2026-01-01T01:00:00Z')
  assert.deepEqual(await answers(app, [first]), ['accepted'])
  // Both seem to be new: one comes after all that is known of its resource, of the other's resource nothing is known.
  const again = [
    { ...first, time: '2026-01-01T02:00:00Z' },
    { ...first, id: 'other', subject: 'job-2' },
    event('stopped', '2026-01-01T03:00:00Z'),
  ]
  assert.deepEqual(await answers(app, again), ['duplicate', 'accepted', 'accepted'])
  assert.deepEqual(await answers(app, [{ ...first, id: 'other', subject: 'job-3' }]), ['duplicate'])
  assert.deepEqual(
    (await spans(app)).map(({ subject, from, to }) => [subject, from, to]),
    [
      ['job-1', '2026-01-01 01:00:00+00', '2026-01-01 03:00:00+00'],
      ['job-2', '2026-01-01 01:00:00+00', null],
    ],
  )
  await close()
})

test('nanoseconds are cut off, never rounded up into the next second', async () => {
  const { app, close, lab } = await openClock('2026-01-02T00:00:00Z')
  await answers(app, [
    start(lab, '2026-01-01T01:00:00.123456Z'),
    event('stopped', '2026-01-01T01:59:59.9999999Z', { project: lab.projectId }),
  ])
  const kept = await query(app.database.pool, { text: 'select at::text from usage_event order by at' })
  assert.deepEqual(
    kept.map(({ at }) => at),
    ['2026-01-01 01:00:00.123456+00', '2026-01-01 01:59:59.999999+00'],
  )
  assert.deepEqual(
    (await spans(app)).map(({ to }) => to),
    ['2026-01-01 01:59:59+00'],
  )
  await close()
})

test('a second start, a stop of what is stopped and a resize before a start change nothing and say so', async () => {
  const { app, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const codes = await answers(app, [
    event('resized', '2026-01-01T00:00:00Z', { project: lab.projectId, quantity: { cpu: '1' } }),
    start(lab, '2026-01-01T01:00:00Z'),
    start(lab, '2026-01-01T02:00:00Z', { quantity: { cpu: '64' } }),
    event('stopped', '2026-01-01T03:00:00Z', { project: lab.projectId }),
    event('stopped', '2026-01-01T04:00:00Z'),
  ])
  assert.deepEqual(codes, [
    'accepted already_stopped',
    'accepted',
    'accepted already_running',
    'accepted',
    'accepted already_stopped',
  ])
  assert.deepEqual(await spans(app), [
    { subject: 'job-1', run: 1, rate: 200_000n, from: '2026-01-01 01:00:00+00', to: '2026-01-01 03:00:00+00' },
  ])
  await close()
})

test('the start of a next run ends the one before, and late events of that one change nothing more', async () => {
  const { app, close, lab } = await openClock('2026-01-02T00:00:00Z')
  await answers(app, [start(lab, '2026-01-01T01:00:00Z'), start(lab, '2026-01-01T02:00:00Z', { run: 2 })])
  assert.deepEqual(await answers(app, [event('stopped', '2026-01-01T02:30:00Z', { run: 1 })]), [
    'accepted already_stopped',
  ])
  assert.deepEqual(
    (await spans(app)).map(({ run, to }) => [run, to]),
    [
      [1, '2026-01-01 02:00:00+00'],
      [2, null],
    ],
  )
  await close()
})

test('exists opens and closes what was missed, and confirms the rest', async () => {
  const { app, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const opening = { project: lab.projectId, user: lab.userId, kind: 'node', sku: 'machine:c2_m4_cpu' }
  const codes = await answers(app, [
    event('exists', '2026-01-01T01:00:00Z', { ...opening, running: true }),
    event('exists', '2026-01-01T02:00:00Z', { ...opening, running: true }),
    event('exists', '2026-01-01T03:00:00Z', { running: false }),
    event('exists', '2026-01-01T04:00:00Z', { running: false }),
  ])
  assert.deepEqual(codes, ['accepted', 'accepted', 'accepted', 'accepted'])
  // 0.4 an hour, whole: one machine where no count is named
  assert.deepEqual(await spans(app), [
    { subject: 'job-1', run: 1, rate: 400_000n, from: '2026-01-01 01:00:00+00', to: '2026-01-01 03:00:00+00' },
  ])
  await close()
})

test('an unknown project, user or SKU, and a moment ahead, park an event until it can be applied', async () => {
  const { app, clock, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const userId = 'user_01kdvdna00j58vrn7pg6dzt0f1'
  const codes = await answers(app, [
    start(lab, '2026-01-01T01:00:00Z', { project: 'proj_unknown' }, { subject: 'a' }),
    start(lab, '2026-01-01T01:00:00Z', { user: userId }, { subject: 'b' }),
    start(lab, '2026-01-01T01:00:00Z', { sku: 'machine:c64', quantity: {} }, { subject: 'c' }),
    start(lab, '2026-01-02T00:01:00Z', {}, { subject: 'd' }),
  ])
  assert.deepEqual(codes, ['parked unknown_project', 'parked unknown_user', 'parked unknown_sku', 'parked in_future'])
  assert.equal(await retryParked(app), 0)
  await transact(app, SYSTEM, (tx) => createUser(tx, { accountId: lab.accountId, name: 'Late', userId }))
  clock.advance(60)
  assert.equal(await retryParked(app), 2)
  assert.deepEqual(
    (await spans(app)).map(({ subject }) => subject),
    ['b', 'd'],
  )
  await close()
})

test('the price in force at the start is pinned; a quote is honoured until it expires', async () => {
  const { app, clock, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const { quoteId } = await transact(app, SYSTEM, (tx) =>
    quote(tx, { accountId: lab.accountId, currency: 'CNY', ...CPUS, validSeconds: 7200 }),
  )
  await transact(app, SYSTEM, (tx) =>
    publishPriceList(tx, {
      currency: 'CNY',
      effective_at: '2026-01-02T01:00:00Z',
      queues: { '*': { cpu_hour: '0.1' } },
    }),
  )
  clock.set('2026-01-02T03:00:00Z')
  const codes = await answers(app, [
    start(lab, '2026-01-02T00:59:59.999999Z', {}, { subject: 'before' }),
    start(lab, '2026-01-02T01:00:00Z', {}, { subject: 'after' }),
    start(lab, '2026-01-02T01:59:59Z', { quote: quoteId }, { subject: 'quoted' }),
    start(lab, '2026-01-02T02:00:00Z', { quote: quoteId }, { subject: 'too late' }),
    start(lab, '2026-01-02T02:00:00Z', { quote: 'quote_none' }, { subject: 'unknown' }),
    event('resized', '2026-01-02T02:30:00Z', { quantity: { cpu: '2' } }, { subject: 'before' }),
  ])
  assert.deepEqual(codes, [
    'accepted',
    'accepted',
    'accepted',
    'accepted quote_expired',
    'accepted unknown_quote',
    'accepted',
  ])
  assert.deepEqual(
    (await spans(app)).map(({ subject, rate }) => [subject, rate]),
    [
      ['after', 400_000n],
      ['before', 200_000n],
      ['before', 100_000n],
      ['quoted', 200_000n],
      ['too late', 400_000n],
      ['unknown', 400_000n],
    ],
  )
  await close()
})

test("a removed member's use is charged; a deleted project stops, and its late events still count", async () => {
  const { app, clock, close, lab } = await openClock('2026-01-02T00:00:00Z')
  const other = await openPayer(app, 'Other')
  await transact(app, SYSTEM, (tx) => addMember(tx, { projectId: lab.projectId, userId: other.userId, role: 'member' }))
  await answers(app, [start(lab, '2026-01-01T01:00:00Z', { user: other.userId })])
  await transact(app, SYSTEM, (tx) => removeMember(tx, { projectId: lab.projectId, userId: other.userId }))
  assert.equal(await liveRate(app, lab), 200_000n)
  await transact(app, SYSTEM, (tx) => deleteProject(tx, lab.projectId))
  await transact(app, SYSTEM, (tx) => deleteProject(tx, lab.projectId))
  assert.equal(await liveRate(app, lab), 0n)
  clock.advance(3600)
  const codes = await answers(app, [
    start(lab, '2026-01-01T12:00:00Z', {}, { subject: 'late' }),
    start(lab, '2026-01-02T00:30:00Z', {}, { subject: 'too late' }),
  ])
  assert.deepEqual(codes, ['accepted', 'accepted project_deleted'])
  assert.deepEqual(
    (await spans(app)).map(({ subject, to }) => [subject, to]),
    [
      ['job-1', '2026-01-02 00:00:00+00'],
      ['late', '2026-01-02 00:00:00+00'],
    ],
  )
  await close()
})

test('one event that the books cannot hold is refused alone', async () => {
  const { app, close, lab } = await openClock('2026-12-31T00:00:00Z')
  // 100,000 an hour for 400 days, nearly: three of them are more than a bigint of grains holds
  const huge = Array.from({ length: 4 }, (_, i) =>
    start(lab, '2026-01-01T00:00:00Z', { quantity: { cpu: '2000000' } }, { subject: `huge-${i}` }),
  )
  const codes = await answers(app, [...huge, start(lab, '2026-12-30T23:00:00Z', {}, { subject: 'small' })])
  assert.deepEqual(codes, ['accepted', 'accepted', 'refused amount_too_large', 'refused amount_too_large', 'accepted'])
  await close()
})
