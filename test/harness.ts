import assert from 'node:assert/strict'
import { after } from 'node:test'
import { manualClock, query, type App, type Database, type ManualClock } from '../src/base/index.ts'
import { audit } from '../src/audit/index.ts'
import { CLUSTER_VARIABLE, openOn, startTestCluster, TEMPLATE } from './cluster.ts'

export type TestApp = { app: App; clock: ManualClock; close(): Promise<void> }

let server: Promise<string> | undefined
let stopServer: (() => Promise<void>) | undefined
let serial = 0

// A file that runs by hand has a cluster of its own.
after(async () => stopServer?.())

/**
 * An app on a fresh database of its own (real PostgreSQL), with a clock that moves only when told to.
 * `at` is the clock's start (default 2026-01-01T00:00:00Z), `timeZone` the operator's (default Asia/Shanghai).
 * `close` audits the books, drops the database, and throws when an invariant is violated.
 */
export async function openTestApp(options: { at?: string; timeZone?: string } = {}): Promise<TestApp> {
  const database = await openTestDatabase(TEMPLATE)
  const clock = manualClock(options.at ?? '2026-01-01T00:00:00Z')
  const log = { info() {}, error() {} }
  const app: App = { database, clock, timeZone: options.timeZone ?? 'Asia/Shanghai', log }
  const close = async () => {
    try {
      await assertBooksHold(app)
    } finally {
      await database.close()
    }
  }
  return { app, clock, close }
}

/** Every test that used an app ends here: the audit's hook. */
async function assertBooksHold(app: App): Promise<void> {
  const { violations } = await audit(app)
  assert.deepEqual(violations, [], 'the books hold')
}

/** A fresh database, by default an empty one, that is dropped when it is closed. */
export async function openTestDatabase(template = 'template0'): Promise<Database & { name: string }> {
  const address = await (server ??= findServer())
  const name = `test_${process.pid}_${++serial}`
  await runOn(address, `create database ${name} template ${template} strategy file_copy`)
  const database = openOn(address, name)
  const close = async () => {
    await database.close()
    await runOn(address, `drop database ${name} with (force)`)
  }
  return { ...database, name, close }
}

async function runOn(address: string, text: string): Promise<void> {
  const maintenance = openOn(address, 'postgres', 1)
  try {
    await query(maintenance.pool, { text })
  } finally {
    await maintenance.close()
  }
}

async function findServer(): Promise<string> {
  const given = process.env[CLUSTER_VARIABLE]
  if (given) return given
  const started = await startTestCluster()
  stopServer = started.stop
  return started.address
}
