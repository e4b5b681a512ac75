import assert from 'node:assert/strict'
import { after } from 'node:test'
import { manualClock, openDatabase, query, type App, type Database, type ManualClock } from '../src/base/index.ts'
import { audit } from '../src/audit/index.ts'
import { CLUSTER_VARIABLE, startTestCluster, TEMPLATE, type TestCluster } from './cluster.ts'

export type TestApp = { app: App; clock: ManualClock; close(): Promise<void> }

let cluster: Promise<TestCluster> | undefined
let stopCluster: (() => Promise<void>) | undefined
let serial = 0

// A file that runs by hand has a cluster of its own.
after(async () => stopCluster?.())

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
  const { socketFolder: host, user } = await (cluster ??= findCluster())
  const name = `test_${process.pid}_${++serial}`
  const server = () => openDatabase({ host, user, database: 'postgres', max: 1 })
  await runOn(server(), `create database ${name} template ${template} strategy file_copy`)
  const database = openDatabase({ host, user, database: name })
  const close = async () => {
    await database.close()
    await runOn(server(), `drop database ${name} with (force)`)
  }
  return { ...database, name, close }
}

async function runOn(server: Database, text: string): Promise<void> {
  try {
    await query(server.pool, { text })
  } finally {
    await server.close()
  }
}

async function findCluster(): Promise<TestCluster> {
  const given = process.env[CLUSTER_VARIABLE]
  if (given) return JSON.parse(given)
  const started = await startTestCluster()
  stopCluster = started.stop
  return started
}
