import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { manualClock, query, type Database } from '../base/index.ts'
import { openTestDatabase } from '../../test/harness.ts'
import { CannotStart } from './cannot-start.ts'
import { assertNewEnough, isMigrated, migrate, readMigrations, type Migration } from './migrate.ts'

const clock = manualClock('2026-01-02T03:04:05Z')

function file(name: string, text: string): Migration {
  return { name, text, sha256: createHash('sha256').update(text).digest('hex') }
}
const first = file('0001_a.sql', 'create table a (id integer); insert into a values (1)')
const second = file('0002_b.sql', 'create table b (id integer)')

async function emptyDatabase(t: { after(work: () => Promise<void>): void }): Promise<Database> {
  const database = await openTestDatabase()
  t.after(() => database.close())
  return database
}

/** One line, for whoever runs it. */
async function assertRefuses(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof CannotStart, String(error))
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /\n/)
    return true
  })
}

test('files are applied in order, once, with the time of the clock', async (t) => {
  const database = await emptyDatabase(t)
  assert.deepEqual(await migrate(database, clock, [first]), ['0001_a.sql'])
  assert.equal(await isMigrated(database, [first]), true)
  assert.equal(await isMigrated(database, [first, second]), false)
  assert.deepEqual(await migrate(database, clock, [first, second]), ['0002_b.sql'])
  assert.deepEqual(await migrate(database, clock, [first, second]), [])
  const rows = await query(database.pool, { text: 'select name, applied_at::text as at from migration order by name' })
  assert.deepEqual(rows, [
    { name: '0001_a.sql', at: '2026-01-02 03:04:05+00' },
    { name: '0002_b.sql', at: '2026-01-02 03:04:05+00' },
  ])
})

test('two servers that start at once apply each file once', async (t) => {
  const database = await emptyDatabase(t)
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database, clock, [first, second])))
  assert.deepEqual(applied.flat().sort(), ['0001_a.sql', '0002_b.sql'])
})

test('a file that fails leaves nothing of itself, and what came before stays', async (t) => {
  const database = await emptyDatabase(t)
  const broken = file('0002_b.sql', 'create table b (id integer); insert into nowhere values (1)')
  await assertRefuses(migrate(database, clock, [first, broken]), /migrations\/0002_b\.sql fails: .*nowhere/)
  const [found] = await query(database.pool, {
    text: `select to_regclass('a')::text as a, to_regclass('b')::text as b`,
  })
  assert.deepEqual(found, { a: 'a', b: null })
  assert.deepEqual(await migrate(database, clock, [first, second]), ['0002_b.sql'])
})

test('a changed file is refused, also one whose successor is still to be applied', async (t) => {
  const database = await emptyDatabase(t)
  await migrate(database, clock, [first])
  const changed = file('0001_a.sql', `${first.text};`)
  await assertRefuses(migrate(database, clock, [changed, second]), /0001_a\.sql has changed since it was applied/)
  const [found] = await query(database.pool, { text: `select to_regclass('b') as b` })
  assert.deepEqual(found, { b: null })
})

test('a database of a newer version is refused', async (t) => {
  const database = await emptyDatabase(t)
  await migrate(database, clock, [first, second])
  await assertRefuses(migrate(database, clock, [first]), /was migrated by a newer Corehour \(0002_b\.sql\)/)
  assert.equal(await isMigrated(database, [first]), true)
})

test("a database that holds another's tables is refused and left alone, in whatever schema they are", async (t) => {
  for (const text of [
    'create table orders ()',
    'create schema shop; create table shop.orders ()',
    'create view orders as select 1',
  ]) {
    const database = await emptyDatabase(t)
    await query(database.pool, { text })
    await assertRefuses(migrate(database, clock, [first]), /is not Corehour's: it holds \w+\.orders/)
    const [found] = await query(database.pool, {
      text: `select to_regclass('migration') as migration, to_regclass('a') as a`,
    })
    assert.deepEqual(found, { migration: null, a: null })
  }
})

test("an extension's tables are nobody's", async (t) => {
  const database = await emptyDatabase(t)
  await query(database.pool, {
    text: `create table belonging (); create extension if not exists plpgsql; alter extension plpgsql add table belonging`,
  })
  assert.deepEqual(await migrate(database, clock, [first]), ['0001_a.sql'])
})

test('a server that is too old is refused', async (t) => {
  const database = await emptyDatabase(t)
  await assertRefuses(assertNewEnough(database, 990_000), /is PostgreSQL \d+\.\d+.*; Corehour needs 99 or newer/)
})

test('the released files are in order and none is empty', () => {
  const migrations = readMigrations()
  migrations.forEach((each, index) => {
    assert.match(each.name, new RegExp(`^${String(index + 1).padStart(4, '0')}_[a-z_]+\\.sql$`))
    assert.match(each.text, /\S/)
  })
})
