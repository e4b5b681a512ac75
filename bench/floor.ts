import pg from 'pg'
import type { Database } from '../src/base/index.ts'
import { time } from './measure.ts'
import type { Books } from './stage.ts'

/** Makes an empty table like another: same columns, indexes and room left on its pages. */
export async function makeLike(database: Database, name: string, like: string): Promise<void> {
  const { rows } = await database.pool.query(
    'select array_to_string(reloptions, $2) as options from pg_class where relname = $1',
    [like, ', '],
  )
  await database.pool.query(`drop table if exists ${name}`)
  // The journal is partitioned and so has no options of its own.
  const options: string | null = rows[0].options
  await database.pool.query(`create table ${name} (like ${like} including all) ${options ? `with (${options})` : ''}`)
}

/** Writes rows again, by one bare INSERT..SELECT into a table like theirs, and answers how long it took in milliseconds. */
export async function writeAgain(database: Database, table: string, where = 'true'): Promise<number> {
  await makeLike(database, `bare_${table}`, table)
  return time(() => database.pool.query(`insert into bare_${table} select * from ${table} where ${where}`))
}

/** Gives a connection for streams of COPY: one of the engine's own, on which statements don't wait for each other, takes none. */
export async function connected<T>({ address }: Books, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
