import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../src/base/index.ts'
import { openTestApp } from './harness.ts'

test('two test apps share nothing', async () => {
  const one = await openTestApp({ at: '2026-03-01T00:00:00Z' })
  const two = await openTestApp()
  await query(one.app.database.pool, { text: 'create table mark (id integer)' })
  const seen = { text: `select to_regclass('mark')::text as mark, to_regclass('account')::text as account` }
  assert.deepEqual(await query(one.app.database.pool, seen), [{ mark: 'mark', account: 'account' }])
  assert.deepEqual(await query(two.app.database.pool, seen), [{ mark: null, account: 'account' }])
  assert.equal(one.clock.now().toString(), '2026-03-01T00:00:00Z')
  await one.close()
  await two.close()
})
