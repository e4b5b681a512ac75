import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, systemClock, type App, type Database } from '../../base/index.ts'
import { CannotStart, codeOf } from '../cannot-start.ts'
import type { Config } from '../config.ts'
import { addressOf, DATABASE, startEmbedded } from '../embedded/index.ts'
import { openLog } from '../log.ts'
import { explain, isMigrated } from '../migrate.ts'
import { holderOf } from '../processes.mjs'
import { keptReplay, openKept } from './kept.ts'
import { UsageError } from '@corehour/cli'

/** Opened books, and what they are called in a sentence. */
export type Books = { database: Database; name: string; close(): Promise<void> }
export type Say = (line: string) => void

/** What the server's operations need to work on opened books, by the real time. */
export function appOn({ database }: Books, { timeZone }: Config): App {
  return { database, clock: systemClock, timeZone, log: openLog(systemClock) }
}

/** Which books: a server's by its address, the last kept replay, the server's of this configuration, or what is there. */
export type Choice = { database?: string | undefined; replay?: boolean | undefined; live?: boolean | undefined }
export const CHOICE = { database: { type: 'string' }, replay: { type: 'boolean' }, live: { type: 'boolean' } } as const

/**
 * Opens the books that are asked for. Where nothing is asked, `prefer` decides between the server's and a kept replay, as far as
 * both are there.
 * @throws UsageError for two choices at once, or no books at all; CannotStart where they can't be reached or are another version's.
 */
export async function openBooks(config: Config, choice: Choice, prefer: 'replay' | 'live', say: Say): Promise<Books> {
  const { database, replay, live } = choice
  if ([database !== undefined, replay, live].filter(Boolean).length > 1)
    throw new UsageError('--database, --replay and --live exclude each other')
  if (database !== undefined) return openUrl(database, 'the database of --database')
  const kept = keptReplay(config)
  if (replay && !kept)
    throw new UsageError('there is no kept replay: make one with corehour replay FILE --prices FILE --keep')
  const server = config.databaseUrl !== undefined || existsSync(join(config.dataFolder, 'pgdata'))
  if (replay || (kept && !live && (prefer === 'replay' || !server)))
    return checked(await openKept(config, say), `the replay of ${kept}`)
  if (!server)
    throw new UsageError(
      'there are no books yet: start the server (npm start), or keep a replay (corehour replay FILE --prices FILE --keep)',
    )
  return openServer(config, say)
}

/** The books of the server of this configuration, which may be running. */
export async function openServer(config: Config, say: Say): Promise<Books> {
  if (config.databaseUrl !== undefined) return openUrl(config.databaseUrl, 'the database of DATABASE_URL')
  return checked(await openFolder(config.dataFolder, say), `the server's books in ${config.dataFolder}`)
}

/** Opens a PostgreSQL by its address, which is not shown: it may hold a password. */
async function openUrl(url: string, name: string): Promise<Books> {
  return checked(await connect(url), name)
}

/** @throws UsageError where it is no address of a PostgreSQL. */
export async function connect(url: string): Promise<Opened> {
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new UsageError('a database is named like postgres://user:password@host:5432/database')
  const database = openDatabase({ connectionString: url })
  return { database, close: () => database.close() }
}

export type Opened = Omit<Books, 'name'>

/** Starts the embedded PostgreSQL of a folder, or where a server runs on it, connects to that. */
export async function openFolder(folder: string, say: Say): Promise<Opened> {
  if (holderOf(join(folder, 'lock')) !== undefined) {
    const database = openDatabase({ connectionString: addressOf(socketOf(folder), DATABASE) })
    return { database, close: () => database.close() }
  }
  const embedded = await startEmbedded({ folder, log: say })
  const database = openDatabase(embedded.database())
  const close = async () => {
    await database.close()
    await embedded.stop()
  }
  return { database, close }
}

/** PostgreSQL's own pid file tells where it listens, in line 5. */
function socketOf(folder: string): string {
  try {
    const socket = readFileSync(join(folder, 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[4]
    if (socket) return socket
  } catch {
    // It is only starting, or ending.
  }
  throw new CannotStart(`a corehour is just starting or ending on ${folder}: try again in a moment`)
}

/** @throws CannotStart unless the database can be reached and holds this version's tables. */
async function checked(opened: Opened, name: string): Promise<Books> {
  try {
    if (await isMigrated(opened.database)) return { ...opened, name }
    throw notMigrated(name)
  } catch (error) {
    await opened.close()
    throw codeOf(error) === '42P01' ? notMigrated(name) : (explain(error) ?? error)
  }
}

function notMigrated(name: string): CannotStart {
  return new CannotStart(`${name}: its tables are not those of this version; corehour migrate brings them up to it`)
}
