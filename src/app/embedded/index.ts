import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../base/index.ts'
import { CannotStart, codeOf } from '../cannot-start.ts'
import { takeLock } from '../processes.mjs'
import { layBinaries } from './binaries.ts'
import { makeCluster, makeFolder, makeSocketFolder, removeSocketFolder, SUPERUSER, unwritable } from './cluster.ts'
import { findOwner } from './owner.ts'
import { endServer, launch, signal, type Launch, type Postmaster } from './postmaster.ts'

export type EmbeddedOptions = {
  /** The data folder; made where it is missing. */
  folder: string
  /** Where PostgreSQL's programs are laid; by default in the data folder. */
  binariesFolder?: string
  /** False: no fsync. For tests and throwaway books only. */
  durable?: boolean
  /** Says what takes long. */
  log?: (line: string) => void
}

/** A running PostgreSQL of our own. */
export type Embedded = {
  /** How to open one of its databases. */
  database(name?: string): { connectionString: string }
  /** The process id of the server as it runs now. */
  pid(): number
  /** Rejects when the server has ended by itself and can't be started again. */
  failed: Promise<never>
  /** Ends it; the folder is free again. Idempotent. */
  stop(): Promise<void>
}

/** The one of the server's books. */
export const DATABASE = 'corehour'
// 24 GiB or a laptop: the cache stays moderate, and a burst of writes (a tick over 100k wallets) causes no checkpoint.
const SETTINGS = {
  max_connections: '64',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '256MB',
  effective_cache_size: '2GB',
  random_page_cost: '1.1',
  jit: 'off',
  wal_compression: 'on',
  wal_buffers: '16MB',
  max_wal_size: '4GB',
  min_wal_size: '512MB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}
const THROWAWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '1GB',
  min_wal_size: '80MB',
  max_connections: '128',
}

/**
 * Starts the embedded PostgreSQL on a data folder, making what is missing. It runs until `stop`, is started again when it
 * ends by itself, and ends with this process (call it from the main thread).
 * @throws CannotStart when another process uses the folder, it can't be written, or PostgreSQL doesn't start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { folder, log = () => {}, durable = true } = options
  const owner = findOwner()
  makeFolder(folder)
  makeFolder(options.binariesFolder ?? folder)
  const lock = lockFolder(folder)
  try {
    if (!existsSync(join(folder, 'pgdata'))) log(`setting up the database in ${folder}`)
    const binaries = layBinaries(options.binariesFolder ?? folder, owner)
    const launching: Launch = {
      binaries,
      owner,
      log,
      cluster: makeCluster(folder, binaries, owner, durable),
      socketFolder: makeSocketFolder(folder, owner),
      logFile: join(folder, 'postgres.log'),
      settings: durable ? SETTINGS : { ...SETTINGS, ...THROWAWAY },
    }
    return await withDatabase(await keepRunning(launching, lock.release))
  } catch (error) {
    lock.release()
    throw ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC'].includes(codeOf(error) ?? '')
      ? unwritable(folder, error)
      : error
  }
}

function lockFolder(folder: string): { release(): void } {
  try {
    const lock = takeLock(join(folder, 'lock'))
    if ('release' in lock) return lock
    throw new CannotStart(
      `the data folder ${folder} is in use by another corehour (process ${lock.holder}): end that one, or set COREHOUR_DATA to another folder`,
    )
  } catch (error) {
    throw error instanceof CannotStart ? error : unwritable(folder, error)
  }
}

/** Starts the server, and starts it again whenever it ends by itself: a crash costs a second, not the service. */
async function keepRunning(launching: Launch, release: () => void): Promise<Embedded> {
  let server: Postmaster = await launch(launching)
  let stopping: Promise<void> | undefined
  const { promise: failed, reject } = Promise.withResolvers<never>()
  // Who doesn't watch it must not be ended by it.
  failed.catch(() => {})
  const watch = async () => {
    for (;;) {
      await server.ended
      if (stopping) return
      launching.log('the database has ended by itself and is started again')
      server = await launch(launching)
      if (stopping) await endServer(server)
    }
  }
  const watching = watch().catch(reject)
  // Where the kernel doesn't do it.
  const onExit = () => signal(server.pid, 'SIGINT')
  process.once('exit', onExit)
  const stop = async () => {
    await endServer(server)
    await watching
    process.off('exit', onExit)
    removeSocketFolder(launching.socketFolder)
    release()
  }
  return {
    database: (name = DATABASE) => ({ connectionString: addressOf(launching.socketFolder, name) }),
    pid: () => server.pid,
    failed,
    stop: () => (stopping ??= stop()),
  }
}

/** Complete, so that an operator's PGPORT or PGSSLMODE has no say. */
export function addressOf(socketFolder: string, database: string): string {
  return `postgres://${SUPERUSER}@localhost:5432/${database}?host=${encodeURIComponent(socketFolder)}&sslmode=disable`
}

async function withDatabase(embedded: Embedded): Promise<Embedded> {
  const database = openDatabase({ ...embedded.database('postgres'), max: 1 })
  try {
    const { rowCount } = await database.pool.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await database.pool.query(`create database ${DATABASE}`)
    return embedded
  } catch (error) {
    await embedded.stop()
    throw error
  } finally {
    await database.close()
  }
}
