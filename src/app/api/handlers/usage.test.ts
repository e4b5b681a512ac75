import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openTestApi } from '../../../../test/api.ts'
import { CPUS, openPayer } from '../../../../test/lab.ts'
import { query, SYSTEM, transact } from '../../../base/index.ts'
import { createKey } from '../../../identity/index.ts'

async function open(t: TestContext) {
  const api = await openTestApi()
  t.after(() => api.close())
  api.clock.advance(3600)
  const { projectId: project, userId: user } = api.lab
  const event = (id: string, over: object = {}, data: object = {}) => ({
    specversion: '1.0',
    source: 'lab',
    id,
    subject: `job-${id}`,
    type: 'corehour.usage.started',
    time: '2026-01-01T00:30:00Z',
    data: { project, user, kind: 'job', ...CPUS, ...data },
    ...over,
  })
  const send = (body: unknown, headers: object = {}, key = api.keys.platform) =>
    api.call('POST', '/v1/usage-events', { key, body, headers })
  return { api, event, send }
}

test('one event or a list, in each media type, answered in order', async (t) => {
  const { event, send } = await open(t)
  const taken = (id: string) => ({ source: 'lab', id, status: 'accepted' })
  assert.deepEqual((await send(event('a'))).body, { results: [taken('a')] })
  const single = { 'content-type': 'application/cloudevents+json' }
  assert.deepEqual((await send(event('b'), single)).body, { results: [taken('b')] })
  const batch = { 'content-type': 'application/cloudevents-batch+json' }
  assert.deepEqual((await send([event('c'), event('a'), event('d')], batch)).body, {
    results: [taken('c'), { ...taken('a'), status: 'duplicate' }, taken('d')],
  })
  assert.deepEqual((await send([])).body, { results: [] })
})

test('what is not plainly taken says why, in the language of the sender', async (t) => {
  const { event, send } = await open(t)
  const odd = (batch: string): [unknown, string, string | undefined, RegExp, RegExp][] => {
    const e = (id: string, over = {}, data = {}) => event(batch + id, over, data)
    const subject = `job-${batch}ok`
    return [
      [e('ok'), 'accepted', undefined, /^$/, /^$/],
      [e('twice', { subject }), 'accepted', 'already_running', /was running already/, /资源已在运行/],
      [
        e('quote', {}, { quote: 'quote_none' }),
        'accepted',
        'unknown_quote',
        /no quote quote_none\./,
        /报价 quote_none/,
      ],
      [
        e('proj', {}, { project: 'proj_none' }),
        'parked',
        'unknown_project',
        /no project proj_none/,
        /proj_none 不存在/,
      ],
      [e('user', {}, { user: 'user_none' }), 'parked', 'unknown_user', /no user user_none/, /用户 user_none/],
      [
        e('sku', {}, { sku: 'machine:x', quantity: {} }),
        'parked',
        'unknown_sku',
        /machine:x .* 2026-01-01T00:30:00Z/,
        /machine:x/,
      ],
      [
        e('stop', { type: 'corehour.usage.stopped' }),
        'parked',
        'unknown_resource',
        /No start of job-.stop/,
        /启动事件/,
      ],
      [e('soon', { time: '2026-01-01T01:00:30Z' }), 'parked', 'in_future', /2026-01-01T01:00:30Z lies/, /在将来/],
      [e('late', { time: '2026-01-01T01:01:01Z' }), 'refused', 'in_future', /2026-01-01T01:01:01Z lies/, /在将来/],
      [e('old', { time: '2020-01-01T00:00:00Z' }), 'refused', 'too_old', /more than 400 days/, /400 天/],
      [e('time', { time: 'now' }), 'refused', 'bad_time', /now is not an RFC 3339/, /时间 now/],
      [e('much', {}, { quantity: { cpu: '1e9' } }), 'refused', 'bad_quantity', /cpu=1e9/, /cpu=1e9/],
      [
        e('other', { source: 'other' }),
        'refused',
        'foreign_source',
        /events of lab, not of other/,
        /lab 的事件，不能发送 other/,
      ],
      [null, 'refused', 'bad_event', /the event must be an object/, /格式不正确/],
      [{ source: 7, id: 'x' }, 'refused', 'bad_event', /specversion/, /格式不正确/],
    ]
  }
  for (const [language, tag] of [
    ['en', 'a'],
    ['zh-CN,zh;q=0.9', 'b'],
  ] as const) {
    const cases = odd(tag)
    const { body } = await send(
      cases.map(([input]) => input),
      { 'accept-language': language },
    )
    cases.forEach(([, status, code, en, zh], i) => {
      const { message = '', ...result } = body.results[i]
      assert.deepEqual([result.status, result.code], [status, code])
      assert.match(message, tag === 'a' ? en : zh)
      assert.ok(!message.includes('?'), `every detail is filled in: ${message}`)
    })
  }
})

test('a key sends for its own sources only, and what is foreign is not looked at', async (t) => {
  const { api, event, send } = await open(t)
  const { secret } = await transact(api.app, SYSTEM, (tx) =>
    createKey(tx, { name: 'two', scope: 'platform', sources: ['one', 'two'] }),
  )
  const sent = [
    event('a', { source: 'one' }),
    event('b'),
    event('c', { source: 'two' }),
    { source: 'lab', broken: true },
  ]
  const { body } = await send(sent, {}, secret)
  assert.deepEqual(
    body.results.map(({ source, id, status, code }: Record<string, string>) => [source, id, status, code]),
    [
      ['one', 'a', 'accepted', undefined],
      ['lab', 'b', 'refused', 'foreign_source'],
      ['two', 'c', 'accepted', undefined],
      ['lab', '', 'refused', 'foreign_source'],
    ],
  )
  const stored = await query(api.app.database.pool, { text: 'select source from usage_event order by 1' })
  assert.deepEqual(
    stored.map(({ source }) => source),
    ['one', 'two'],
  )
  assert.deepEqual(await query(api.app.database.pool, { text: 'select * from parked_event' }), [])
  for (const key of [api.keys.customer, api.keys.staff]) assert.equal((await send(event('d'), {}, key)).status, 403)
})

test('no body, too many events and what is no list are refused as a whole or one by one', async (t) => {
  const { api, event, send } = await open(t)
  const none = await send(undefined)
  assert.deepEqual([none.status, none.body.code], [400, 'bad_request'])
  const many = await send(Array.from({ length: 1001 }, (_, n) => event(String(n))))
  assert.deepEqual([many.status, many.body.code], [400, 'bad_request'])
  for (const odd of ['text', 7, true, {}, [[event('x')]]]) {
    const { status, body } = await send(odd)
    assert.deepEqual([status, body.results[0].code], [200, 'bad_event'])
  }
  assert.deepEqual(await query(api.app.database.pool, { text: 'select * from usage_event' }), [])
  assert.equal((await send(Array.from({ length: 1000 }, (_, n) => event(String(n))))).body.results.length, 1000)
})

test("another account's quote is nothing to a start, also beside its owner's in one batch", async (t) => {
  const { api, event, send } = await open(t)
  const other = await openPayer(api.app, 'Other')
  const owner = { key: api.keys.staff, body: { account_id: api.lab.accountId, ...CPUS } }
  const { quote_id: quote } = (await api.call('POST', '/v1/quotes', owner)).body
  const time = api.clock.now().toString()
  const theirs = { project: other.projectId, user: other.userId, quote }
  const { body } = await send([event('mine', { time }, { quote }), event('theirs', { time }, theirs)])
  assert.deepEqual(
    body.results.map(({ status, code }: Record<string, string>) => [status, code]),
    [
      ['accepted', undefined],
      ['accepted', 'unknown_quote'],
    ],
  )
})
