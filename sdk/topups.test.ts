import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createClient, CorehourError } from './index.ts'
import { cut, example, html, json, openPeer, problem, silent, type Deed } from './peer.fixture.ts'

const ORDER = { ...example('topUps.create'), order_id: 'order_1' }
const standing = (state: string) => ({ ...ORDER, state })
const event = (state: string) => `data: ${JSON.stringify(standing(state))}\n\n`

/** A stream of events with comments between them; then it ends, breaks, or stays open. */
function streamed(events: string[], then: 'end' | 'break' | 'stay' = 'end'): Deed {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`: here\n\n${events.join(': still here\n\n')}`, () => {
      if (then === 'end') response.end('event: end\ndata: \n\n')
      if (then === 'break') setTimeout(() => response.destroy(), 20)
    })
  }
}

async function follow(t: TestContext, ...deeds: Deed[]) {
  const { url, seen, close } = await openPeer(...deeds)
  t.after(close)
  const client = createClient({ url, key: 'corehour_customer_x', retries: 0 })
  const states: string[] = []
  const done = (async () => {
    for await (const { state } of client.topUps.follow({ order_id: 'order_1' })) states.push(state)
  })()
  return {
    states,
    seen,
    done,
    client,
    asked: () => seen.map((each) => each.url.replace('/v1/top-up-orders/order_1', '')),
  }
}

test('an order is followed by its stream until it is over, and told only when it changes', async (t) => {
  const { states, asked, done } = await follow(
    t,
    streamed([event('opening'), event('awaiting'), event('awaiting'), event('paid')]),
  )
  await done
  assert.deepEqual(states, ['opening', 'awaiting', 'paid'])
  assert.deepEqual(asked(), ['/events'])
})

test('a stream that breaks is opened anew, and nothing is told twice', async (t) => {
  const { states, asked, done } = await follow(
    t,
    streamed([event('awaiting')], 'break'),
    streamed([event('awaiting'), event('expired')]),
  )
  await done
  assert.deepEqual(states, ['awaiting', 'expired'])
  assert.deepEqual(asked(), ['/events', '/events'])
})

test('a stream that does not begin in time is opened anew', async (t) => {
  const { url, seen, close } = await openPeer(silent, streamed([event('paid')]))
  t.after(close)
  const client = createClient({ url, key: 'corehour_customer_x', retries: 1, timeout: 500 })
  const states = await Array.fromAsync(client.topUps.events({ order_id: 'order_1' }), ({ state }) => state)
  assert.deepEqual([states, seen.length], [['paid'], 2])
})

test('where no stream passes, the order is looked at until it is over', async (t) => {
  for (const broken of [cut, html(502), html(200), problem(503, 'unavailable')]) {
    const { states, asked, done } = await follow(t, broken, json(standing('awaiting')), json(standing('paid')))
    await done
    assert.deepEqual(states, ['awaiting', 'paid'])
    assert.deepEqual(asked(), ['/events', '', ''])
  }
})

test('a server that is away for a while is waited for', async (t) => {
  const { states, asked, done } = await follow(
    t,
    cut,
    cut,
    problem(503, 'unavailable'),
    html(502),
    json(standing('paid')),
  )
  await done
  assert.deepEqual(states, ['paid'])
  assert.deepEqual(asked(), ['/events', '', '', '', ''])
})

test('a stream that is held back is not waited for alone', async (t) => {
  const { states, asked, done } = await follow(t, streamed([], 'stay'), json(standing('paid')))
  await done
  assert.deepEqual(states, ['paid'])
  assert.deepEqual(asked(), ['/events', ''])
})

test('an order that is not there is said at once, and following ends when told to', async (t) => {
  const nothing = await follow(t, problem(404, 'not_found'))
  await assert.rejects(nothing.done, (error) => error instanceof CorehourError && error.code === 'not_found')
  const { client, done } = await follow(t, streamed([event('awaiting')], 'stay'))
  done.catch(() => {}) // it ends with its peer
  const stop = new AbortController()
  const orders = client.topUps.follow({ order_id: 'order_1' }, { signal: stop.signal })
  assert.equal((await orders.next()).value?.state, 'awaiting')
  const next = orders.next()
  stop.abort(new Error('enough'))
  await assert.rejects(next, /^Error: enough$/)
})
