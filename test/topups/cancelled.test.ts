// An order is cancelled at the instant at which its payment is told: by three copies of a notice, by a look, and by the gateway that is to close it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM, transact } from '../../src/base/index.ts'
import { lookAt, readOrder, type Channel } from '../../src/payments/index.ts'
import { openTestApi, type TestApi } from '../api.ts'
import { YUAN } from '../lab.ts'
import { waitForLock } from '../locks.ts'
import { noticeOf, paymentFor, tell } from '../paper.ts'

const COPIES = 3
type Act = 'cancel' | 'notice' | 'look'
const ORDERS: readonly (readonly Act[])[] = [
  ['cancel', 'notice', 'look'],
  ['cancel', 'look', 'notice'],
  ['notice', 'cancel', 'look'],
  ['notice', 'look', 'cancel'],
  ['look', 'cancel', 'notice'],
  ['look', 'notice', 'cancel'],
]

/** Nobody else may change the order or its account's wallet until this is called. */
async function holdUp({ app, lab }: TestApi, orderId: string): Promise<() => Promise<void>> {
  const client = await app.database.pool.connect()
  await client.query('begin')
  await client.query('select from topup_order where order_id = $1 for update', [orderId])
  await client.query('select from wallet where account_id = $1 for update', [lab.accountId])
  return async () => {
    await client.query('rollback')
    client.release()
  }
}

/** Begins all three while the books are held up, each once the one before waits for them; answers how the cancellation was answered. */
async function atOnce(api: TestApi, channel: Channel, id: string, acts: readonly Act[]) {
  const { app, till } = api
  const gateway = till.gateways.get(channel)!
  const payment = paymentFor(gateway, id, { currency: 'CNY', minor: 20_000n })
  gateway.states.set(id, { state: 'paid', payments: [payment] })
  const notice = noticeOf({ kind: 'payment', payment })
  const order = await transact(app, SYSTEM, (tx) => readOrder(tx, id))
  const release = await holdUp(api, id)
  const under: Record<Act, () => Promise<any>> = {
    cancel: () => api.call('POST', `/v1/top-up-orders/${id}/cancel`, { key: api.keys.customer }),
    notice: () => Promise.all(Array.from({ length: COPIES }, () => tell(api, channel, notice))),
    look: () => lookAt(app, till, order!),
  }
  const done = new Map<Act, Promise<any>>()
  for (const [n, act] of acts.entries()) {
    done.set(act, under[act]())
    await waitForLock(app, n + 1)
  }
  await release()
  await Promise.all(done.values())
  return (await done.get('cancel')) as Awaited<ReturnType<TestApi['call']>>
}

test('cancelled at the instant of its payment, whoever comes first: one credit, told once, and no dispute', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const list = async (path: string, query: object = {}) =>
    (await api.call('GET', path, { key: api.keys.staff, query: { ...query } })).body.data
  let credited = 0n
  for (const channel of ['alipay', 'wechat'] as const) {
    for (const acts of ORDERS) {
      const what = `${channel}: ${acts.join(', ')}`
      const made = await api.call('POST', '/v1/top-up-orders', {
        key: api.keys.customer,
        body: { amount: '200', channel },
      })
      const id: string = made.body.order_id
      const cancelled = await atOnce(api, channel, id, acts)
      assert.ok(cancelled.status === 200 || cancelled.body.code === 'order_over', what)
      const { body: found } = await api.call('GET', `/v1/top-up-orders/${id}`, { key: api.keys.customer })
      assert.deepEqual([found.state, found.credited.grains], ['paid', `${200n * YUAN}`], what)
      const payments = await list('/v1/payments', { order_id: id })
      assert.equal(payments.length, 1, what)
      // What was cancelled first is flagged; what was not cancelled at all is not.
      if (cancelled.status === 409) assert.equal(payments[0].flag, null, what)
      assert.ok([null, 'late'].includes(payments[0].flag), what)
      assert.equal(
        (await list('/v1/gateway-notices', { order_id: id })).length,
        1,
        `${what}: three copies are one notice`,
      )
      credited += 200n * YUAN
    }
  }
  const { body: account } = await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.staff })
  assert.equal(account.balance.settled.grains, `${credited}`)
  assert.deepEqual(await list('/v1/disputes'), [])
})
