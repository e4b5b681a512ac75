import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../src/base/index.ts'
import { openTestDatabase } from '../test/harness.ts'
import { generateRows } from './rows.ts'

test('each column has the type that the database hands out', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  await query(database.pool, {
    text: `create table zebra (id text collate "C" not null, amount bigint not null default 0, note text, at timestamptz not null,
        until timestamptz not null default 'infinity', day date, total numeric, tags text[] not null, gone integer) partition by range (at);
      alter table zebra drop column gone; create table zebra_rest partition of zebra default; create view ignored as select 1 as one`,
  })
  assert.equal(
    await generateRows(database),
    `// Generated from the migrated database by \`npm run check -- --write\`; do not edit.
import type { Generated } from 'kysely'

/** What each table's rows look like when they are read. */
export type Rows = {
  zebra: {
    id: string
    amount: Generated<bigint>
    note: string | null
    at: Temporal.Instant
    until: Generated<Temporal.Instant | null>
    day: Temporal.PlainDate | null
    total: string | null
    tags: string[]
  }
}
`,
  )
})

test('a type of column that nobody parses is refused', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  await query(database.pool, { text: 'create table lossy (price double precision)' })
  await assert.rejects(generateRows(database), /lossy\.price is of type float8/)
})
