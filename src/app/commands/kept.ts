import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { openDatabase, query, type Database } from '../../base/index.ts'
import type { Config } from '../config.ts'
import { startEmbedded } from '../embedded/index.ts'
import type { Opened, Say } from './books.ts'

// A kept replay has an embedded PostgreSQL of its own, beside the server's: both may run at once, and neither can be taken for
// the other. One is kept at a time.
const NEW = 'replay_new'
const KEPT = 'corehour'

/** The name of the trace whose replay is kept, or undefined. */
export function keptReplay(config: Config): string | undefined {
  try {
    return JSON.parse(readFileSync(markOf(config), 'utf8')).trace
  } catch {
    return undefined
  }
}

export async function openKept(config: Config, say: Say): Promise<Opened> {
  const embedded = await start(config, say)
  const database = openDatabase(embedded.database(KEPT))
  const close = async () => {
    await database.close()
    await embedded.stop()
  }
  return { database, close }
}

/** An empty database for a replay. It takes the place of the one kept before only when `keep` is called. */
export async function openToKeep(config: Config, say: Say): Promise<Opened & { keep(trace: string): Promise<void> }> {
  const embedded = await start(config, say)
  const onServer = async (...statements: string[]) => {
    const server = openDatabase({ ...embedded.database('postgres'), max: 1 })
    try {
      for (const text of statements) await query(server.pool, { text })
    } finally {
      await server.close()
    }
  }
  let database: Database | undefined
  try {
    await onServer(`drop database if exists ${NEW} with (force)`, `create database ${NEW}`)
    database = openDatabase(embedded.database(NEW))
  } catch (error) {
    await embedded.stop()
    throw error
  }
  let kept = false
  const opened = database
  return {
    database: opened,
    async keep(trace) {
      await opened.close()
      kept = true
      await onServer(`drop database if exists ${KEPT} with (force)`, `alter database ${NEW} rename to ${KEPT}`)
      writeFileSync(markOf(config), `${JSON.stringify({ trace: basename(trace) })}\n`)
    },
    async close() {
      if (!kept) await opened.close()
      if (!kept) await onServer(`drop database if exists ${NEW} with (force)`)
      await embedded.stop()
    },
  }
}

function folderOf(config: Config): string {
  return join(config.dataFolder, 'replay')
}

function markOf(config: Config): string {
  return join(folderOf(config), 'kept.json')
}

function start(config: Config, say: Say) {
  return startEmbedded({ folder: folderOf(config), binariesFolder: config.dataFolder, durable: false, log: say })
}
