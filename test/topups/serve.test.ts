// npm start without a gateway's settings: the sandbox beside it, a top-up over real HTTP from the order to the balance, and an orderly end of both.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../../sdk/index.ts'
import { SYSTEM, systemClock, transact } from '../../src/base/index.ts'
import { createKey } from '../../src/identity/index.ts'
import { layMonths } from '../../src/ledger/index.ts'
import { openTestApp } from '../harness.ts'
import { openPayer } from '../lab.ts'
import { eventually, startServer, temporaryFolder } from '../process.ts'

test('a server without gateways has a sandbox: what is paid there is on the account, also after a restart', async (t) => {
  const { app, clock, close } = await openTestApp()
  t.after(close)
  clock.set(systemClock.now())
  await layMonths(app)
  const { userId } = await openPayer(app, 'Payer')
  const { secret: key } = await transact(app, SYSTEM, (tx) => createKey(tx, { name: 'p', scope: 'customer', userId }))
  const DATABASE_URL = app.database.pool.options.connectionString!
  const env = { DATABASE_URL, COREHOUR_DATA: temporaryFolder(t), COREHOUR_SANDBOX: 'on' }
  const ordered: { order_id: string; channel: 'alipay' | 'paypal' }[] = []
  for (const [life, channel] of (['alipay', 'paypal'] as const).entries()) {
    const running = startServer(t, { env })
    const client = createClient({ url: await running.ready, key })
    await eventually('the sandbox is there', async () => (await client.topUps.options()).channels.length === 3)
    assert.equal((await client.topUps.options()).sandbox, true)
    const { order_id } = await client.topUps.create({ amount: '200', channel })
    ordered.push({ order_id, channel })
    const sandbox = /paid at (\S+),/.exec(running.said().stdout)![1]!
    // What was ordered in the first life is paid in the second: the sandbox remembers it, and its notice, if it has the old address, is not missed.
    for (const order of life === 0 ? [] : ordered) {
      const paid = await fetch(`${sandbox}/control/pay`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ channel: order.channel, order: order.order_id }),
      })
      assert.ok(paid.ok, await paid.text())
      let last: string | undefined
      for await (const { state } of client.topUps.events({ order_id: order.order_id })) last = state
      assert.equal(last, 'paid')
    }
    running.child.kill('SIGTERM')
    assert.deepEqual(await running.ended, { status: 0, signal: null })
    await assert.rejects(fetch(`${sandbox}/healthz`), 'the sandbox ended with it')
    assert.doesNotMatch(running.said().stderr, /"level":"error"/)
  }
})
