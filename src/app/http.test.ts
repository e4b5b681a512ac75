import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../base/index.ts'
import { openTestApp } from '../../test/harness.ts'
import { buildHttp } from './http.ts'

test('a refusal, a bad body and a fault of our own are problems that say no more than they should', async (t) => {
  const { app, close } = await openTestApp()
  t.after(close)
  const logged: object[] = []
  const http = buildHttp(
    { ...app, log: { info() {}, error: (details) => void logged.push(details) } },
    { isReady: async () => true },
  )
  http.get('/refused', async () => {
    throw new Refusal('unknown_account', { value: 'acct_1' })
  })
  http.get('/broken', async () => {
    throw new Error('select secret from table')
  })
  http.post('/body', async () => ({}))

  const refused = await http.inject('/refused')
  assert.equal(refused.statusCode, 404)
  assert.equal(refused.headers['content-type'], 'application/problem+json')
  assert.deepEqual([refused.json().code, refused.json().detail], ['unknown_account', 'There is no account acct_1.'])
  assert.equal(logged.length, 0)

  const body = await http.inject({
    method: 'POST',
    url: '/body',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  assert.deepEqual([body.statusCode, body.json().code], [400, 'bad_request'])

  const broken = await http.inject('/broken')
  assert.deepEqual([broken.statusCode, broken.json().code], [500, 'internal'])
  assert.doesNotMatch(broken.body, /secret|stack|node:/)
  assert.equal(broken.json().request_id, broken.headers['x-request-id'])
  assert.deepEqual(
    logged.map((each) => Object.keys(each)),
    [['error', 'request_id', 'url']],
  )
  await http.close()
})

test('it is not ready when the database says no, fails, or does not answer', async (t) => {
  const { app, close } = await openTestApp()
  t.after(close)
  const answers: (() => Promise<boolean>)[] = [
    async () => false,
    async () => Promise.reject(new Error('down')),
    () => new Promise(() => {}),
  ]
  for (const isReady of answers) {
    const http = buildHttp(app, { isReady })
    const answer = await http.inject('/readyz')
    assert.deepEqual([answer.statusCode, answer.json().code], [503, 'unavailable'])
    assert.equal((await http.inject('/healthz')).statusCode, 200)
    await http.close()
  }
})
