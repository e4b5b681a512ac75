import assert from 'node:assert/strict'
import { readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { parse } from 'csv-parse/sync'
import { openTestApp } from '../../test/harness.ts'
import { CPUS, openLab, pass, pay, send, YUAN } from '../../test/lab.ts'
import { SYSTEM, transact, type App } from '../base/index.ts'
import * as settlement from '../settlement/index.ts'
import type { BillExport } from '../settlement/index.ts'
import { openShelf } from './api/shelf.ts'
import { fileOf, ringExporter, runExports } from './exporter.ts'

const JOBS = 5

/** A bill of five rows, and what is needed to write it and to be in its way. */
async function openWorld(t: TestContext) {
  const { app: plain, clock, close } = await openTestApp()
  const complaints: Record<string, unknown>[] = []
  const app: App = { ...plain, log: { info() {}, error: (details) => void complaints.push(details as never) } }
  const folder = mkdtempSync(join(tmpdir(), 'corehour-faults-'))
  const shelf = openShelf(folder, 'secret', clock)
  const { accountId, userId, projectId } = await openLab(app)
  await pay(app, accountId, YUAN)
  for (let n = 0; n < JOBS; n++) {
    const data = { project: projectId, user: userId, kind: 'job', ...CPUS }
    await send(app, `job-${n}`, 'started', '2026-01-01T00:00:00Z', data)
  }
  await pass(app, clock, '2026-01-01T01:00:00Z')
  const stops: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const stop of stops) await stop()
    rmSync(folder, { recursive: true, force: true })
    await close()
  })
  const inside = <T>(work: Parameters<typeof transact<T>>[2]) => transact(app, SYSTEM, work)
  return {
    ...{ app, clock, folder, shelf, complaints, inside },
    ask: () =>
      inside((tx) =>
        settlement.requestExport(tx, {
          accountId,
          keyId: 'key_1',
          userId,
          format: 'csv',
          filter: { of: { accountId } },
        }),
      ),
    look: async ({ exportId }: BillExport) => (await inside((tx) => settlement.findExport(tx, exportId)))!,
    /** Starts a server's exporter; the answer stops it. */
    start() {
      const stopping = new AbortController()
      const running = runExports(app, shelf, stopping.signal)
      const stop = async () => {
        stopping.abort()
        await running
      }
      stops.push(stop)
      return stop
    },
    /** Lets nobody read spans until the answer is called. */
    async block() {
      const client = await app.database.pool.connect()
      await client.query('begin')
      await client.query('lock table usage_span in access exclusive mode')
      return async () => {
        await client.query('rollback')
        client.release()
      }
    },
  }
}

async function until<T>(what: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  for (let n = 0; n < 400; n++) {
    const found = await what()
    if (holds(found)) return found
    await sleep(25)
  }
  throw new Error('it never came to that')
}

function rowsOf(path: string): number {
  return parse(readFileSync(path), { columns: true, bom: true }).length
}

test('a server that stops in the middle gives the export back, and the next one writes it whole', async (t) => {
  const { app: _, folder, shelf, ask, look, start, block } = await openWorld(t)
  const unblock = await block()
  const stop = start()
  const asked = await ask()
  ringExporter(shelf)
  await until(
    () => look(asked),
    ({ state }) => state === 'running',
  )
  await stop()
  await unblock()
  const given = await look(asked)
  assert.deepEqual([given.state, given.tries, given.fence], ['queued', 0, 1])
  assert.deepEqual(readdirSync(folder), [])
  start()
  const done = await until(
    () => look(asked),
    ({ state }) => state === 'done',
  )
  assert.deepEqual([done.rows, done.fence], [BigInt(JOBS), 2])
  assert.deepEqual(readdirSync(folder), [`${asked.exportId}.2.csv`])
  assert.equal(rowsOf(fileOf(shelf, done)), JOBS)
})

test('a writer whose minute has passed loses the export to another, and leaves nothing behind', async (t) => {
  const { clock, folder, shelf, inside, ask, look, start, block } = await openWorld(t)
  const unblock = await block()
  start()
  const asked = await ask()
  const slow = await until(
    () => look(asked),
    ({ state }) => state === 'running',
  )
  // Its own sign of life may come between: then a minute passes again.
  const taken = await until(
    () => {
      clock.advance(61)
      return inside(async (tx) => settlement.takeExport(tx, (await settlement.findExport(tx, asked.exportId))!))
    },
    (found) => found !== undefined,
  )
  assert.equal(taken!.fence, slow.fence + 1)
  writeFileSync(fileOf(shelf, taken!), 'the other one')
  await sleep(1500)
  await unblock()
  const file = { rows: 1n, bytes: 13n }
  assert.equal(await inside((tx) => settlement.finishExport(tx, taken!, file)), true)
  assert.equal(await inside((tx) => settlement.finishExport(tx, taken!, file)), true, 'asked again after a lost answer')
  await sleep(300)
  const done = await look(asked)
  assert.deepEqual([done.state, done.rows, done.fence], ['done', 1n, taken!.fence])
  assert.deepEqual(readdirSync(folder), [`${asked.exportId}.${taken!.fence}.csv`])
})

test('what a killed server left half written is removed when the export begins anew', async (t) => {
  const { clock, folder, shelf, inside, ask, look, start } = await openWorld(t)
  const asked = await ask()
  const killed = await inside((tx) => settlement.takeExport(tx, asked))
  writeFileSync(`${fileOf(shelf, killed!)}.part`, 'half')
  start()
  await sleep(100)
  assert.equal((await look(asked)).fence, 1, 'it has a minute')
  clock.advance(61)
  const done = await until(
    () => look(asked),
    ({ state }) => state === 'done',
  )
  assert.deepEqual([done.rows, done.tries], [BigInt(JOBS), 2])
  assert.deepEqual(readdirSync(folder), [`${asked.exportId}.2.csv`])
})

test('an export that can not be written fails after three tries, and says so each time', async (t) => {
  const { app, clock, folder, complaints, ask, look, start } = await openWorld(t)
  await app.database.pool.query('alter table usage_span rename to elsewhere')
  start()
  const asked = await ask()
  await until(
    async () => {
      clock.advance(5)
      return look(asked)
    },
    ({ state }) => state === 'failed',
  )
  await app.database.pool.query('alter table elsewhere rename to usage_span')
  await until(
    async () => complaints.length,
    (count) => count >= 3,
  )
  assert.deepEqual(
    complaints.map(({ export_id, outcome }) => [export_id, outcome]),
    ['again', 'again', 'failed'].map((outcome) => [asked.exportId, outcome]),
  )
  const failed = await look(asked)
  assert.deepEqual([failed.tries, failed.dueAt, failed.bytes], [3, null, null])
  assert.deepEqual(readdirSync(folder), [])
})

test('an export whose writers are killed three times is given up', async (t) => {
  const { clock, folder, shelf, complaints, inside, ask, look, start } = await openWorld(t)
  const asked = await ask()
  for (let n = 1; n <= 3; n++) {
    const killed = await inside(async (tx) => settlement.takeExport(tx, (await settlement.dueExports(tx, 1))[0]!))
    writeFileSync(`${fileOf(shelf, killed!)}.part`, 'half')
    clock.advance(61)
  }
  start()
  await until(
    () => look(asked),
    ({ state }) => state === 'failed',
  )
  await until(
    async () => [complaints.length, readdirSync(folder).length].join(),
    (counts) => counts === '1,0',
  )
  assert.equal(complaints[0]!.outcome, 'failed')
})

test('two servers finish each export once', async (t) => {
  const { shelf, folder, ask, look, start } = await openWorld(t)
  start()
  start()
  const asked = await Promise.all(Array.from({ length: 6 }, ask))
  const done = await Promise.all(
    asked.map((each) =>
      until(
        () => look(each),
        ({ state }) => state === 'done',
      ),
    ),
  )
  assert.deepEqual(
    done.map(({ rows, fence, tries }) => [rows, fence, tries]),
    asked.map(() => [BigInt(JOBS), 1, 1]),
  )
  assert.equal(readdirSync(folder).length, asked.length)
  for (const each of done) assert.equal(rowsOf(fileOf(shelf, each)), JOBS)
})
