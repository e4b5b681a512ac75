import assert from 'node:assert/strict'
import { test } from 'node:test'
import { glance, query, SYSTEM, type App } from '../../base/index.ts'
import { findKeys, stateOf } from '../../identity/index.ts'
import { layMonths } from '../../ledger/index.ts'
import { openTestApp } from '../../../test/harness.ts'
import { openLab } from '../../../test/lab.ts'
import { openDemo, type Demo } from './index.ts'

const ADDRESS = 'http://127.0.0.1:1'

async function introduction(demo: Demo | undefined): Promise<string> {
  let said = ''
  await demo!.introduce(ADDRESS, (text) => (said += text))
  return said
}

/** What the month holds: each account's use and money. */
function booksOf({ database }: App) {
  const text = `select a.name, w.balance, w.rate, (select sum(amount) from bill_line l where l.account_id = a.account_id) as billed
    from account a join wallet w using (bucket, account_id) order by 1`
  return query(database.pool, { text })
}

test('a demo world that is interrupted before its keys were told is made whole, with keys that work; then it goes on', async (t) => {
  const { app, close } = await openTestApp({ at: '2026-03-31T12:00:30Z' })
  t.after(close)
  await layMonths(app)
  const said: string[] = []
  const open = () => openDemo(app, (line) => void said.push(line))
  await open()
  const books = await booksOf(app)
  assert.equal(books.filter(({ billed }) => billed > 0n).length, 3)

  const told = await introduction(await open())
  assert.deepEqual(await booksOf(app), books)
  assert.equal(said.length, 2, 'it said each time that it makes it')
  assert.match(told, /^ {2}lin\.yue@example\.edu +\S{12} {3}Lin Yue 林悦$/m)
  const secrets = told.match(/(?<=  )corehour_\w+_[0-9a-f]{50}/g)!
  const keys = await glance(app, SYSTEM, (tx) => findKeys(tx, secrets))
  assert.deepEqual(
    keys.map((key) => key && stateOf(key, app.clock.now()) === 'usable' && key.scope),
    ['customer', 'platform', 'staff'],
  )

  const again = await introduction(await open())
  assert.equal(said.length, 2)
  assert.doesNotMatch(again, /corehour_\w+_[0-9a-f]{50}/)
  const [, user] = /COREHOUR_KEY=\$\(npx corehour key create --scope customer --name me --user (\w+)\)/.exec(again)!
  const text = 'select name from users where user_id = $1'
  assert.deepEqual(await query(app.database.pool, { text }, [user!]), [{ name: 'Lin Yue 林悦' }])
})

test("somebody's own books are never seeded", async (t) => {
  const { app, close } = await openTestApp()
  t.after(close)
  await openLab(app)
  assert.equal(await openDemo(app, assert.fail), undefined)
})
