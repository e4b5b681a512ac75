import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../../sdk/index.ts'
import { query, type App } from '../../src/base/index.ts'
import { openTestApi, type TestApi } from '../api.ts'
import { openPayer } from '../lab.ts'
import { noticeOf, paymentFor, tell } from '../paper.ts'
import { eventually } from '../process.ts'

const WAITING = 300

async function listen(api: TestApi): Promise<string> {
  return api.http.listen({ host: '127.0.0.1', port: 0 })
}

async function order(api: TestApi, accountId = api.lab.accountId): Promise<string> {
  const body = { account_id: accountId, amount: '200', channel: 'alipay' }
  const { body: made } = await api.call('POST', '/v1/top-up-orders', { key: api.keys.staff, body })
  assert.equal(made.state, 'awaiting', JSON.stringify(made))
  return made.order_id
}

function paid(api: TestApi, id: string) {
  const payment = paymentFor(api.till.gateways.get('alipay')!, id, { currency: 'CNY', minor: 20_000n })
  return noticeOf({ kind: 'payment', payment })
}

/** How often a connection to the books is taken while some time passes. */
async function takenWithin({ database }: App, ms: number): Promise<number> {
  let taken = 0
  const count = () => void taken++
  database.pool.on('acquire', count)
  await sleep(ms)
  database.pool.off('acquire', count)
  return taken
}

test('an order is followed from where it stands until it is paid; the stream says that it has ended', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const url = await listen(api)
  const id = await order(api)
  const client = createClient({ url, key: api.keys.customer })
  const states: string[] = []
  for await (const { state } of client.topUps.events({ order_id: id })) {
    states.push(state)
    if (state === 'awaiting') await tell(api, 'alipay', paid(api, id))
  }
  assert.deepEqual(states, ['awaiting', 'paid'])
  const raw = await fetch(`${url}/v1/top-up-orders/${id}/events`, {
    headers: { authorization: `Bearer ${api.keys.customer}` },
  })
  assert.equal(raw.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.match(await raw.text(), /^retry: 2000\ndata: \{.*"state":"paid".*\}\n\nevent: end\ndata: \{\}\n\n$/)
  const missing = await fetch(`${url}/v1/top-up-orders/order_none/events`, {
    headers: { authorization: `Bearer ${api.keys.customer}` },
  })
  assert.deepEqual([missing.status, missing.headers.get('content-type')], [404, 'application/problem+json'])
})

test('what another server does is seen too, and a server that ends ends its streams', async (t) => {
  const api = await openTestApi()
  t.after(() => api.http.close())
  const url = await listen(api)
  const id = await order(api)
  const response = await fetch(`${url}/v1/top-up-orders/${id}/events`, {
    headers: { authorization: `Bearer ${api.keys.customer}` },
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  assert.match((await reader.read()).value!, /"state":"awaiting"/)
  // As if by another: nobody rings here.
  await query(api.app.database.pool, { text: "update topup_order set state = 'expired', due_at = null" })
  assert.match((await reader.read()).value!, /"state":"expired"/)
  await reader.cancel()

  const second = await order(api)
  const open = await fetch(`${url}/v1/top-up-orders/${second}/events`, {
    headers: { authorization: `Bearer ${api.keys.customer}` },
  })
  const text = open.text().catch(() => 'cut')
  await api.close()
  assert.doesNotMatch(await text, /event: end/, 'it has not ended: whoever follows comes again')
})

test(`${WAITING} who wait cost a look or two a second, all hear of it, and who leaves costs nothing`, async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const client = createClient({ url: await listen(api), key: api.keys.staff })
  const accounts = await Promise.all(Array.from({ length: 30 }, (_, n) => openPayer(api.app, `Payer ${n}`)))
  const ids: string[] = []
  for (let n = 0; n < WAITING; n++) ids.push(await order(api, accounts[Math.floor(n / 10)]!.accountId))
  const stop = new AbortController()
  const seen = new Map<string, string[]>(ids.map((id) => [id, []]))
  const follow = async (order_id: string) => {
    for await (const { state } of client.topUps.events({ order_id }, { signal: stop.signal }))
      seen.get(order_id)!.push(state)
  }
  const followers = ids.map((id) => follow(id).catch(() => {}))
  await eventually('all wait', () => [...seen.values()].every((states) => states.length === 1))
  const looks = await takenWithin(api.app, 3000)
  assert.ok(looks < 30, `${looks} looks while ${WAITING} wait for 3 s`)
  const half = ids.slice(0, WAITING / 2)
  for (const id of half) await tell(api, 'alipay', paid(api, id))
  await eventually('they hear of it', () => half.every((id) => seen.get(id)!.at(-1) === 'paid'))
  stop.abort()
  await Promise.all(followers)
  assert.ok(ids.slice(WAITING / 2).every((id) => seen.get(id)!.length === 1))
  await sleep(1500)
  const idle = await takenWithin(api.app, 2000)
  assert.ok(idle < 3, `${idle} looks when nobody waits any more`)
})
