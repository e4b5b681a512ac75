import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { call } from './call.ts'
import { openVendor, type Answer, type Vendor } from './vendor.fixture.ts'

let vendor: Vendor
before(async () => {
  vendor = await openVendor()
})
beforeEach(() => {
  vendor.seen.length = 0
})
after(() => vendor.close())

let made = 0
const ask = () => ({
  method: 'POST' as const,
  url: `${vendor.url}/pay?sign=topsecret`,
  headers: { authorization: 'Bearer topsecret' },
  body: `try ${++made}`,
})
const send = (timeoutMs = 2_000, limit = 1_000) => call('The vendor', ask, { timeoutMs, limit })

/** Answers one after the other, the last of them from then on. */
function answers(...all: Answer[]): void {
  let next = 0
  vendor.answer(() => all[Math.min(next++, all.length - 1)]!)
}

async function fails(pattern: RegExp, attempts: number, timeoutMs?: number): Promise<void> {
  await assert.rejects(send(timeoutMs), (error: Error) => {
    assert.equal(error.name, 'Unavailable')
    assert.match(error.message, pattern)
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.cause]), /topsecret|try \d/)
    return true
  })
  assert.equal(vendor.seen.length, attempts)
}

test('a broken connection, 429 and 5xx are tried again with a request that is made anew', async () => {
  answers('reset', { status: 502, body: '<html>Bad Gateway</html>' }, { body: 'done' })
  const reply = await send()
  assert.equal(reply.body.toString(), 'done')
  const bodies = vendor.seen.map(({ body }) => body)
  assert.deepEqual(bodies, [`try ${made - 2}`, `try ${made - 1}`, `try ${made}`])
  vendor.seen.length = 0
  answers({ status: 429 }, { status: 404, body: 'no' })
  assert.equal((await send()).status, 404)
  assert.equal(vendor.seen.length, 2)
})

test('three times at most', async () => {
  answers({ status: 503, body: '<html>' })
  await fails(/The vendor answers 503/, 3)
})

test('no answer in time, and a connection that breaks', async () => {
  answers('silent')
  await fails(/The vendor does not answer: TimeoutError/, 3, 60)
  vendor.seen.length = 0
  answers('reset')
  await fails(/The vendor does not answer: (UND_ERR_SOCKET|ECONNRESET)/, 3)
})

test('nobody there', async () => {
  const gone = await openVendor()
  gone.close()
  const nobody = call('The vendor', () => ({ method: 'GET', url: `${gone.url}/?sign=topsecret` }), { timeoutMs: 500 })
  await assert.rejects(nobody, { name: 'Unavailable', message: 'The vendor does not answer: ECONNREFUSED' })
})

test('an answer larger than the limit is left', async () => {
  answers({ body: 'x'.repeat(1_001) })
  await fails(/more than 1000 bytes/, 1)
  answers({ body: 'x'.repeat(1_000) })
  assert.equal((await send()).body.length, 1_000)
})

test('a redirect is not followed', async () => {
  answers({ status: 302, headers: { location: '/elsewhere' } })
  await fails(/redirect/, 1)
})
