import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../test/harness.ts'
import { TEMPLATE } from '../../test/cluster.ts'
import { bucketOf, manualClock, query, SYSTEM, transact, writeCursor, type App } from '../base/index.ts'
import { postings, type Posting } from './index.ts'

test('an account reads its journal page by page, newest first, each posting once while others are written', async () => {
  const database = await openTestDatabase(TEMPLATE)
  const app: App = {
    database,
    clock: manualClock('2026-01-01T00:00:00Z'),
    timeZone: 'Asia/Shanghai',
    log: { info() {}, error() {} },
  }
  const post = (accountId: string, from: number, to: number) =>
    query(database.pool, {
      text: `insert into posting select ${bucketOf(accountId)}, '${accountId}', n, 'use', null, 'unattributed', 'revenue', n, null, null,
        timestamptz '2026-01-01T00:00:00Z' + n * interval '5 min', '2026-01-02T00:00:00Z' from generate_series(${from}, ${to}) n`,
    })
  await post('a', 1, 25)
  await post('b', 1, 5)
  const read = (cursor?: string, limit = 10) =>
    transact(app, SYSTEM, (tx) => postings(tx, 'a', { limit, ...(cursor !== undefined && { cursor }) }))
  const seen: Posting[] = []
  let cursor: string | undefined
  let next = 26
  do {
    const page = await read(cursor)
    seen.push(...page.data)
    cursor = page.nextCursor
    await post('a', next, (next += 10) - 1)
  } while (cursor)
  assert.deepEqual(
    seen.map(({ seq }) => seq),
    Array.from({ length: 25 }, (_, i) => BigInt(25 - i)),
  )
  assert.deepEqual(
    { ...seen[24], at: seen[24]!.at.toString(), recordedAt: null },
    {
      seq: 1n,
      source: 'use',
      sourceId: null,
      debit: 'unattributed',
      credit: 'revenue',
      amount: 1n,
      usedFrom: null,
      usedTo: null,
      at: '2026-01-01T00:05:00Z',
      recordedAt: null,
    },
  )
  for (const bad of ['', 'MQ', writeCursor(['1', '2']), writeCursor(['-1']), writeCursor(['9'.repeat(30)])]) {
    await assert.rejects(read(bad), { code: 'bad_request' }, bad)
  }
  await assert.rejects(read(undefined, 0), { code: 'bad_request' })
  await database.close()
})
