import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openTestApp } from '../../test/harness.ts'
import { instantOf, query, secondsOf, snapshot, SYSTEM, transact, type App } from '../base/index.ts'
import { attribute, charge, deduct } from './index.ts'
import { billLines, billTotals } from './bills.ts'
import type { BillFilter } from './billFilter.ts'
import { billDetails, type BillDetail } from './details.ts'
import { assertExplained } from '../../test/model/explained.ts'
import { CPUS, GPU, openLab, pass, pay, send, YUAN } from '../../test/lab.ts'

const PARTS = ['amount', 'cash', 'granted', 'unpaid'] as const

async function details(app: App, filter: BillFilter): Promise<BillDetail[]> {
  return (await snapshot(app, SYSTEM, (tx) => Array.fromAsync(billDetails(tx, filter)))).flat()
}

const show = (second: number | null) => (second === null ? undefined : instantOf(second).toString())

const sums = (rows: readonly Record<(typeof PARTS)[number], bigint>[]) =>
  PARTS.map((part) => rows.reduce((total, row) => total + row[part], 0n))

/** Details, lines, totals from lines and from the roll-up, and the journal are the same money. */
async function assertAddsUp(app: App, accountId: string, filter: Omit<BillFilter, 'of'> = {}) {
  const asked: BillFilter = { of: { accountId }, ...filter }
  const rows = await details(app, asked)
  const lines = await transact(app, SYSTEM, (tx) => billLines(tx, asked, { limit: 1000 }))
  assert.equal(lines.nextCursor, undefined)
  assert.deepEqual(sums(rows), sums(lines.data))
  for (const groupBy of ['none', 'month', 'sku'] as const) {
    assert.deepEqual(sums(await transact(app, SYSTEM, (tx) => billTotals(tx, asked, groupBy))), sums(lines.data))
  }
  for (const row of rows) {
    assert.equal(row.amount, row.cash + row.granted + row.unpaid)
    if (row.pending === 0n && row.type === 'use') assert.equal(row.amount, row.rate! * BigInt(row.seconds))
  }
  if (Object.keys(filter).length > 0) return rows
  const [posted] = await query(app.database.pool, {
    text: `select coalesce(sum(case when source = 'draw' then amount else -amount end), 0)::bigint as drawn from posting where source in ('draw', 'undraw')`,
  })
  assert.equal(sums(rows)[0], posted!.drawn)
  return rows
}

test('a span is one row with its exact start and end, price and payers', async () => {
  const { app, clock, close } = await openTestApp({ at: '2026-01-31T15:00:00Z' })
  const { accountId, userId, projectId } = await openLab(app)
  const opening = { project: projectId, user: userId, kind: 'job' }
  await pay(app, accountId, YUAN / 10n, { expiresAt: '2026-03-01T00:00:00Z' })
  await pay(app, accountId, YUAN / 5n)
  clock.set('2026-01-31T15:30:30Z')
  await send(app, 'job-1', 'started', '2026-01-31T15:30:00.900Z', { ...opening, ...CPUS })
  await send(app, 'job-2', 'started', '2026-01-31T15:30:30Z', { ...opening, ...CPUS })
  await pass(app, clock, '2026-01-31T17:10:00Z')
  await send(app, 'job-1', 'stopped', '2026-01-31T16:30:00Z')
  await pass(app, clock, '2026-01-31T18:07:00Z')
  const rows = await assertAddsUp(app, accountId)
  const shown = rows.map((row) => ({
    job: row.subject,
    from: show(row.startedAt),
    to: show(row.endedAt),
    billedTo: show(row.billedTo),
    seconds: row.seconds,
    paid: PARTS.map((part) => row[part]),
    pending: row.pending,
  }))
  const cost = (seconds: number) => BigInt(seconds) * 200_000n
  // The day's line up to midnight: 1800 s of job-1, then 1770 s of job-2; the grant pays 1800 s, so all of the first.
  // After midnight 1800 s and 7200 s; cash of 3600 s pays 1770 s before midnight and 1830 s after it, job-1 first.
  assert.deepEqual(shown, [
    {
      job: 'job-1',
      from: '2026-01-31T15:30:00Z',
      to: '2026-01-31T16:30:00Z',
      billedTo: '2026-01-31T16:30:00Z',
      seconds: 3600,
      paid: [cost(3600), cost(1800), cost(1800), 0n],
      pending: 0n,
    },
    {
      job: 'job-2',
      from: '2026-01-31T15:30:30Z',
      to: undefined,
      billedTo: '2026-01-31T18:00:00Z',
      seconds: 8970,
      paid: [cost(8970), cost(1800), 0n, cost(7170)],
      pending: cost(300),
    },
  ])
  assert.equal(rows[0]!.rate, 200_000n)
  const january = await assertAddsUp(app, accountId, { to: Temporal.PlainDate.from('2026-02-01') })
  assert.deepEqual(
    january.map((row) => [row.subject, show(row.billedFrom), show(row.billedTo), row.seconds, row.pending]),
    [
      ['job-1', '2026-01-31T15:30:00Z', '2026-01-31T16:00:00Z', 1800, 0n],
      ['job-2', '2026-01-31T15:30:30Z', '2026-01-31T16:00:00Z', 1770, 0n],
    ],
  )
  await close()
})

test('a correction under way stands beside the spans until its attribution, a late start as pending use', async () => {
  const { app, clock, close } = await openTestApp()
  const { accountId, userId, projectId } = await openLab(app)
  const opening = { project: projectId, user: userId, kind: 'job' }
  await pay(app, accountId, 10n * YUAN)
  await send(app, 'job-1', 'started', '2026-01-01T00:00:00Z', { ...opening, ...GPU })
  await transact(app, SYSTEM, (tx) =>
    charge(tx, { accountId, chargeId: 'c', projectId, userId, kind: 'job', sku: 'queue:gpu', amount: YUAN }),
  )
  await pass(app, clock, '2026-01-01T02:00:00Z')
  clock.set('2026-01-01T02:10:00Z')
  await send(app, 'job-1', 'stopped', '2026-01-01T00:30:00Z')
  await send(app, 'job-2', 'started', '2026-01-01T00:00:00Z', { ...opening, ...CPUS })
  const summary = (rows: BillDetail[]) =>
    rows.map(({ type, subject, amount, pending }) => [type, subject, amount, pending])
  assert.deepEqual(summary(await assertAddsUp(app, accountId)), [
    ['charge', null, YUAN, 0n],
    ['use', 'job-1', YUAN, 0n],
    ['use', 'job-2', 0n, (YUAN * 13n) / 30n],
    ['correction', null, 3n * YUAN, -3n * YUAN],
  ])
  await pass(app, clock, '2026-01-01T03:00:00Z')
  assert.deepEqual(summary(await assertAddsUp(app, accountId)), [
    ['charge', null, YUAN, 0n],
    ['use', 'job-1', YUAN, 0n],
    ['use', 'job-2', (YUAN * 6n) / 10n, 0n],
  ])
  await close()
})

test('whatever happens to an account, its details sum to its lines and its journal', async () => {
  const start = secondsOf(Temporal.Instant.from('2026-01-30T12:00:00Z'))
  const step = fc.record({
    what: fc.constantFrom('start', 'stop', 'stop', 'late', 'pay', 'grant', 'charge', 'deduct', 'attribute'),
    job: fc.integer({ min: 0, max: 3 }),
    wait: fc.integer({ min: 0, max: 20_000 }),
    back: fc.integer({ min: 0, max: 90_000 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
      const { app, clock, close } = await openTestApp({ at: instantOf(start).toString() })
      const { accountId, userId, projectId } = await openLab(app)
      let serial = 0
      for (const { what, job, wait, back } of steps) {
        clock.advance(wait)
        const now = secondsOf(clock.now())
        const time = instantOf(Math.max(start, what === 'late' ? now - back : now)).toString()
        const data = { project: projectId, user: userId, kind: 'job', ...(job % 2 ? CPUS : GPU) }
        if (what === 'start') await send(app, `job-${job}`, 'started', time, { ...data, run: 1 })
        else if (what === 'stop' || what === 'late') await send(app, `job-${job}`, 'stopped', time, { run: 1 })
        else if (what === 'pay') await pay(app, accountId, YUAN * 3n)
        else if (what === 'grant') await pay(app, accountId, YUAN, { expiresAt: instantOf(now + 1 + back).toString() })
        else if (what === 'deduct') await deduct(app, clock.now())
        else if (what === 'attribute') await pass(app, clock, clock.now().toString())
        else {
          const plan = {
            accountId,
            chargeId: `c${serial++}`,
            projectId,
            userId,
            kind: 'job' as const,
            sku: 'queue:gpu',
            amount: YUAN / 3n,
          }
          await transact(app, SYSTEM, (tx) => charge(tx, plan)).catch((error) =>
            assert.equal(error.code, 'insufficient_balance'),
          )
        }
        await assertAddsUp(app, accountId)
      }
      const middle = instantOf(secondsOf(clock.now())).toZonedDateTimeISO(app.timeZone).toPlainDate()
      await assertAddsUp(app, accountId, { from: middle })
      await assertAddsUp(app, accountId, { to: middle, skus: ['queue:gpu'] })
      await assertExplained(app, accountId, 'while corrections are under way')
      await attribute(app, clock.now())
      await assertAddsUp(app, accountId)
      await assertExplained(app, accountId)
      await close()
    }),
    { seed: 2026, numRuns: 8, endOnFailure: true },
  )
})
