import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../test/harness.ts'
import { copyIn } from './copy.ts'
import { query, type Scalar } from './database.ts'

const COLUMNS = { n: 'int', grains: 'bigint', name: 'text', at: 'timestamptz', data: 'jsonb' } as const
const TABLE = 'create table copied (n int not null, grains bigint, name text, at timestamptz, data jsonb)'

test('what is copied is read back as it was: largest and smallest, every sign, nothing, for ever', async (t) => {
  const database = await openTestDatabase()
  const client = await database.pool.connect()
  t.after(() => {
    client.release()
    return database.close()
  })
  const at = (text: string) => Temporal.Instant.from(text)
  const rows: Scalar[][] = [
    [1, 2n ** 63n - 1n, '', at('2026-01-01T00:00:00Z'), '{"cpu": "4"}'],
    [-2_147_483_648, -(2n ** 63n), 'tab\tline\nback\\slash "quote" \\N \\.', at('1999-12-31T23:59:59.999999Z'), '[]'],
    [2_147_483_647, 0n, '水 électrolyte 🧪', at('0001-01-01T00:00:00Z'), '{"name": "水"}'],
    // Longer than a row is expected to be.
    [4, 4n, '水'.repeat(5000), at('9999-12-31T23:59:59.000001Z'), `"${'x'.repeat(9000)}"`],
    [5, null, null, null, null],
  ]
  await client.query(TABLE)
  assert.equal(await copyIn(client, 'copied', COLUMNS, rows), rows.length)
  assert.equal(await copyIn(client, 'copied', COLUMNS, []), 0)
  const shown = (row: readonly unknown[]) => row.map((value) => (value === null ? null : String(value)))
  const read = await query(client, { text: 'select n, grains, name, at, data::text as data from copied order by ctid' })
  assert.deepEqual(
    read.map(({ n, grains, name, at: when, data }) => shown([n, grains, name, when, data])),
    rows.map(shown),
  )

  await copyIn(client, 'copied', { n: 'int', at: 'timestamptz' }, [[6, 'infinity']])
  const ever = await query(client, { text: `select n from copied where at = 'infinity'` })
  assert.deepEqual(ever, [{ n: 6 }])
})

test('a list of instants is what was named, also with nothing and for ever in it', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  const list = [
    Temporal.Instant.from('2026-01-01T00:00:00.000001Z'),
    null,
    Temporal.Instant.from('1970-01-01T00:00:00Z'),
  ]
  for (const [values, expected] of [
    [list, ['2026-01-01 00:00:00.000001+00', null, '1970-01-01 00:00:00+00']],
    [[null, ...list].slice(0, 2), [null, '2026-01-01 00:00:00.000001+00']],
    [
      [list[0]!, 'infinity'],
      ['2026-01-01 00:00:00.000001+00', 'infinity'],
    ],
    [
      ['infinity', list[2]!],
      ['infinity', '1970-01-01 00:00:00+00'],
    ],
    [[null], [null]],
    [[], []],
  ] as const) {
    const text = `select at::text from unnest($1::timestamptz[]) with ordinality as given(at, n) order by n`
    const read = await query(database.pool, { text }, [values])
    assert.deepEqual(
      read.map((row) => row.at),
      expected,
    )
  }
})

test('lists of every type are what was named; what is too large is refused, not cut', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  const tell = async (type: string, values: readonly Scalar[]) => {
    const read = await query(database.pool, { text: `select unnest($1::${type}[])::text as value` }, [values])
    return read.map(({ value }) => value)
  }
  const texts = ['', 'a "b" \\c', '{,}', 'NULL', '水🧪']
  assert.deepEqual(await tell('text', [...texts, null]), [...texts, null])
  assert.deepEqual(await tell('int', [-2_147_483_648, 0, 2_147_483_647]), ['-2147483648', '0', '2147483647'])
  assert.deepEqual(await tell('bigint', [2n ** 63n - 1n, -(2n ** 63n), null]), [
    `${2n ** 63n - 1n}`,
    `${-(2n ** 63n)}`,
    null,
  ])
  assert.deepEqual(await tell('bigint', [7]), ['7'])
  assert.deepEqual(await tell('numeric', [2n ** 70n]), [`${2n ** 70n}`])
  assert.deepEqual(await tell('jsonb', ['{"cpu":"4"}', null]), ['{"cpu": "4"}', null])
  assert.deepEqual(await tell('date', [Temporal.PlainDate.from('2026-02-28')]), ['2026-02-28'])
  const tooLarge = { code: '22003' }
  await assert.rejects(tell('bigint', [0n, 2n ** 63n]), tooLarge)
  await assert.rejects(tell('int', [2 ** 31]), tooLarge)
})
