import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { openTestApi } from '../../../test/api.ts'
import { CPUS } from '../../../test/lab.ts'

test('a key has so many requests a minute, told in headers; platforms and other keys are not held up by it', async (t) => {
  const api = await openTestApi({ requestsAMinute: 3 })
  t.after(() => api.close())
  const ask = (key: string) => api.call('GET', '/v1/me', { key })
  const answers = [await ask(api.keys.customer), await ask(api.keys.customer), await ask(api.keys.customer)]
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers['ratelimit-remaining']]),
    [
      [200, '2'],
      [200, '1'],
      [200, '0'],
    ],
  )
  const refused = await ask(api.keys.customer)
  assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'])
  assert.ok(Number(refused.headers['retry-after']) > 0 && Number(refused.headers['retry-after']) <= 60)
  assert.equal((await ask(api.keys.staff)).status, 200)
  for (let n = 0; n < 10; n++) assert.equal((await ask(api.keys.platform)).status, 200)
})

test('more events than the server takes in at once are sent away untouched, and taken when they come again', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { projectId: project, userId: user } = api.lab
  const batches = Array.from({ length: 40 }, (_, b) =>
    Array.from({ length: 1000 }, (_, n) => ({
      ...{ specversion: '1.0', source: 'lab', id: `${b}-${n}`, subject: `job-${b}-${n}` },
      ...{ type: 'corehour.usage.started', time: '2026-01-01T00:00:00Z' },
      data: { project, user, kind: 'job', ...CPUS },
    })),
  )
  const sendAll = (some: object[][]) =>
    Promise.all(some.map((body) => api.call('POST', '/v1/usage-events', { key: api.keys.platform, body })))
  const answers = await sendAll(batches)
  const away = batches.filter((_, i) => answers[i]!.status === 503)
  assert.ok(away.length > 0 && away.length < 40, `${away.length} of 40 were sent away`)
  for (const { status, body, headers } of answers.filter((each) => each.status !== 200))
    assert.deepEqual([status, body.code, headers['retry-after']], [503, 'busy', '1'])
  const count = async () => (await api.app.database.pool.query('select count(*)::int as n from usage_event')).rows[0].n
  assert.equal(await count(), (40 - away.length) * 1000)
  for (const batch of away) assert.equal((await sendAll([batch]))[0]!.status, 200)
  assert.equal(await count(), 40_000)
})

test('a body that is far too large is refused as that, before any of it is read', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { port } = new URL(await api.http.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    `POST /v1/usage-events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${api.keys.platform}\r\n` +
      'content-type: application/json\r\ncontent-length: 100000000\r\nconnection: close\r\n\r\n',
  )
  const answer = Buffer.concat(await socket.toArray()).toString()
  assert.match(answer, /^HTTP\/1\.1 413 [^]*"code":"body_too_large"/)
})

test('clients that hang up in the middle leave nothing half done, and others are served', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { port } = new URL(await api.http.listen({ host: '127.0.0.1', port: 0 }))
  const body = JSON.stringify({ amount: '5', channel: 'transfer', payment_id: 'p' })
  const request = (length: number) =>
    `POST /v1/accounts/${api.lab.accountId}/credits HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${api.keys.staff}\r\n` +
    `idempotency-key: gone\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`
  const hangUp = async (text: string) => {
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(text)
    await sleep(20)
    socket.destroy()
  }
  await hangUp(request(body.length) + body.slice(0, 9))
  await hangUp(request(body.length).slice(0, 80))
  await hangUp('\x16\x03\x01\x02')
  const settled = async () =>
    (await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.staff })).body.balance.settled.amount
  assert.equal(await settled(), '0.00000000')
  // Whole, and gone before the answer: done once, and found again by its key.
  await hangUp(request(body.length) + body)
  const again = await api.call('POST', `/v1/accounts/${api.lab.accountId}/credits`, {
    key: api.keys.staff,
    body: JSON.parse(body),
    idempotencyKey: 'gone',
  })
  assert.equal(again.status, 201)
  assert.equal(await settled(), '5.00000000')
})
