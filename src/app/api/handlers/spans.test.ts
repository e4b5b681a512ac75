import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { CPUS, GPU, pass, send } from '../../../../test/lab.ts'
import { openPerson, openProject, take } from '../../../../test/people.ts'

/** What four CPUs cost a second. */
const RATE = 200_000n

const list = (api: TestApi, key: string, query: object = {}) =>
  api.call('GET', '/v1/spans', { key, query: { ...query } })
const subjects = (answer: { body: any }) => answer.body.data.map(({ subject }: { subject: string }) => subject)

async function start(
  api: TestApi,
  job: string,
  at: string,
  { project = api.lab.projectId, user = api.lab.userId, what = CPUS }: Partial<Start> = {},
) {
  const result = await send(api.app, job, 'started', at, { project, user, kind: 'job', ...what })
  assert.equal(result.status, 'accepted')
}
type Start = { project: string; user: string; what: { sku: string; quantity: object } }

const stop = (api: TestApi, job: string, at: string) => send(api.app, job, 'stopped', at)

test('what runs comes first, then the last ended; each with its seconds and its cost so far', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId, userId, projectId } = api.lab
  api.clock.set('2026-01-01T01:00:00Z')
  await start(api, 'early', '2026-01-01T00:00:00Z')
  await start(api, 'long', '2026-01-01T00:05:00Z')
  await start(api, 'late', '2026-01-01T00:30:00Z', { what: GPU })
  await start(api, 'short', '2026-01-01T00:10:00Z')
  await stop(api, 'short', '2026-01-01T00:10:07Z')
  await stop(api, 'early', '2026-01-01T00:50:00Z')
  api.clock.set('2026-01-01T01:00:13Z')
  const answer = await list(api, api.keys.customer)
  assert.deepEqual(subjects(answer), ['late', 'long', 'early', 'short'])
  assert.deepEqual(
    answer.body.data.map((span: any) => [span.seconds, span.cost.grains, span.ended_at]),
    [
      [1813, String(1813n * 2_000_000n), null],
      [3313, String(3313n * RATE), null],
      [3000, String(3000n * RATE), '2026-01-01T00:50:00Z'],
      [7, String(7n * RATE), '2026-01-01T00:10:07Z'],
    ],
  )
  const [, long] = answer.body.data
  const { span_id: spanId, price_id: priceId, price_list_id: listId, ...rest } = long
  assert.match(spanId, /^span_/)
  assert.match(priceId, /^price_/)
  assert.match(listId, /^list_/)
  assert.deepEqual(rest, {
    account_id: accountId,
    project_id: projectId,
    user_id: userId,
    kind: 'job',
    sku: 'queue:cpu',
    source: 'lab',
    subject: 'long',
    run: 1,
    quantity: { cpu: '4' },
    per_hour: { currency: 'CNY', amount: '0.20000000', grains: '720000000' },
    started_at: '2026-01-01T00:05:00Z',
    ended_at: null,
    seconds: 3313,
    cost: { currency: 'CNY', amount: '0.18405556', grains: String(3313n * RATE) },
    command: null,
  })
  assert.deepEqual(subjects(await list(api, api.keys.customer, { running: true })), ['late', 'long'])
  assert.deepEqual(subjects(await list(api, api.keys.customer, { running: false })), ['early', 'short'])
})

test('the costs of the spans are what the wallet was charged, also over a resize', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  await start(api, 'job-1', '2026-01-01T00:00:00Z')
  api.clock.set('2026-01-01T00:20:00Z')
  await send(api.app, 'job-1', 'resized', '2026-01-01T00:15:00Z', { quantity: { cpu: '8' } })
  await start(api, 'job-2', '2026-01-01T00:11:11Z', { what: GPU })
  await stop(api, 'job-2', '2026-01-01T00:19:19Z')
  await pass(api.app, api.clock, '2026-01-01T00:25:00Z')
  api.clock.set('2026-01-01T00:26:40Z')
  const { data } = (await list(api, api.keys.customer)).body
  assert.deepEqual(
    data.map((span: any) => [span.subject, span.seconds, span.cost.grains]),
    [
      ['job-1', 700, String(700n * 2n * RATE)],
      ['job-2', 488, String(488n * 2_000_000n)],
      ['job-1', 900, String(900n * RATE)],
    ],
  )
  const { balance } = (await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.customer })).body
  const cost = data.reduce((sum: bigint, span: any) => sum + BigInt(span.cost.grains), 0n)
  assert.equal(BigInt(balance.available.grains), -cost)
})

test('a customer sees the own account, and in projects of others what their place there allows', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const [ada, carol, dan] = [await openPerson(api, 'Ada'), await openPerson(api, 'Carol'), await openPerson(api, 'Dan')]
  const [folding, docking] = [await openProject(api, ada, 'Folding'), await openProject(api, ada, 'Docking')]
  await take(api, ada, folding, carol)
  await start(api, 'ada-f', '2026-01-01T00:00:00Z', { project: folding, user: ada.userId })
  await start(api, 'carol-f', '2026-01-01T00:00:00Z', { project: folding, user: carol.userId })
  await start(api, 'ada-d', '2026-01-01T00:00:00Z', { project: docking, user: ada.userId })
  const see = async (key: string, query: object = {}) => {
    const answer = await list(api, key, query)
    return answer.status === 200 ? subjects(answer).toSorted() : [answer.status, answer.body.code]
  }
  const gone = [404, 'not_found']
  const all = ['ada-d', 'ada-f', 'carol-f']
  assert.deepEqual(await see(ada.key), all)
  assert.deepEqual(await see(ada.key, { account_id: ada.accountId }), all)
  assert.deepEqual(await see(ada.key, { project_id: folding }), ['ada-f', 'carol-f'])
  assert.deepEqual(await see(ada.key, { user_id: carol.userId }), ['carol-f'])
  assert.deepEqual(await see(ada.key, { project_id: docking, user_id: carol.userId }), [])
  assert.deepEqual(await see(carol.key), [])
  assert.deepEqual(await see(carol.key, { account_id: ada.accountId }), gone)
  assert.deepEqual(await see(carol.key, { account_id: ada.accountId, project_id: folding }), gone)
  assert.deepEqual(await see(carol.key, { account_id: carol.accountId, project_id: folding }), gone)
  assert.deepEqual(await see(carol.key, { project_id: folding }), ['carol-f'])
  assert.deepEqual(await see(carol.key, { project_id: folding, user_id: carol.userId }), ['carol-f'])
  assert.deepEqual(await see(carol.key, { project_id: folding, user_id: ada.userId }), gone)
  assert.deepEqual(await see(carol.key, { project_id: docking }), gone)
  for (const query of [{ project_id: folding }, { project_id: 'proj_none' }, { account_id: ada.accountId }])
    assert.deepEqual(await see(dan.key, query), gone)
  assert.deepEqual(await see(dan.key, { user_id: ada.userId }), [])

  const member = `/v1/projects/${folding}/members/${carol.userId}`
  await api.call('PATCH', member, { key: ada.key, body: { role: 'admin' } })
  assert.deepEqual(await see(carol.key, { project_id: folding }), ['ada-f', 'carol-f'])
  assert.deepEqual(await see(carol.key, { project_id: folding, user_id: ada.userId }), ['ada-f'])
  await api.call('DELETE', member, { key: ada.key })
  assert.deepEqual(await see(carol.key, { project_id: folding }), ['carol-f'], 'who left sees the own use')

  for (const key of [api.keys.staff, api.keys.platform]) {
    assert.deepEqual(await see(key, { account_id: ada.accountId }), all)
    assert.deepEqual(await see(key, { project_id: docking }), ['ada-d'])
    assert.deepEqual(await see(key, { account_id: api.lab.accountId, project_id: docking }), gone)
    assert.deepEqual(await see(key, { account_id: 'acct_none' }), gone)
    assert.deepEqual(await see(key, { project_id: 'proj_none' }), gone)
    assert.deepEqual(await see(key), [400, 'bad_request'])
  }
  const chinese = await api.call('GET', '/v1/spans', {
    key: dan.key,
    query: { project_id: folding },
    headers: { 'accept-language': 'zh' },
  })
  assert.equal(chinese.body.detail, `${folding} 不存在，或此密钥无权查看。`)
})

/** Reads pages of four; between two of them something happens. */
async function read(api: TestApi, query: object, between: (page: number) => Promise<unknown>): Promise<any[]> {
  const rows: any[] = []
  let cursor: string | null = null
  for (let page = 1; page === 1 || cursor; page++) {
    const { status, body } = await list(api, api.keys.customer, { limit: 4, ...query, ...(cursor && { cursor }) })
    assert.equal(status, 200, JSON.stringify(body))
    rows.push(...body.data)
    cursor = body.next_cursor
    await between(page)
  }
  return rows
}

/** Ten that run and thirteen that ended, four of each at the same instants. */
async function openBusy(): Promise<TestApi> {
  const api = await openTestApi()
  api.clock.set('2026-01-01T01:00:00Z')
  const minute = (n: number) => `2026-01-01T00:${String(n).padStart(2, '0')}:00Z`
  for (let i = 0; i < 23; i++) await start(api, `job-${i}`, minute(i % 5 === 0 ? 0 : i))
  for (let i = 0; i < 13; i++) await stop(api, `job-${i}`, minute(i % 3 === 0 ? 30 : 30 + i))
  return api
}

test('pages hold each span once while others start and end', async (t) => {
  const api = await openBusy()
  t.after(() => api.close())
  const standing: any[] = (await list(api, api.keys.customer, { limit: 1000 })).body.data
  assert.equal(standing.length, 23)
  assert.deepEqual(
    standing.map(({ ended_at }) => ended_at === null),
    [...Array<boolean>(10).fill(true), ...Array<boolean>(13).fill(false)],
  )
  const rows = await read(api, {}, async (page) => {
    api.clock.advance(60)
    const now = api.clock.now().toString()
    await stop(api, `job-${23 - page}`, now)
    await stop(api, `job-${12 + page}`, now)
    await start(api, `new-${page}`, now)
  })
  assert.deepEqual(
    rows.map(({ span_id }) => span_id),
    standing.map(({ span_id }) => span_id),
    'in their places, although ten of them ended meanwhile',
  )
  const running = await read(api, { running: true }, async () => {
    api.clock.advance(1)
    for (let page = 1; page <= 6; page++) await stop(api, `new-${page}`, api.clock.now().toString())
  })
  assert.equal(new Set(running.map(({ span_id }) => span_id)).size, running.length)
  assert.deepEqual(
    subjects({ body: { data: running } }).toSorted(),
    [1, 2, 3, 4, 5, 6].map((n) => `new-${n}`),
  )
})

test('an end that is reported late leaves none out', async (t) => {
  const api = await openBusy()
  t.after(() => api.close())
  const standing: any[] = (await list(api, api.keys.customer, { limit: 1000 })).body.data
  const rows = await read(api, {}, async (page) => {
    if (page === 1) for (let i = 13; i < 23; i++) await stop(api, `job-${i}`, '2026-01-01T00:59:00Z')
  })
  const ids = rows.map(({ span_id }) => span_id)
  assert.deepEqual(
    standing.filter(({ span_id }) => !ids.includes(span_id)),
    [],
  )
  const twice = rows.filter(({ span_id }, i) => ids.indexOf(span_id) < i)
  assert.ok(
    twice.every(({ ended_at }) => ended_at === '2026-01-01T00:59:00Z'),
    'what comes again comes with its end',
  )
})
