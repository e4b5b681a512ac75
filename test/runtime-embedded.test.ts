// The embedded PostgreSQL, started and killed as an operator's machine would.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase, query } from '../src/base/index.ts'
import { startEmbedded, type Embedded, type EmbeddedOptions } from '../src/app/embedded/index.ts'
import { defaultDataFolder } from '../src/app/config.ts'
import {
  atEnd,
  dataFolder,
  eventually,
  postmasterOf,
  runs,
  startServer,
  temporaryFolder,
  type Context,
} from './process.ts'

// Programs are laid once for all of these but the first.
const binariesFolder = defaultDataFolder()

async function start(t: Context, options: EmbeddedOptions): Promise<Embedded> {
  const embedded = await startEmbedded(options)
  atEnd(t, () => embedded.stop())
  return embedded
}

async function ask(embedded: Embedded, text: string): Promise<Record<string, unknown>[]> {
  const database = openDatabase({ ...embedded.database(), max: 1 })
  try {
    return await query(database.pool, { text })
  } finally {
    await database.close()
  }
}

test('a new data folder holds a safe cluster, and keeps what was written for the next start', async (t) => {
  const folder = dataFolder(t)
  const first = await start(t, { folder })
  const settings = await ask(
    first,
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums',
       'listen_addresses', 'server_encoding', 'TimeZone', 'unix_socket_permissions') order by name collate "C"`,
  )
  assert.deepEqual(Object.fromEntries(settings.map((row) => [row.name, row.setting])), {
    TimeZone: 'UTC',
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
    unix_socket_permissions: '0700',
  })
  await ask(first, `create table kept as select 'ä 中' as text`)
  await first.stop()
  await first.stop()

  const second = await start(t, { folder })
  assert.deepEqual(await ask(second, 'select text from kept'), [{ text: 'ä 中' }])
  await second.stop()
})

test('it works in a folder whose path holds blanks and commas and is too long for a socket', async (t) => {
  const folder = join(temporaryFolder(t), "a b, 'c' ä", 'x'.repeat(120))
  const embedded = await start(t, { folder, binariesFolder, durable: false })
  assert.deepEqual(await ask(embedded, 'select 1 as one'), [{ one: 1 }])
  await embedded.stop()
})

test('two data folders run side by side; one folder has one owner', async (t) => {
  const folders = [join(temporaryFolder(t), 'a'), join(temporaryFolder(t), 'b')] as const
  const [a, b] = await Promise.all(folders.map((folder) => start(t, { folder, binariesFolder, durable: false })))
  await ask(a!, 'create table only_a ()')
  assert.deepEqual(await ask(b!, `select to_regclass('only_a') as found`), [{ found: null }])
  await assert.rejects(
    start(t, { folder: folders[0], binariesFolder }),
    /is in use by another corehour \(process \d+\)/,
  )
  assert.deepEqual(await ask(a!, 'select 1 as one'), [{ one: 1 }])
  await Promise.all([a!.stop(), b!.stop()])
})

test('when the database process is killed, it is started again and what was committed is there', async (t) => {
  const embedded = await start(t, { folder: join(temporaryFolder(t), 'data'), binariesFolder })
  await ask(embedded, 'create table kept as select 7 as number')
  const killed = embedded.pid()
  process.kill(killed, 'SIGKILL')
  await eventually('another database process runs', () => embedded.pid() !== killed)
  assert.deepEqual(await ask(embedded, 'select number from kept'), [{ number: 7 }])
  await embedded.stop()
  assert.equal(runs(embedded.pid()), false)
})

test('a server whose database process is killed serves on', async (t) => {
  const folder = dataFolder(t)
  const running = startServer(t, { env: { COREHOUR_DATA: folder } })
  const address = await running.ready
  const killed = postmasterOf(folder)
  process.kill(killed, 'SIGKILL')
  await eventually('another database process answers', async () => {
    const answer = await fetch(`${address}/readyz`)
    return answer.status === 200 && postmasterOf(folder) !== killed
  })
  running.child.kill('SIGTERM')
  assert.deepEqual(await running.ended, { status: 0, signal: null })
  assert.match(running.said().stderr, /the database has ended by itself and is started again/)
})

test('kill -9 of the server leaves no database process, and the next start works', async (t) => {
  const folder = dataFolder(t)
  const first = startServer(t, { env: { COREHOUR_DATA: folder } })
  await first.ready
  const postmaster = postmasterOf(folder)
  first.child.kill('SIGKILL')
  await first.ended
  // At once, without waiting for what is still ending.
  const second = startServer(t, { env: { COREHOUR_DATA: folder } })
  await second.ready
  assert.equal(runs(postmaster), false)

  // Server and database together.
  const orphaned = postmasterOf(folder)
  second.child.kill('SIGKILL')
  process.kill(orphaned, 'SIGKILL')
  const third = startServer(t, { env: { COREHOUR_DATA: folder } })
  const address = await third.ready
  assert.equal((await fetch(`${address}/readyz`)).status, 200)
  const last = postmasterOf(folder)
  third.child.kill('SIGTERM')
  assert.deepEqual(await third.ended, { status: 0, signal: null })
  assert.equal(runs(last), false)
})

test('kill -9 of what started the server ends the server too', { skip: process.platform !== 'linux' }, async (t) => {
  const folder = dataFolder(t)
  const started = startServer(t, { env: { COREHOUR_DATA: folder }, through: ['scripts/run.mjs'] })
  await started.ready
  const postmaster = postmasterOf(folder)
  started.child.kill('SIGKILL')
  await eventually('no database process is left', () => !runs(postmaster))
  await started.ended
})
