import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { query } from '../src/base/index.ts'
import { openTestDatabase } from '../test/harness.ts'
import { describeSchema } from './schema.ts'

test('each table stands with its comment, columns, key and indexes', async (t) => {
  const database = await openTestDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'corehour-schema-'))
  t.after(async () => {
    rmSync(folder, { recursive: true })
    await database.close()
  })
  const text = `-- not this\n\n-- Striped.\n-- Two lines.\ncreate table zebra (id text not null primary key, amount bigint not null default 0, until timestamptz);
    create index zebra_until on zebra (until) where amount > 0;`
  writeFileSync(join(folder, '0001_zoo.sql'), text)
  await query(database.pool, { text })
  const page = await describeSchema(database, folder)
  assert.equal(
    page.slice(page.indexOf('## ')),
    `## zebra

Striped.
Two lines.

| column | type | default |
|---|---|---|
| id | text |  |
| amount | bigint | \`0\` |
| until | timestamptz, may be null |  |

- key (id)
- index (until) WHERE (amount > 0)
`,
  )
})

test('a float has no place in the books', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  const migrations = join(import.meta.dirname, '../migrations')
  await query(database.pool, { text: 'create table lossy (price double precision)' })
  await assert.rejects(describeSchema(database, migrations), /lossy\.price is of type float8/)
})
