import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTestApp } from '../../test/harness.ts'
import { query, type App } from '../base/index.ts'
import { CPUS, openLab, pay, YUAN } from '../../test/lab.ts'
import { applyEvents } from '../metering/index.ts'
import { runClock, tick } from './clock.ts'

async function balance(app: App): Promise<bigint> {
  const [wallet] = await query<{ balance: bigint }>(app.database.pool, { text: 'select balance from wallet' })
  return wallet!.balance
}

async function openRunning(at: string) {
  const opened = await openTestApp()
  const lab = await openLab(opened.app)
  await pay(opened.app, lab.accountId, 10n * YUAN)
  opened.clock.set(at)
  const data = { project: lab.projectId, user: lab.userId, kind: 'job', ...CPUS }
  const started = {
    specversion: '1.0',
    source: 'lab',
    id: 'e1',
    type: 'corehour.usage.started',
    subject: 'j',
    time: at,
    data,
  }
  await applyEvents(opened.app, [started])
  return opened
}

test('the loop deducts when it starts and at the next boundary, and ends when told', { timeout: 60_000 }, async () => {
  const { app, clock, close } = await openRunning('2026-01-01T00:00:00Z')
  clock.set('2026-01-01T00:09:59Z')
  const stopping = new AbortController()
  const loop = runClock(app, stopping.signal)
  const deducted = async (seconds: bigint) => {
    while ((await balance(app)) !== 10n * YUAN - 200_000n * seconds) await sleep(20)
  }
  await deducted(300n)
  clock.set('2026-01-01T00:10:00Z')
  await deducted(600n)
  stopping.abort()
  await loop
  await close()
})

test('after an outage one tick does what was missed: a posting a day, cut at the midnights of the operator', async () => {
  const { app, clock, close } = await openRunning('2026-01-01T12:00:00Z')
  clock.set('2026-01-03T17:02:00Z')
  await tick(app)
  await tick(app)
  const postings = await query(app.database.pool, {
    text: `select amount, used_from::text as "from", used_to::text as "to" from posting where source = 'use' order by seq`,
  })
  // 200,000 grains a second; midnight in Shanghai is 16:00 UTC
  assert.deepEqual(postings, [
    { amount: 200_000n * 14_400n, from: '2026-01-01 12:00:00+00', to: '2026-01-01 16:00:00+00' },
    { amount: 200_000n * 86_400n, from: '2026-01-01 16:00:00+00', to: '2026-01-02 16:00:00+00' },
    { amount: 200_000n * 86_400n, from: '2026-01-02 16:00:00+00', to: '2026-01-03 16:00:00+00' },
    { amount: 200_000n * 3_600n, from: '2026-01-03 16:00:00+00', to: '2026-01-03 17:00:00+00' },
  ])
  const lines = await query(app.database.pool, { text: 'select day::text, cash, unpaid from bill_line order by day' })
  assert.deepEqual(lines, [
    { day: '2026-01-01', cash: 200_000n * 14_400n, unpaid: 0n },
    { day: '2026-01-02', cash: 200_000n * 86_400n, unpaid: 0n },
    { day: '2026-01-03', cash: 36_000_000_000n - 200_000n * 100_800n, unpaid: 200_000n * 187_200n - 36_000_000_000n },
    { day: '2026-01-04', cash: 0n, unpaid: 200_000n * 3_600n },
  ])
  await close()
})

test('the journal has its months laid ahead', async () => {
  const { app, clock, close } = await openTestApp({ at: '2026-11-30T23:00:00Z' })
  await tick(app)
  clock.set('2026-12-01T00:00:00Z')
  await tick(app)
  const months = await query(app.database.pool, {
    text: `select relname from pg_class where relname ~ '^posting_[0-9]{4}_[0-9]{2}$' order by 1`,
  })
  assert.deepEqual(
    months.map(({ relname }) => relname),
    ['posting_2026_11', 'posting_2026_12', 'posting_2027_01', 'posting_2027_02'],
  )
  await close()
})

test('one wallet whose numbers are full is complained of and passed over; the others are deducted', async () => {
  const { app, clock, close } = await openRunning('2026-01-01T00:00:00Z')
  const complaints: string[] = []
  app.log.error = (_details, message) => complaints.push(message)
  await query(app.database.pool, {
    text: `insert into wallet (bucket, account_id, currency, balance, accrued, settled_at, attributed_at, seen_at)
      select 511, 'acct_full', currency, -9223372036854775807, 10, settled_at, settled_at, seen_at from wallet`,
  })
  clock.set('2026-01-01T00:05:00Z')
  await tick(app)
  assert.equal(
    (await query(app.database.pool, { text: `select from wallet where balance = $1` }, [10n * YUAN - 60_000_000n]))
      .length,
    1,
  )
  assert.match(complaints.join(), /deduction failed for one wallet/)
  await query(app.database.pool, { text: `delete from wallet where account_id = 'acct_full'` })
  await close()
})
