import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi } from '../../test/api.ts'
import { openPayer } from '../../test/lab.ts'
import { noticeOf, paymentFor, tell } from '../../test/paper.ts'
import { audit } from '../audit/index.ts'
import { query } from '../base/index.ts'

// Each way to break the books: SQL about the rows of the account $1, and the invariant that must report it.
const corruptions: { sql: string; broken: string; alone?: false }[] = [
  { sql: 'update payment set amount = amount + 36000000 where account_id = $1', broken: 'payment_is_lot' },
  { sql: `update payment set lot_id = 'lot_x' where account_id = $1`, broken: 'payment_is_lot' },
  { sql: `delete from payment where account_id = $1 and flag = 'second'`, broken: 'payment_is_lot' },
  { sql: `delete from payment where account_id = $1 and flag = 'second'`, broken: 'order_is_payments' },
  { sql: `update payment set payment_id = payment_id || 'x' where account_id = $1`, broken: 'payment_is_lot' },
  {
    sql: 'update topup_order set credited = credited + 1 where account_id = $1 and credited > 0',
    broken: 'order_is_payments',
  },
  { sql: 'update topup_order set arrears_paid = arrears_paid + 1 where account_id = $1', broken: 'order_is_payments' },
  {
    sql: `update payment set order_id = 'order_x' where account_id = $1 and flag is null`,
    broken: 'order_is_payments',
  },
  { sql: `update payment set paid = paid - 1 where account_id = $1 and flag is null`, broken: 'payment_as_ordered' },
  {
    sql: `update payment set paid_currency = 'HKD' where account_id = $1 and flag is null`,
    broken: 'payment_as_ordered',
  },
  {
    sql: `insert into payment (bucket, account_id, channel, payment_id, order_id, paid_currency, paid, payee, currency, amount, arrears_paid, lot_id, found_by, paid_at, credited_at)
      select 0, 'acct_x', channel, payment_id, order_id, paid_currency, paid, payee, currency, amount, arrears_paid, lot_id, found_by, paid_at, credited_at
      from payment where account_id = $1`,
    broken: 'payment_once',
    alone: false,
  },
  { sql: `update dispute set credited = credited + 1 where credited_to = $1`, broken: 'dispute_as_settled' },
  {
    sql: `update dispute set state = 'rejected', credited = null, credited_to = null, currency = null where credited_to = $1`,
    broken: 'dispute_not_credited',
  },
]

test('each way to break the books of payments is reported by its name, and only for its account', async (t) => {
  const api = await openTestApi()
  const { app, lab, keys, till } = api
  t.after(() => api.close())
  const other = await openPayer(app, 'Other')
  const alipay = till.gateways.get('alipay')!
  for (const { accountId } of [lab, other]) {
    for (const minors of [[20_000n, 20_000n], [15_000n]]) {
      const body = { account_id: accountId, amount: '200', channel: 'alipay' }
      const { body: order } = await api.call('POST', '/v1/top-up-orders', { key: keys.staff, body })
      for (const minor of minors) {
        const payment = paymentFor(alipay, order.order_id, { currency: 'CNY', minor })
        await tell(api, 'alipay', noticeOf({ kind: 'payment', payment }))
      }
    }
  }
  const { body } = await api.call('GET', '/v1/disputes', { key: keys.staff })
  for (const { dispute_id: id } of body.data)
    await api.call('POST', `/v1/disputes/${id}/settle`, { key: keys.staff, body: { decision: 'credit', note: '' } })
  const check = async (accounts?: string[]) =>
    (await audit(app, accounts && { accounts })).violations.map(({ invariant }) => invariant)
  assert.deepEqual(await check(), [])
  const tables = ['topup_order', 'payment', 'dispute']
  const run = (text: string, values: string[] = []) => query(app.database.pool, { text }, values)
  for (const table of tables) await run(`create table kept_${table} as table ${table}`)
  for (const { sql, broken, alone } of corruptions) {
    await run(sql, [lab.accountId])
    assert.ok((await check()).includes(broken), `${broken}: ${sql}`)
    if (alone !== false) {
      assert.ok((await check([lab.accountId])).includes(broken), `${broken} of the account: ${sql}`)
      assert.deepEqual(await check([other.accountId]), [], sql)
    }
    for (const table of tables) await run(`delete from ${table}`)
    for (const table of tables) await run(`insert into ${table} select * from kept_${table}`)
  }
  for (const table of tables) await run(`drop table kept_${table}`)
})
