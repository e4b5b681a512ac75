// The served process as its operator meets it: one ready line, one line for what is wrong, a clean end.
import assert from 'node:assert/strict'
import { accessSync, chmodSync, constants, mkdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { once } from 'node:events'
import { query } from '../src/base/index.ts'
import { openTestDatabase } from './harness.ts'
import { eventually, startServer, temporaryFolder, type Running } from './process.ts'

async function testUrl(t: { after(work: () => Promise<void>): void }, prepare?: string): Promise<string> {
  const database = await openTestDatabase()
  t.after(() => database.close())
  if (prepare) await query(database.pool, { text: prepare })
  return database.pool.options.connectionString!
}

/** It ends with status 1 after exactly one line, which says what to do, on stderr. */
async function assertRefuses(running: Running, line: RegExp): Promise<void> {
  assert.deepEqual(await running.ended, { status: 1, signal: null })
  const { stdout, stderr } = running.said()
  assert.equal(stdout, '')
  assert.match(stderr, line)
  assert.equal(stderr.trim().split('\n').length, 1, stderr)
}

test('it migrates, says that it is ready, answers, and ends cleanly on SIGTERM and SIGINT', async (t) => {
  const DATABASE_URL = await testUrl(t)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const running = startServer(t, { env: { DATABASE_URL } })
    const address = await running.ready
    assert.deepEqual(await (await fetch(`${address}/healthz`)).json(), { status: 'ok' })
    assert.deepEqual(await (await fetch(`${address}/readyz`)).json(), { status: 'ready' })
    const idle = await fetch(`${address}/healthz`, { headers: { connection: 'keep-alive' } })
    assert.match(idle.headers.get('x-request-id') ?? '', /^req_[0-9a-f]{32}$/)
    running.child.kill(signal)
    running.child.kill(signal)
    assert.deepEqual(await running.ended, { status: 0, signal: null })
    assert.match(running.said().stdout, /^corehour: ready at http:\/\/127\.0\.0\.1:\d+ \(database: DATABASE_URL\)\n$/)
    assert.equal(running.said().stderr, '')
  }
})

test('what is not there and what is not well formed are problems with a request id', async (t) => {
  const running = startServer(t, { env: { DATABASE_URL: await testUrl(t) } })
  const address = await running.ready
  const missing = await fetch(`${address}/nowhere?secret=1`)
  assert.equal(missing.headers.get('content-type'), 'application/problem+json')
  const id = missing.headers.get('x-request-id')
  assert.deepEqual(await missing.json(), {
    type: 'about:blank',
    status: 404,
    code: 'unknown_route',
    title: 'Unknown route',
    detail:
      'This server has no route GET /nowhere. /docs lists those that it has; a server of another version may have others.',
    request_id: id,
  })
  running.child.kill('SIGTERM')
  await running.ended
})

test('while the database is away it is alive but not ready, and recovers by itself', async (t) => {
  const folder = join(temporaryFolder(t), 'nothing-here')
  const DATABASE_URL = await testUrl(t)
  const running = startServer(t, { env: { DATABASE_URL } })
  const address = await running.ready
  const other = await openTestDatabase()
  t.after(() => other.close())
  const name = /\/(test_\w+)/.exec(DATABASE_URL)![1]
  await query(other.pool, { text: `alter database ${name} with allow_connections false` })
  await query(other.pool, { text: 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1' }, [
    name!,
  ])
  const away = await fetch(`${address}/readyz`).catch((error) => assert.fail(`${error} ${running.said().stderr}`))
  assert.equal(away.status, 503)
  assert.equal(away.headers.get('retry-after'), '5')
  assert.equal(((await away.json()) as { code: string }).code, 'unavailable')
  assert.equal((await fetch(`${address}/healthz`)).status, 200)
  await query(other.pool, { text: `alter database ${name} with allow_connections true` })
  await eventually('it is ready again', async () => (await fetch(`${address}/readyz`)).status === 200)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).status, 0)
  assert.throws(() => accessSync(folder))
})

test('a taken port is one line', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => void other.close())
  const { port } = other.address() as AddressInfo
  const folder = join(temporaryFolder(t), 'data')
  const running = startServer(t, { env: { COREHOUR_DATA: folder, PORT: String(port) } })
  await assertRefuses(running, new RegExp(`^corehour: port ${port} on 127\\.0\\.0\\.1 is taken: .*set PORT`))
  assert.throws(() => accessSync(folder), 'nothing was set up before')
})

test('settings that mean nothing are one line each', async (t) => {
  await assertRefuses(
    startServer(t, { env: { PORT: '80a' } }),
    /^corehour: PORT must be a whole number from 0 to 65535, not '80a'/,
  )
  await assertRefuses(
    startServer(t, { env: { COREHOUR_TIME_ZONE: 'Mars/Base' } }),
    /^corehour: COREHOUR_TIME_ZONE must be an IANA time zone/,
  )
  const password = startServer(t, { env: { DATABASE_URL: 'mysql://u:hidden@h/d' } })
  await assertRefuses(password, /^corehour: DATABASE_URL must look like postgres:/)
  assert.doesNotMatch(password.said().stderr, /hidden/)
})

test('a database that is down, that lets us not in, or that is not ours is one line', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  const url = await testUrl(t, 'create table orders (id integer)')
  const start = (DATABASE_URL: string) => startServer(t, { env: { DATABASE_URL } })
  await assertRefuses(
    start(`postgres://u:hidden@127.0.0.1:${port}/d`),
    /^corehour: the database can't be reached: .*ECONNREFUSED.*; check/,
  )
  await assertRefuses(
    start(`postgres://u@localhost:${port}/d`),
    /^corehour: the database can't be reached: .*ECONNREFUSED.*; check/,
  )
  await assertRefuses(start('postgres://u@no-such-host.invalid/d'), /^corehour: the database can't be reached: /)
  await assertRefuses(
    start(url.replace(/test_\w+/, 'no_such_database')),
    /^corehour: the database refuses: .*no_such_database/,
  )
  await assertRefuses(start(url), /^corehour: the database test_\w+ is not Corehour's: it holds public\.orders;/)
})

test("a folder that an ordinary user can't write is one line", async (t) => {
  const user = ordinaryUser()
  if (user === 'unreachable') return t.skip('the checkout is not readable for another user')
  const folder = join(temporaryFolder(t), 'locked')
  mkdirSync(folder)
  chmodSync(folder, 0o555)
  const start = (COREHOUR_DATA: string) => startServer(t, { env: { COREHOUR_DATA }, ...(user && { user }) })
  await assertRefuses(start(folder), /^corehour: can't write .*locked.* \(EACCES\): make it writable .*COREHOUR_DATA/)
  await assertRefuses(start(join(folder, 'deeper')), /^corehour: can't write .*deeper \(EACCES\): /)
  await assertRefuses(start(join(import.meta.filename, 'file')), /^corehour: can't write .*file \(ENOTDIR\): /)
})

/** Root may write everywhere, so as root the server is started as nobody. */
function ordinaryUser(): { uid: number; gid: number } | 'unreachable' | undefined {
  if (process.getuid!() !== 0) return undefined
  const [, , uid, gid] = /^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))![0].split(':')
  const user = { uid: Number(uid), gid: Number(gid) }
  try {
    process.seteuid!(user.uid)
    accessSync(import.meta.filename, constants.R_OK)
    accessSync(process.execPath, constants.X_OK)
    return user
  } catch {
    return 'unreachable'
  } finally {
    process.seteuid!(0)
  }
}
