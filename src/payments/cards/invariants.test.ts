import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../../test/harness.ts'
import { TEMPLATE } from '../../../test/cluster.ts'
import { openLab, openPayer, YUAN } from '../../../test/lab.ts'
import { audit } from '../../audit/index.ts'
import { manualClock, query, SYSTEM, transact } from '../../base/index.ts'
import { issueBatch } from './batch.ts'
import { cardInvariants } from './invariants.ts'
import { redeemCode } from './redeem.ts'

// Each way to break the books: SQL about the redemptions of $1, and the invariant that must report it; whether for the account.
const corruptions: { sql: string; broken: string; account?: false }[] = [
  {
    sql: 'update card_code set account_id = null, redeemed_at = null where account_id = $1',
    broken: 'code_redeemed_once',
  },
  { sql: `update card_code set account_id = 'acct_x' where account_id = $1`, broken: 'code_redeemed_once' },
  { sql: 'delete from card_redemption where account_id = $1', broken: 'code_redeemed_once' },
  { sql: `update card_redemption set batch_id = 'batch_x' where account_id = $1`, broken: 'card_redeemed_as_issued' },
  { sql: `update card_redemption set lot_id = 'lot_x' where account_id = $1`, broken: 'card_redeemed_as_issued' },
  { sql: `update card_batch set amount = amount + 1 where $1 <> ''`, broken: 'card_redeemed_as_issued' },
  {
    sql: `update card_redemption set redeemed_at = redeemed_at + interval '1 s' where account_id = $1`,
    broken: 'card_redeemed_as_issued',
  },
  {
    sql: `insert into card_redemption select bucket, account_id, 'x', batch_id, 'lot_x', last, 'x', 0, redeemed_at from card_redemption where account_id = $1`,
    broken: 'card_limit_kept',
  },
  { sql: `delete from card_code where redeemed_at is null and $1 <> ''`, broken: 'card_batch_counted', account: false },
  {
    sql: `update card_reminder set due_at = due_at + interval '1 s' where account_id = $1`,
    broken: 'card_reminder_due',
  },
]

test('each way to break the books of cards is reported by its name, and only for its account', async (t) => {
  const database = await openTestDatabase(TEMPLATE)
  t.after(() => database.close())
  const app = { database, clock: manualClock('2026-01-01T00:00:00Z'), timeZone: 'UTC', log: { info() {}, error() {} } }
  const lab = await openLab(app)
  const other = await openPayer(app, 'Other')
  const terms = { currency: 'CNY', amount: YUAN, expiresAt: null, validDays: 30, redeemBy: null, note: null }
  const issued = await transact(app, SYSTEM, (tx) =>
    issueBatch(tx, { ...terms, count: 3, oncePerAccount: true }, 'act_1'),
  )
  for (const [n, { accountId }] of [lab, other].entries())
    await redeemCode(app, SYSTEM, { accountId, code: issued.codes![n]!, requestId: `act_${n}` })
  const check = async (accounts?: string[]) =>
    (await audit(app, accounts && { accounts })).violations.map(({ invariant }) => invariant)
  assert.deepEqual(await check(), [])
  const tables = ['card_batch', 'card_code', 'card_redemption', 'card_reminder']
  for (const table of tables) await query(database.pool, { text: `create table kept_${table} as table ${table}` })
  for (const { sql, broken, account } of corruptions) {
    await query(database.pool, { text: sql }, [lab.accountId])
    assert.ok((await check()).includes(broken), `${broken}: ${sql}`)
    if (account !== false)
      assert.ok((await check([lab.accountId])).includes(broken), `${broken} of the account: ${sql}`)
    if (sql.includes('account_id = $1')) assert.deepEqual(await check([other.accountId]), [], sql)
    for (const table of tables)
      await query(database.pool, { text: `delete from ${table}` }).then(() =>
        query(database.pool, { text: `insert into ${table} table kept_${table}` }),
      )
  }
  assert.deepEqual(await check(), [])
  const fired = new Set(corruptions.map(({ broken }) => broken))
  assert.deepEqual(
    cardInvariants.filter(({ name }) => !fired.has(name)),
    [],
  )
})
