import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@corehour/sdk'
import { SYSTEM, transact } from '../../../base/index.ts'
import { createKey } from '../../../identity/index.ts'
import { deleteProject } from '../../../metering/index.ts'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { CPUS, send } from '../../../../test/lab.ts'
import { waitForLock } from '../../../../test/locks.ts'
import { openPerson, openProject, signedIn, take } from '../../../../test/people.ts'

const NODE = { kind: 'node', sku: 'machine:c2_m4_cpu', quantity: { count: '1' } }

async function start(api: TestApi, subject: string, data: object = {}): Promise<string> {
  const { userId, projectId } = api.lab
  const at = api.clock.now().toString()
  const result = await send(api.app, subject, 'started', at, { project: projectId, user: userId, ...NODE, ...data })
  assert.deepEqual([result.status, result.code], ['accepted', undefined])
  const { rows } = await api.app.database.pool.query(
    `select span_id from usage_span where subject = $1 and ended_at = 'infinity'`,
    [subject],
  )
  return rows[0].span_id
}

const stop = (api: TestApi, subject: string) => send(api.app, subject, 'stopped', api.clock.now().toString())
const ask = (api: TestApi, key: string, spanId: string, body: object = { action: 'stop' }) =>
  api.call('POST', `/v1/spans/${spanId}/commands`, { key, body })
const due = async (api: TestApi, query: object = {}, key = api.keys.platform) =>
  (await api.call('GET', '/v1/commands', { key, query: { ...query } })).body.data
const answer = (api: TestApi, id: string, how: 'take' | 'refuse', body?: object, key = api.keys.platform) =>
  api.call('POST', `/v1/commands/${id}/${how}`, { key, ...(body && { body }) })
const shown = async (api: TestApi, key = api.keys.customer) =>
  (await api.call('GET', '/v1/spans', { key, query: { running: true } })).body.data.map((span: any) => span.command)
const codeOf = ({ status, body }: { status: number; body: any }) => [status, body.code]

test('a node is asked to stop, and is charged until its platform says that it has', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const spanId = await start(api, 'node-1')
  assert.deepEqual(await shown(api), [null])
  api.clock.advance(100)
  const asked = await ask(api, api.keys.customer, spanId)
  assert.equal(asked.status, 201)
  assert.deepEqual(asked.body, {
    command_id: asked.body.command_id,
    account_id: api.lab.accountId,
    source: 'lab',
    subject: 'node-1',
    run: 1,
    action: 'stop',
    state: 'asked',
    asked_by: api.lab.userId,
    asked_at: api.clock.now().toString(),
    taken_at: null,
    ended_at: null,
    note: null,
  })
  assert.deepEqual(await shown(api), [asked.body])
  assert.deepEqual(await due(api), [asked.body])

  api.clock.advance(10)
  const taken = await answer(api, asked.body.command_id, 'take')
  assert.deepEqual([taken.body.state, taken.body.taken_at], ['taken', api.clock.now().toString()])
  assert.deepEqual((await answer(api, asked.body.command_id, 'take')).body, taken.body, 'again changes nothing')
  assert.deepEqual(await due(api, { state: 'asked' }), [])
  assert.deepEqual(await due(api, { state: 'taken' }), [taken.body])

  api.clock.advance(890)
  const spans = async () => (await api.call('GET', '/v1/spans', { key: api.keys.customer })).body.data
  // 0.4 an hour for 1000 s: it goes on, whatever was asked.
  assert.deepEqual(
    (await spans()).map((span: any) => [span.ended_at, span.seconds, span.cost.grains]),
    [[null, 1000, '400000000']],
  )
  await stop(api, 'node-1')
  api.clock.advance(500)
  const [ended] = await spans()
  assert.deepEqual([ended.seconds, ended.cost.grains, ended.command], [1000, '400000000', null])
  assert.deepEqual(await due(api), [])
  assert.deepEqual(codeOf(await answer(api, asked.body.command_id, 'refuse', { note: 'no' })), [409, 'command_over'])
  assert.equal((await answer(api, asked.body.command_id, 'take')).body.state, 'done')
  const over = await ask(api, api.keys.customer, spanId)
  assert.deepEqual(codeOf(over), [409, 'span_over'])
  assert.match(over.body.detail, /^node-1 has ended already \(2026-01-01T00:16:40Z\)/)
})

test('who may ask: whoever pays, admins, the user whose it is, and staff; nobody else learns that it is there', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const [ada, carol, dan] = [await openPerson(api, 'Ada'), await openPerson(api, 'Carol'), await openPerson(api, 'Dan')]
  const project = await openProject(api, ada)
  await take(api, ada, project, carol)
  await take(api, ada, project, dan)
  const adas = await start(api, 'adas', { project, user: ada.userId })
  const carols = await start(api, 'carols', { project, user: carol.userId })
  const here = { action: 'stop', project_id: project }
  const gone = [404, 'not_found']
  const support = await signedIn(api, (await openPerson(api, 'Support')).userId)
  assert.deepEqual(codeOf(await ask(api, dan.key, carols, here)), gone, "a member, another's node")
  assert.deepEqual(codeOf(await ask(api, carol.key, adas, here)), gone)
  assert.deepEqual(codeOf(await ask(api, carol.key, carols)), gone, 'it is not of the own account')
  assert.deepEqual(codeOf(await ask(api, api.keys.customer, carols, here)), gone, 'a stranger')
  const named = { action: 'stop', account_id: ada.accountId }
  assert.deepEqual(codeOf(await ask(api, api.keys.customer, carols, named)), gone)
  const byCookie = await api.call('POST', `/v1/spans/${carols}/commands`, { cookie: support, body: named })
  assert.deepEqual(codeOf(byCookie), gone, 'somebody signed in who is nobody here')
  assert.deepEqual(codeOf(await ask(api, api.keys.platform, carols, named)), [403, 'forbidden'])
  assert.deepEqual(codeOf(await ask(api, api.keys.staff, carols)), [400, 'bad_request'], 'staff say whose')
  assert.deepEqual(await due(api), [], 'nothing of that was asked')

  const own = await ask(api, carol.key, carols, here)
  assert.deepEqual([own.status, own.body.asked_by], [201, carol.userId])
  await api.call('PATCH', `/v1/projects/${project}/members/${dan.userId}`, { key: ada.key, body: { role: 'admin' } })
  assert.equal((await ask(api, dan.key, adas, here)).body.asked_by, dan.userId)
  const deleted = await ask(api, api.keys.staff, carols, { ...named, action: 'delete' })
  assert.match(deleted.body.asked_by, /^key_/)
  assert.equal((await due(api)).length, 3)
  assert.equal((await ask(api, ada.key, carols)).body.command_id, own.body.command_id, 'the creator asks what stands')
})

test('asked by many at once it is one command; another action is another', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const spanId = await start(api, 'node-1')
  const asks = await Promise.all(Array.from({ length: 8 }, () => ask(api, api.keys.customer, spanId)))
  assert.equal(new Set(asks.map(({ body }) => body.command_id)).size, 1)
  assert.ok(asks.every(({ status }) => status === 201))
  await ask(api, api.keys.customer, spanId, { action: 'delete' })
  assert.deepEqual((await due(api)).map(({ action }: any) => action).toSorted(), ['delete', 'stop'])
  await stop(api, 'node-1')
  assert.deepEqual(await due(api), [], 'one end ends both')
})

test('what a resource cannot be asked, and what has ended meanwhile, is refused', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const job = await start(api, 'job-1', { ...CPUS, kind: 'job' })
  const refused = await ask(api, api.keys.customer, job, { action: 'delete' })
  assert.deepEqual(codeOf(refused), [422, 'action_impossible'])
  assert.equal(refused.body.detail, 'A job cannot be asked to delete; possible is: stop.')
  assert.deepEqual(codeOf(await ask(api, api.keys.customer, 'span_none')), [404, 'not_found'])
  api.clock.advance(60)
  // The end is under way and seen by nobody yet: who asks waits for it.
  let asking: ReturnType<typeof ask>
  await transact(api.app, SYSTEM, async (tx) => {
    await deleteProject(tx, api.lab.projectId)
    asking = ask(api, api.keys.customer, job)
    await Promise.race([waitForLock(api.app), asking])
  })
  assert.deepEqual(codeOf(await asking!), [409, 'span_over'])
  assert.deepEqual(await due(api), [])
})

test('a resize keeps what was asked; a restart does not inherit it', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const spanId = await start(api, 'job-1', { ...CPUS, kind: 'job' })
  api.clock.advance(60)
  const asked = await ask(api, api.keys.customer, spanId)
  api.clock.advance(60)
  await send(api.app, 'job-1', 'resized', api.clock.now().toString(), { quantity: { cpu: '8' } })
  assert.deepEqual(await shown(api), [asked.body])
  assert.equal(
    (await ask(api, api.keys.customer, spanId)).body.command_id,
    asked.body.command_id,
    'by the old span too',
  )
  api.clock.advance(60)
  await stop(api, 'job-1')
  await start(api, 'job-1', { ...CPUS, kind: 'job' })
  assert.deepEqual([await shown(api), await due(api)], [[null], []])

  // Both told at once, after they happened, and the second stop in one batch with the start behind it.
  const again = (await api.call('GET', '/v1/spans', { key: api.keys.customer, query: { running: true } })).body.data[0]
  await ask(api, api.keys.customer, again.span_id)
  api.clock.advance(60)
  const at = api.clock.now()
  const event = { specversion: '1.0', source: 'lab', subject: 'job-1' }
  const data = { project: api.lab.projectId, user: api.lab.userId, kind: 'job', ...CPUS }
  await api.call('POST', '/v1/usage-events', {
    key: api.keys.platform,
    body: [
      { ...event, id: 'b1', type: 'corehour.usage.stopped', time: at.subtract({ seconds: 20 }).toString(), data: {} },
      { ...event, id: 'b2', type: 'corehour.usage.started', time: at.subtract({ seconds: 10 }).toString(), data },
    ],
  })
  assert.deepEqual([await shown(api), await due(api)], [[null], []])
})

test('a late stop of an earlier stretch leaves what was asked of this one; the end of a project ends it', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  await start(api, 'node-1')
  api.clock.advance(600)
  // Its stop is still on the way: the second start has no effect until it comes.
  await send(api.app, 'node-1', 'started', api.clock.now().toString(), {
    ...{ project: api.lab.projectId, user: api.lab.userId, ...NODE },
  })
  api.clock.advance(600)
  const [{ span_id: spanId }] = (await api.call('GET', '/v1/spans', { key: api.keys.customer })).body.data
  const asked = await ask(api, api.keys.customer, spanId)
  await send(api.app, 'node-1', 'stopped', '2026-01-01T00:05:00Z')
  assert.deepEqual(await due(api), [asked.body])
  await transact(api.app, SYSTEM, (tx) => deleteProject(tx, api.lab.projectId))
  assert.deepEqual(await due(api), [])
})

test('a platform refuses with a note, which who asked sees, and may be asked anew', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const spanId = await start(api, 'node-1')
  const first = await ask(api, api.keys.customer, spanId)
  const note = 'It belongs to a reservation 预约'
  const refused = await answer(api, first.body.command_id, 'refuse', { note })
  assert.deepEqual([refused.body.state, refused.body.note], ['refused', note])
  assert.deepEqual((await answer(api, first.body.command_id, 'refuse', { note: 'other' })).body, refused.body)
  assert.deepEqual(codeOf(await answer(api, first.body.command_id, 'take')), [409, 'command_over'])
  assert.deepEqual([await shown(api), await due(api)], [[refused.body], []])
  api.clock.advance(1)
  const second = await ask(api, api.keys.customer, spanId)
  assert.notEqual(second.body.command_id, first.body.command_id)
  assert.deepEqual(await shown(api), [second.body])
})

test('a platform sees and answers only what its own sources are asked, the oldest first, in pages', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const asked: string[] = []
  for (let n = 0; n < 5; n++) {
    const spanId = await start(api, `node-${n}`)
    if (n !== 2) api.clock.advance(1)
    asked.push((await ask(api, api.keys.customer, spanId)).body.command_id)
  }
  const input = { name: 'other', scope: 'platform', sources: ['other'] } as const
  const other = (await transact(api.app, SYSTEM, (tx) => createKey(tx, { ...input, sources: ['other'] }))).secret
  assert.deepEqual(await due(api, {}, other), [])
  for (const how of ['take', 'refuse'] as const)
    assert.deepEqual(codeOf(await answer(api, asked[0]!, how, how === 'refuse' ? { note: 'x' } : undefined, other)), [
      404,
      'not_found',
    ])
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const { body } = await api.call('GET', '/v1/commands', {
      key: api.keys.platform,
      query: { limit: 2, ...(cursor && { cursor }) },
    })
    pages.push(body.data.map((each: any) => each.command_id))
    cursor = body.next_cursor
  } while (cursor)
  assert.deepEqual(
    pages.map((each) => each.length),
    [2, 2, 1],
  )
  const ages = (await due(api)).map((each: any) => each.asked_at)
  assert.deepEqual(ages, ages.toSorted())
  assert.deepEqual(pages.flat().toSorted(), asked.toSorted())
  assert.equal(
    codeOf(await api.call('GET', '/v1/commands', { key: api.keys.platform, query: { cursor: 'x' } }))[1],
    'bad_request',
  )
  assert.equal(
    codeOf(await api.call('GET', '/v1/commands', { key: api.keys.platform, query: { wait_seconds: 26 } }))[1],
    'bad_request',
  )
})

test('over HTTP: a platform that waits is woken by what is asked, and its event ends it', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const url = await api.http.listen({ host: '127.0.0.1', port: 0 })
  const platform = createClient({ url, key: api.keys.platform, retries: 0 })
  const customer = createClient({ url, key: api.keys.customer, retries: 0 })
  const span_id = await start(api, 'node-1')
  assert.deepEqual((await platform.commands.list({ wait_seconds: 1 })).data, [], 'it waits in vain')
  const waiting = platform.commands.list({ state: 'asked', wait_seconds: 25 })
  const early = await Promise.race([waiting, platform.me.get().then(() => 'still waits')])
  assert.equal(early, 'still waits')
  const asked = await customer.commands.ask({ span_id, action: 'stop' })
  assert.deepEqual((await waiting).data, [asked])
  await platform.commands.take({ command_id: asked.command_id })
  api.clock.advance(5)
  const time = api.clock.now().toString()
  const stopped = {
    specversion: '1.0',
    source: 'lab',
    id: 's',
    type: 'corehour.usage.stopped',
    subject: 'node-1',
  } as const
  await platform.usage.send({ events: [{ ...stopped, time, data: {} }] })
  assert.deepEqual((await platform.commands.list()).data, [])
  // Who hangs up is waited for no longer: the server ends at once.
  const gone = new AbortController()
  const hung = platform.commands.list({ wait_seconds: 25 }, { signal: gone.signal })
  await platform.me.get()
  gone.abort()
  await assert.rejects(hung)
})
