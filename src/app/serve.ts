// npm start: the database, its migrations, HTTP and the clock loop, until a signal ends them.
import type { FastifyInstance } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, systemClock, type App, type Database } from '../base/index.ts'
import { layMonths } from '../ledger/index.ts'
import { CannotStart, codeOf, reportFailure } from './cannot-start.ts'
import { readConfig, type Config } from './config.ts'
import { startEmbedded, type Embedded } from './embedded/index.ts'
import { runClock } from './clock.ts'
import { buildHttp } from './http.ts'
import { openLog } from './log.ts'
import { isMigrated, migrate, readMigrations } from './migrate.ts'

const FINISH_REQUESTS_MS = 5000
const FINISH_ALL_MS = 25_000

/**
 * Serves until `stopping` is aborted, then ends everything in order: requests, clock, connections, database.
 * @throws CannotStart for what the operator can put right
 */
export async function serve(config: Config, stopping: AbortSignal): Promise<void> {
  const embedded = config.databaseUrl ? undefined : await startEmbedded({ folder: config.dataFolder, log: say })
  try {
    const database = openDatabase(embedded?.database() ?? { connectionString: config.databaseUrl! })
    try {
      await serveOn(database, config, stopping, embedded)
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
  stopping: AbortSignal,
  embedded: Embedded | undefined,
): Promise<void> {
  const app: App = { database, clock: systemClock, timeZone: config.timeZone, log: openLog(systemClock) }
  const migrations = readMigrations()
  await migrate(database, app.clock, migrations)
  await layMonths(app)
  if (stopping.aborted) return
  const http = buildHttp(app, () => isMigrated(database, migrations))
  try {
    const address = await listen(http, config)
    const background = startBackground(app, stopping)
    process.stdout.write(`corehour: ready at ${address} (database: ${embedded ? config.dataFolder : 'DATABASE_URL'})\n`)
    await Promise.race([aborted(stopping), ...background, ...(embedded ? [embedded.failed] : [])])
    await closeHttp(http)
    await Promise.all(background)
  } finally {
    await closeHttp(http)
  }
}

/** What runs beside HTTP until `stopping`; each promise settles when its work has ended, and a rejection ends the server. */
function startBackground(app: App, stopping: AbortSignal): Promise<void>[] {
  return [runClock(app, stopping)]
}

async function listen(http: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await http.listen({ host, port })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EADDRINUSE')
      throw new CannotStart(`port ${port} on ${host} is taken: end what uses it, or set PORT to another`)
    if (code === 'EACCES') throw new CannotStart(`this user may not listen on port ${port}: set PORT to one above 1023`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new CannotStart(`HOST ${host} is not an address of this machine`)
    throw error
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
  await serve(readConfig(), controller.signal)
}

if (import.meta.main) await main().catch(reportFailure)
