// npm start: the database, its migrations, HTTP and the clock loop, until a signal ends them.
import type { FastifyInstance } from 'fastify'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, systemClock, type App, type Database } from '../base/index.ts'
import { layMonths } from '../ledger/index.ts'
import { openMailServer } from '../notify/index.ts'
import { makeHandlers } from './api/handlers/index.ts'
import { openKeyring } from './api/keyring.ts'
import type { Services } from './api/services.ts'
import { openShelf } from './api/shelf.ts'
import { runBeat } from './beat.ts'
import { CannotStart, codeOf, reportFailure } from './cannot-start.ts'
import { openTill, runTopUps, wantsSandbox, type OpenTill } from './channels.ts'
import { runClock } from './clock.ts'
import { readConfig, VERSION, type Config } from './config.ts'
import { openDemo, type Demo } from './demo/index.ts'
import { startEmbedded, type Embedded } from './embedded/index.ts'
import { runExports } from './exporter.ts'
import { buildHttp } from './http.ts'
import { openLog } from './log.ts'
import { runMail } from './mail.ts'
import { isMigrated, migrate, readMigrations } from './migrate.ts'
import { runReactions } from './reactions.ts'
import { readOptions, type StartOptions } from './options.ts'
import { readSetting, settle } from './setting.ts'
import { openTestClock, type MovedClock } from './testClock.ts'

const FINISH_REQUESTS_MS = 5000
const FINISH_ALL_MS = 25_000

/**
 * Serves until `stopping` is aborted, then ends everything in order: requests, background work, connections, database.
 * @throws CannotStart for what the operator can put right
 */
export async function serve(config: Config, options: StartOptions, stopping: AbortSignal): Promise<void> {
  // Books that a test clock moved can't go back to the wall's: they lie apart.
  const folder = options.testClock ? join(config.dataFolder, 'test-clock') : config.dataFolder
  await assertCanListen(config)
  const embedded = config.databaseUrl ? undefined : await startEmbedded({ folder, log: say })
  try {
    const database = openDatabase(embedded?.database() ?? { connectionString: config.databaseUrl! })
    try {
      await serveOn(database, { ...config, dataFolder: folder }, options, stopping, embedded)
    } finally {
      await closeWithin(database, FINISH_REQUESTS_MS)
    }
  } finally {
    await embedded?.stop()
  }
}

async function serveOn(
  database: Database,
  config: Config,
  options: StartOptions,
  stopping: AbortSignal,
  embedded: Embedded | undefined,
): Promise<void> {
  const migrations = readMigrations()
  await migrate(database, systemClock, migrations)
  await agreeOnClock(database, options)
  const moved = options.testClock ? await openTestClock(database) : undefined
  const clock = moved?.clock ?? systemClock
  const app: App = { database, clock, timeZone: config.timeZone, log: openLog(clock) }
  await layMonths(app)
  // Never into an operator's own database.
  const demo = embedded && !options.empty ? await openDemo(app, say) : undefined
  if (stopping.aborted) return
  const keyring = openKeyring(app)
  try {
    const sandbox = wantsSandbox(config.topUps, moved !== undefined)
    const till = openTill(config, sandbox, clock)
    const services = await openServices(app, config, { keyring, moved, till, sandbox })
    const http = buildHttp(app, {
      isReady: () => isMigrated(database, migrations),
      proxies: config.proxies,
      outbox: config.smtpUrl === undefined,
      api: {
        handlers: makeHandlers(services),
        services,
        requestsAMinute: config.requestsAMinute,
      },
    })
    await run(app, http, config, { demo, moved, till, services, embedded }, stopping)
  } finally {
    await keyring.close()
  }
}

/** What runs beside HTTP. */
type Parts = {
  demo: Demo | undefined
  moved: MovedClock | undefined
  till: OpenTill
  services: Services
  embedded: Embedded | undefined
}

async function run(
  app: App,
  http: FastifyInstance,
  config: Config,
  { demo, moved, till, services, embedded }: Parts,
  stopping: AbortSignal,
): Promise<void> {
  try {
    const address = await listen(http, config)
    // A rejection of one of these ends the server.
    const background = [
      ...(moved ? [] : [runClock(app, stopping)]),
      runExports(app, services.shelf, stopping),
      runReactions(app, stopping),
      runBeat(app, stopping),
      ...mailing(app, config, address, stopping),
      runTopUps(app, till, services.sandbox ? { config, address } : undefined, stopping),
      ...(demo && !moved ? [demo.runCluster(address, stopping)] : []),
    ]
    process.stdout.write(`corehour: ready at ${address} (database: ${embedded ? config.dataFolder : 'DATABASE_URL'})\n`)
    if (moved) process.stdout.write(`corehour: on a test clock, which stands at ${moved.clock.now()}\n`)
    await demo?.introduce(address, (text) => process.stdout.write(text))
    await Promise.race([aborted(stopping), ...background, ...(embedded ? [embedded.failed] : [])])
    await closeHttp(http)
    await Promise.all(background)
  } finally {
    await closeHttp(http)
  }
}

/** Sends mail where there is a server for it; where there is none it stays in the outbox. */
function mailing(app: App, config: Config, address: string, stopping: AbortSignal): Promise<void>[] {
  const { smtpUrl, mailFrom, publicUrl, support } = config
  if (smtpUrl === undefined) return []
  return [runMail(app, openMailServer(smtpUrl, mailFrom), { url: publicUrl ?? address, support }, stopping)]
}

async function openServices(
  app: App,
  config: Config,
  { moved, ...parts }: Pick<Services, 'keyring' | 'till' | 'sandbox'> & { moved: MovedClock | undefined },
): Promise<Services> {
  const secret = await settle(app.database, 'link_secret', randomBytes(32).toString('base64url'))
  return {
    ...parts,
    publicUrl: config.publicUrl,
    support: config.support,
    sendsMail: config.smtpUrl !== undefined,
    version: VERSION,
    shelf: openShelf(join(config.dataFolder, 'exports'), secret, app.clock),
    holdHours: config.holdHours,
    ...(moved && { testClock: moved.open(app) }),
  }
}

/** @throws CannotStart where a test clock would move books that live by the wall's, or the other way round. */
async function agreeOnClock(database: Database, { testClock }: StartOptions): Promise<void> {
  const wanted = testClock ? 'test' : 'wall'
  const books = await database.pool.query('select from account limit 1')
  const kept = (await readSetting(database, 'clock')) ?? (books.rowCount ? 'wall' : undefined)
  if (kept !== undefined && kept !== wanted) {
    throw new CannotStart(
      testClock
        ? 'these books live by the real time, and a test clock would spoil them: name an empty database'
        : 'these books were moved by a test clock: start with -- --test-clock, or name another database',
    )
  }
  await settle(database, 'clock', wanted)
}

/** Asked before a database is set up: who has to choose another port should not have waited for that. */
async function assertCanListen({ host, port }: Config): Promise<void> {
  const probe = createServer()
  try {
    await once(probe.listen(port, host), 'listening')
  } catch (error) {
    throw reasonNotToListen(error, { host, port })
  } finally {
    probe.close()
  }
}

async function listen(http: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await http.listen({ host, port })
  } catch (error) {
    throw reasonNotToListen(error, { host, port })
  }
}

function reasonNotToListen(error: unknown, { host, port }: Pick<Config, 'host' | 'port'>): unknown {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new CannotStart(`port ${port} on ${host} is taken: end what uses it, or set PORT to another`)
    case 'EACCES':
      return new CannotStart(`this user may not listen on port ${port}: set PORT to one above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotStart(`HOST ${host} is not an address of this machine`)
    default:
      return error
  }
}

/** Requests under way may finish; connections that are still open then are cut. */
async function closeHttp(http: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => http.server.closeAllConnections(), FINISH_REQUESTS_MS)
  await http.close()
  clearTimeout(cut)
}

/** A statement that hangs must not keep the process; its transaction rolls back with the connection. */
async function closeWithin(database: Database, ms: number): Promise<void> {
  await Promise.race([database.close(), sleep(ms, undefined, { ref: false })])
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  )
}

function say(line: string): void {
  process.stderr.write(`corehour: ${line}\n`)
}

async function main(): Promise<void> {
  const controller = new AbortController()
  const end = () => {
    controller.abort()
    // A terminal sends Ctrl-C to us and to what started us, so the same signal comes twice: only time forces an end.
    setTimeout(() => process.exit(1), FINISH_ALL_MS).unref()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end)
  const options = readOptions(process.argv.slice(2))
  await serve(readConfig(), options, controller.signal)
}

if (import.meta.main) await main().catch(reportFailure)
