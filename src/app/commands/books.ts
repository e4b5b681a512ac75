import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, query, systemClock, type App, type Database } from '../../base/index.ts'
import { CannotStart } from '../cannot-start.ts'
import type { Config } from '../config.ts'
import { SUPERUSER } from '../embedded/cluster.ts'
import { startEmbedded, type Embedded } from '../embedded/index.ts'
import { startThrowaway } from '../embedded/throwaway.ts'
import { openLog } from '../log.ts'
import { assertMigrated, migrate } from '../migrate.ts'
import { holderOf } from '../processes.mjs'
import { UsageError } from './usage-error.ts'

/** Opened books, and how they are called in a sentence. */
export type Books = { database: Database; name: string; close(): Promise<void> }
export type Say = (line: string) => void
