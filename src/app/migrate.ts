import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { isTransient, query, type Clock, type Database } from '../base/index.ts'
import { CannotStart, codeOf } from './cannot-start.ts'
import { CHECKOUT } from './config.ts'

/** One file of migrations/: plain SQL, forward only, never changed once released. */
export type Migration = { name: string; text: string; sha256: string }

const OLDEST_SERVER = 150_000
// 'core' as a number: any constant that other programs on the server are unlikely to lock.
const LOCK = 0x63_6f_72_65

/** The migrations of this version, in order. */
export function readMigrations(folder = join(CHECKOUT, 'migrations')): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return { name, text, sha256: createHash('sha256').update(text).digest('hex') }
  })
}

/**
 * Brings a database to this version's tables and returns the names of what was applied. Each file is one transaction, so
 * a kill in the middle leaves whole files; two servers that start at once wait for each other.
 * @throws CannotStart where the database is down, too old, not ours, changed, or of a newer version
 */
export async function migrate(database: Database, clock: Clock, migrations = readMigrations()): Promise<string[]> {
  try {
    await assertNewEnough(database)
    const applied: string[] = []
    for (;;) {
      const name = await applyNext(database, clock, migrations)
      if (name === undefined) return applied
      applied.push(name)
    }
  } catch (error) {
    throw error instanceof CannotStart ? error : (explain(error) ?? error)
  }
}

/** Whether a database holds this version's tables; a newer server may have gone further already. */
export async function isMigrated(database: Database, migrations = readMigrations()): Promise<boolean> {
  const last = migrations.at(-1)?.name ?? ''
  const rows = await query(database.pool, { text: 'select from migration where name >= $1 limit 1' }, [last])
  return rows.length > 0
}

/** @throws CannotStart when the server's version, such as 150004, is below `oldest` */
export async function assertNewEnough(database: Database, oldest = OLDEST_SERVER): Promise<void> {
  const text = `select current_setting('server_version_num')::integer as number, current_setting('server_version') as version`
  const [server] = await query<{ number: number; version: string }>(database.pool, { text })
  if (server!.number < oldest) {
    const needed = Math.floor(oldest / 10_000)
    throw new CannotStart(
      `the database server is PostgreSQL ${server!.version}; Corehour needs ${needed} or newer: upgrade it, or use another`,
    )
  }
}

/** The lock ends with the transaction, so it also holds behind a connection pooler and after a kill. */
async function applyNext(database: Database, clock: Clock, migrations: Migration[]): Promise<string | undefined> {
  const client = await database.pool.connect()
  try {
    await client.query('begin')
    await query(client, { text: 'select pg_advisory_xact_lock($1)' }, [LOCK])
    const next = nextOf(await readApplied(client), migrations)
    if (next) await apply(client, clock, next)
    await client.query('commit')
    return next?.name
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

/** What has been applied, by name; makes the table of it in a database that is empty. */
async function readApplied(client: pg.ClientBase): Promise<Map<string, string>> {
  const [table] = await query(client, { text: `select to_regclass('migration') as found` })
  if (table!.found === null) {
    await assertEmpty(client)
    await client.query(
      'create table migration (name text primary key, sha256 text not null, applied_at timestamptz not null)',
    )
  }
  const rows = await query<{ name: string; sha256: string }>(client, {
    text: 'select name, sha256 from migration order by name',
  })
  return new Map(rows.map((row) => [row.name, row.sha256]))
}

/** Tables of extensions (Citus has some) are nobody's. */
async function assertEmpty(client: pg.ClientBase): Promise<void> {
  const [other] = await query(client, {
    text: `select format('%I.%I', n.nspname, c.relname) as name, current_database() as database
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
      order by 1 limit 1`,
  })
  if (other) {
    throw new CannotStart(
      `the database ${other.database} is not Corehour's: it holds ${other.name}; name an empty database in DATABASE_URL`,
    )
  }
}

function nextOf(applied: Map<string, string>, migrations: Migration[]): Migration | undefined {
  const ours = new Map(migrations.map((each) => [each.name, each.sha256]))
  for (const [name, sha256] of applied) {
    if (!ours.has(name)) {
      throw new CannotStart(
        `the database was migrated by a newer Corehour (${name}): start that version or a newer one`,
      )
    }
    if (ours.get(name) !== sha256) {
      throw new CannotStart(
        `migrations/${name} has changed since it was applied to the database: restore the file, and put the change into a new one`,
      )
    }
  }
  return migrations.find((each) => !applied.has(each.name))
}

async function apply(client: pg.ClientBase, clock: Clock, migration: Migration): Promise<void> {
  try {
    await client.query(migration.text)
  } catch (error) {
    // A server that went away or lets us create nothing is not the file's fault.
    if (isTransient(error) || explain(error)) throw error
    throw new CannotStart(`migrations/${migration.name} fails: ${(error as Error).message}`)
  }
  const { name, sha256 } = migration
  await query(client, { text: 'insert into migration (name, sha256, applied_at) values ($1, $2, $3)' }, [
    name,
    sha256,
    clock.now(),
  ])
}

const DOWN = /^(ECONN|ENOTFOUND|EAI_AGAIN|ENOENT|EHOST|ENET|ETIMEDOUT|EPIPE|EACCES|08|57P)|^53300$/
const NOT_LET_IN = new Set(['28000', '28P01', '3D000', '42501'])

/** Why a database can't be used, as a line to act on; undefined where the error is of another kind. */
export function explain(error: unknown): CannotStart | undefined {
  if (!(error instanceof Error)) return undefined
  // An AggregateError, as for a name with two addresses, has no message of its own.
  const first = error instanceof AggregateError ? (error.errors[0] ?? error) : error
  const code = codeOf(error) ?? codeOf(first) ?? ''
  if (NOT_LET_IN.has(code))
    return new CannotStart(`the database refuses: ${first.message}; check DATABASE_URL and its user's rights`)
  if (
    DOWN.test(code) ||
    /^(Connection terminated|timeout|The server does not support SSL)|Invalid URL/.test(first.message)
  ) {
    return new CannotStart(
      `the database can't be reached: ${first.message}; check that it runs and that DATABASE_URL is right`,
    )
  }
  return undefined
}
