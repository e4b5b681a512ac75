import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { audit } from '../src/audit/index.ts'
import { defaultDataFolder } from '../src/app/config.ts'
import { startEmbedded } from '../src/app/embedded/index.ts'
import { migrate } from '../src/app/migrate.ts'
import { holderOf } from '../src/app/processes.mjs'
import { manualClock, openDatabase, systemClock, type App, type Database, type ManualClock } from '../src/base/index.ts'
import { layMonths } from '../src/ledger/index.ts'

export type StageOptions = {
  /** A folder on disk that is made and removed. */
  folder: string
  /** How much of the full volume, above 0 to 1. */
  scale: number
  /** Whether every benchmark's books are audited at its end. */
  check: boolean
  /** False: no fsync. Measures nothing. */
  durable?: boolean
  say: (line: string) => void
}

/** Where benchmarks run: one PostgreSQL, durable, and a fresh database for each of them. */
export type Stage = StageOptions & {
  openBooks(name: string): Promise<Books>
  /** So much of a full number, but at least `least`. */
  part(full: number, least: number): number
  /** Milliseconds that making and starting its cluster took. */
  opened: number
  close(): Promise<void>
}

/** A migrated database of its own, and an app on it whose clock moves by hand. */
export type Books = { app: App; clock: ManualClock; database: Database; address: string; close(): Promise<void> }

/** Midnight in Shanghai, and a full hour everywhere: days, hours and boundaries all begin here. */
export const START = Temporal.Instant.from('2026-02-28T16:00:00Z')
export const TIME_ZONE = 'Asia/Shanghai'

export async function openStage(options: StageOptions): Promise<Stage> {
  const { folder, scale, check, durable = true } = options
  const cluster = join(folder, 'cluster')
  // What a killed run has left.
  if (holderOf(join(cluster, 'lock')) === undefined) rmSync(folder, { recursive: true, force: true })
  const began = performance.now()
  const embedded = await startEmbedded({ folder: cluster, binariesFolder: defaultDataFolder(), durable })
  const opened = performance.now() - began
  const run = async (text: string) => {
    const server = openDatabase({ ...embedded.database('postgres'), max: 1 })
    try {
      await server.pool.query(text)
    } finally {
      await server.close()
    }
  }
  const openBooks = async (name: string): Promise<Books> => {
    await run(`create database bench_${name}`)
    const { connectionString } = embedded.database(`bench_${name}`)
    const database = openDatabase({ connectionString })
    await migrate(database, systemClock)
    const clock = manualClock(START)
    const app: App = { database, clock, timeZone: TIME_ZONE, log: { info() {}, error: fail } }
    await layMonths(app)
    const close = async () => {
      try {
        if (check) await assertSound(app)
      } finally {
        await database.close()
        await run(`drop database bench_${name} with (force)`)
      }
    }
    return { app, clock, database, address: connectionString, close }
  }
  return {
    ...options,
    opened,
    openBooks,
    part: (full, least) => Math.max(least, Math.round(full * scale)),
    async close() {
      await embedded.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A folder beside the cluster; it goes with the stage. */
export function makeFolder(stage: Stage, name: string): string {
  const folder = join(stage.folder, name)
  mkdirSync(folder, { mode: 0o755 })
  return folder
}

async function assertSound(app: App): Promise<void> {
  const { violations } = await audit(app)
  if (violations.length === 0) return
  const [first] = violations
  throw new Error(`the benchmark's books are no books: ${violations.map((each) => each.invariant)}`, {
    cause: first!.rows[0],
  })
}

/** A server passes over what fails for one wallet; a benchmark that does so measures nothing. */
function fail(details: { error?: unknown }, message: string): never {
  throw new Error(message, { cause: details.error })
}
