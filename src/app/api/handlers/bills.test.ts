import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { CPUS, GPU, pass, pay, send, YUAN } from '../../../../test/lab.ts'
import { openPerson, openProject, take, type Person } from '../../../../test/people.ts'
import { SYSTEM, transact } from '../../../base/index.ts'
import { publishPriceList } from '../../../pricing/index.ts'

/** What four CPUs, and one GPU, cost an hour. */
const CPU_HOUR = 720_000_000n
const GPU_HOUR = 7_200_000_000n

type Work = { by: Person; project: string; hours: [from: string, to: string]; what: typeof CPUS | typeof GPU }

let serial = 0

async function run(api: TestApi, { by, project, hours: [from, to], what }: Work): Promise<void> {
  const job = `job-${++serial}`
  await send(api.app, job, 'started', `2026-01-01T${from}:00Z`, { project, user: by.userId, kind: 'job', ...what })
  await send(api.app, job, 'stopped', `2026-01-01T${to}:00Z`)
}

/** Ada pays in CNY and Bob in USD; Carol is a member at Ada's and an admin at Bob's. */
async function openWorld() {
  const api = await openTestApi()
  await transact(api.app, SYSTEM, (tx) =>
    publishPriceList(tx, {
      currency: 'USD',
      effective_at: '2026-01-01T00:00:00Z',
      queues: { '*': { cpu_hour: '0.05', gpu_hour: '2' } },
    }),
  )
  const ada = await openPerson(api, 'Ada')
  const carol = await openPerson(api, 'Carol')
  const bob = await openDollars(api, 'Bob')
  const [atAda, atBob] = [await openProject(api, ada, 'Folding'), await openProject(api, bob, 'Rendering')]
  await take(api, ada, atAda, carol)
  await take(api, bob, atBob, carol, 'admin')
  await pay(api.app, ada.accountId, YUAN / 5n, { expiresAt: '2026-03-01T00:00:00Z' })
  await pay(api.app, ada.accountId, (YUAN * 3n) / 10n)
  await pay(api.app, bob.accountId, 5n * YUAN)
  api.clock.set('2026-01-01T03:00:00Z')
  await run(api, { by: ada, project: atAda, hours: ['00:00', '02:00'], what: CPUS })
  await run(api, { by: carol, project: atAda, hours: ['00:00', '01:00'], what: CPUS })
  await run(api, { by: bob, project: atBob, hours: ['01:00', '01:30'], what: GPU })
  await run(api, { by: carol, project: atBob, hours: ['02:00', '02:15'], what: CPUS })
  await pass(api.app, api.clock, '2026-01-01T04:00:00Z')
  return { api, ada, bob, carol, atAda, atBob }
}

async function openDollars(api: TestApi, name: string): Promise<Person> {
  const key = api.keys.staff
  const email = `${name}@example.org`
  const { body: user } = await api.call('POST', '/v1/users', { key, body: { name, email, currency: 'USD' } })
  const made = await api.call('POST', '/v1/api-keys', { key, body: { name, scope: 'customer', user_id: user.user_id } })
  return { userId: user.user_id, accountId: user.account_id, name, email, key: made.body.secret }
}

const lines = (api: TestApi, key: string, query: object = {}) =>
  api.call('GET', '/v1/bill-lines', { key, query: { ...query } })
const totals = (api: TestApi, key: string, query: object = {}) =>
  api.call('GET', '/v1/bill-lines/totals', { key, query: { ...query } })
const sums = (answer: { body: any }) =>
  answer.body.data.map((row: any) => [row.key, row.amount.currency, BigInt(row.amount.grains)])
const seen = (answer: { body: any }) =>
  answer.body.data
    .map((line: any) => [line.project_id, line.user_id, line.sku, line.amount.currency, line.amount.grains].join(' '))
    .toSorted()

test('lines and totals are what was used, to the grain, and who paid', async (t) => {
  const { api, ada, carol, atAda } = await openWorld()
  t.after(() => api.close())
  const answer = await lines(api, ada.key)
  const of = (person: Person, amount: bigint) => [atAda, person.userId, 'queue:cpu', 'CNY', amount].join(' ')
  assert.deepEqual(seen(answer), [of(ada, 2n * CPU_HOUR), of(carol, CPU_HOUR)].toSorted())
  for (const line of answer.body.data) {
    assert.deepEqual([line.account_id, line.day, line.kind], [ada.accountId, '2026-01-01', 'job'])
    const [amount, ...parts] = ['amount', 'cash', 'granted', 'unpaid'].map((name) => BigInt(line[name].grains))
    assert.equal(
      parts.reduce((sum, part) => sum + part, 0n),
      amount,
    )
  }
  // 0.6 used: a card of 0.2 pays first, then 0.3 of cash; 0.1 is owed.
  const [total] = (await totals(api, ada.key)).body.data
  assert.deepEqual(total, {
    key: '',
    amount: { currency: 'CNY', amount: '0.60000000', grains: String(3n * CPU_HOUR) },
    cash: { currency: 'CNY', amount: '0.30000000', grains: String((YUAN * 3n) / 10n) },
    granted: { currency: 'CNY', amount: '0.20000000', grains: String(YUAN / 5n) },
    unpaid: { currency: 'CNY', amount: '0.10000000', grains: String(YUAN / 10n) },
  })
  for (const [group_by, key] of [
    ['day', '2026-01-01'],
    ['month', '2026-01'],
    ['project', atAda],
    ['kind', 'job'],
    ['sku', 'queue:cpu'],
  ] as const)
    assert.deepEqual(sums(await totals(api, ada.key, { group_by })), [[key, 'CNY', 3n * CPU_HOUR]], group_by)
  const byUser = new Map(sums(await totals(api, ada.key, { group_by: 'user' })).map(([key, , sum]: any) => [key, sum]))
  assert.deepEqual(
    byUser,
    new Map([
      [ada.userId, 2n * CPU_HOUR],
      [carol.userId, CPU_HOUR],
    ]),
  )
})

test('filters take what they name, lists by repeated names', async (t) => {
  const { api, ada, carol, atAda } = await openWorld()
  t.after(() => api.close())
  const sum = async (query: object) => sums(await totals(api, ada.key, query))[0]?.[2] ?? 0n
  assert.equal(await sum({ user_id: carol.userId }), CPU_HOUR)
  assert.equal(await sum({ user_id: [carol.userId, ada.userId] }), 3n * CPU_HOUR)
  assert.equal(await sum({ project_id: [atAda, 'proj_other'] }), 3n * CPU_HOUR)
  assert.equal(await sum({ project_id: 'proj_other' }), 0n)
  assert.equal(await sum({ sku: 'queue:gpu' }), 0n)
  assert.equal(await sum({ kind: ['job', 'node'] }), 3n * CPU_HOUR)
  assert.equal(await sum({ kind: 'storage' }), 0n)
  assert.equal(await sum({ from: '2026-01-01', to: '2026-01-02' }), 3n * CPU_HOUR)
  assert.equal(await sum({ from: '2026-01-02' }), 0n)
  assert.equal(await sum({ to: '2026-01-01' }), 0n, 'the last day is not with it')
  assert.equal(await sum({ from: '2026-01-02', to: '2026-01-01' }), 0n)
  assert.equal(await sum({ from: '1900-01-01', to: '2999-12-31' }), 3n * CPU_HOUR, 'as far as days go')
})

test('by project a user sees the own use as a member and all as an admin; currencies are never added up', async (t) => {
  const { api, ada, bob, carol, atAda, atBob } = await openWorld()
  t.after(() => api.close())
  const joined = { view: 'joined' }
  const of = (project: string, person: Person, sku: string, currency: string, amount: bigint) =>
    [project, person.userId, sku, currency, amount].join(' ')
  const own = of(atAda, carol, 'queue:cpu', 'CNY', CPU_HOUR)
  const atBobs = [
    of(atBob, bob, 'queue:gpu', 'USD', GPU_HOUR / 2n),
    of(atBob, carol, 'queue:cpu', 'USD', CPU_HOUR / 4n),
  ] as const
  assert.deepEqual(seen(await lines(api, carol.key, joined)), [own, ...atBobs].toSorted())
  const dollars = GPU_HOUR / 2n + CPU_HOUR / 4n
  assert.deepEqual(sums(await totals(api, carol.key, joined)), [
    ['', 'CNY', CPU_HOUR],
    ['', 'USD', dollars],
  ])
  assert.deepEqual(sums(await totals(api, carol.key, { ...joined, group_by: 'sku' })), [
    ['queue:cpu', 'CNY', CPU_HOUR],
    ['queue:cpu', 'USD', CPU_HOUR / 4n],
    ['queue:gpu', 'USD', GPU_HOUR / 2n],
  ])
  assert.deepEqual(seen(await lines(api, carol.key)), [], 'the own account has no use')
  assert.deepEqual(seen(await lines(api, ada.key, { view: 'created' })), seen(await lines(api, ada.key)))
  assert.deepEqual(seen(await lines(api, ada.key, joined)), [])
  // Whose place in a project ends keeps what they used themselves.
  await api.call('DELETE', `/v1/projects/${atBob}/members/${carol.userId}`, { key: bob.key })
  assert.deepEqual(seen(await lines(api, carol.key, joined)), [own, atBobs[1]].toSorted())
})

test("another's account does not exist, another's project holds nothing; the staff name an account", async (t) => {
  const { api, ada, bob, carol, atAda } = await openWorld()
  t.after(() => api.close())
  for (const ask of [lines, totals]) {
    const named = await ask(api, carol.key, { account_id: ada.accountId })
    assert.deepEqual([named.status, named.body.code], [404, 'not_found'])
    assert.equal((await ask(api, carol.key, { account_id: ada.accountId, view: 'joined' })).status, 404)
    const own = await ask(api, carol.key, { account_id: carol.accountId, view: 'joined' })
    assert.deepEqual([own.status, own.body.param], [400, 'account_id'])
    assert.deepEqual((await ask(api, bob.key, { project_id: atAda })).body.data, [])
    assert.deepEqual((await ask(api, bob.key, { user_id: ada.userId, view: 'created' })).body.data, [])
    const staff = await ask(api, api.keys.staff, { account_id: ada.accountId })
    assert.deepEqual(staff.body, (await ask(api, ada.key)).body)
    assert.equal((await ask(api, api.keys.staff)).status, 400)
    assert.equal((await ask(api, api.keys.staff, { account_id: 'acct_none' })).status, 404)
    const viewed = await ask(api, api.keys.staff, { account_id: ada.accountId, view: 'joined' })
    assert.deepEqual([viewed.status, viewed.body.code, viewed.body.param], [400, 'bad_request', 'view'])
  }
  const address = { key: carol.key, query: { account_id: ada.accountId }, headers: { 'accept-language': 'zh' } }
  const chinese = await api.call('GET', '/v1/bill-lines', address)
  assert.equal(chinese.body.detail, `${ada.accountId} 不存在，或此密钥无权查看。`)
})

test('a day that is none is refused by its name', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const days = [
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    '0000-01-01',
    '1899-12-31',
    '3000-01-01',
    'today',
    '',
    '2026-01-01T00:00:00Z',
  ]
  for (const ask of [lines, totals])
    for (const param of ['from', 'to'])
      for (const day of days) {
        const { status, body } = await ask(api, api.keys.customer, { [param]: day })
        assert.deepEqual([status, body.code, body.param], [400, 'bad_request', param], day)
      }
})

test('pages hold each line once while days are added and late news changes old ones', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId, projectId: project, userId: user } = api.lab
  await pay(api.app, accountId, 1000n * YUAN)
  await send(api.app, 'cpu', 'started', '2026-01-01T00:00:00Z', { project, user, kind: 'job', ...CPUS })
  await send(api.app, 'gpu', 'started', '2026-01-01T00:00:00Z', { project, user, kind: 'node', ...GPU })
  for (let day = 2; day <= 9; day++) await pass(api.app, api.clock, `2026-01-0${day}T00:00:00Z`)
  const whole = (await lines(api, api.keys.customer, { limit: 1000 })).body.data
  assert.equal(whole.length, 18)
  const days = whole.map(({ day }: { day: string }) => day)
  assert.deepEqual(days, days.toSorted().toReversed(), 'newest first')
  const ids: string[] = []
  let cursor: string | null = null
  let next = 10
  do {
    const { body } = await lines(api, api.keys.customer, { limit: 3, ...(cursor && { cursor }) })
    ids.push(...body.data.map(({ line_id }: { line_id: string }) => line_id))
    cursor = body.next_cursor
    if (next === 12) await send(api.app, 'cpu', 'stopped', '2026-01-02T00:00:00Z')
    await pass(api.app, api.clock, `2026-01-${next++}T00:00:00Z`)
  } while (cursor)
  assert.equal(new Set(ids).size, ids.length, 'none twice')
  assert.deepEqual(
    whole.filter(({ line_id }: { line_id: string }) => !ids.includes(line_id)),
    [],
    'none left out',
  )
  const [{ amount }] = (await totals(api, api.keys.customer)).body.data
  const hours = BigInt((next - 1 - 1) * 24)
  assert.equal(amount.grains, String(hours * GPU_HOUR + 24n * CPU_HOUR))
})

type Part = 'amount' | 'cash' | 'granted' | 'unpaid'
const PARTS: readonly Part[] = ['amount', 'cash', 'granted', 'unpaid']
const grainsOf = (row: any) => PARTS.map((part) => BigInt(row[part].grains))
const addUp = (rows: any[]) =>
  rows.reduce((sum, row) => grainsOf(row).map((grains, n) => sum[n] + grains), [0n, 0n, 0n, 0n])

test('of many keys the largest are told, and the others as one sum: together they are the total, to the grain', async (t) => {
  const { api, ada, bob, carol } = await openWorld()
  t.after(() => api.close())
  // Nine projects more, some of them alike, over the end of a month: of whole months, a day that is over and one that is not.
  for (const minutes of [7, 7, 11, 13, 17, 19, 23, 29, 31]) {
    const project = await openProject(api, ada, `Of ${minutes}`)
    await run(api, { by: ada, project, hours: ['02:00', `02:${String(minutes).padStart(2, '0')}`], what: GPU })
  }
  await pass(api.app, api.clock, '2026-02-03T04:00:00Z')
  const ask = async (key: string, query: object) => (await totals(api, key, query)).body
  for (const [key, query, keys] of [
    [ada.key, { group_by: 'project' }, 10],
    [ada.key, { group_by: 'project', view: 'created' }, 10],
    [ada.key, { group_by: 'project', from: '2026-01-01', to: '2026-02-01' }, 10],
    [ada.key, { group_by: 'sku', kind: ['job'] }, 2],
    [carol.key, { group_by: 'user', view: 'joined' }, 3],
  ] as const) {
    const all = (await ask(key, query)).data
    assert.equal(all.length, keys)
    const currencies = new Set<string>(all.map((row: any) => row.amount.currency))
    for (const limit of [1, 3, keys]) {
      const { data, rest } = await ask(key, { ...query, limit })
      for (const currency of currencies) {
        const of = (rows: any[]) => rows.filter((row) => row.amount.currency === currency)
        const ranked = of(all).toSorted((a, b) => {
          const more = BigInt(b.amount.grains) - BigInt(a.amount.grains)
          return more > 0n ? 1 : more < 0n ? -1 : a.key < b.key ? -1 : 1
        })
        assert.deepEqual(of(data), ranked.slice(0, limit))
        const left = ranked.slice(limit)
        assert.deepEqual(
          of(rest).map((row) => [row.keys, ...grainsOf(row)]),
          left.length > 0 ? [[left.length, ...addUp(left)]] : [],
        )
        assert.deepEqual(
          addUp([...of(data), ...of(rest)]),
          addUp(of((await ask(key, { ...query, group_by: 'none' })).data)),
        )
      }
    }
  }
  assert.equal((await totals(api, bob.key, { limit: 0 })).status, 400)
})

test('users and SKUs of a bill are found by a part of their names, as far as these may be seen', async (t) => {
  const { api, ada, carol } = await openWorld()
  t.after(() => api.close())
  const dan = await openPerson(api, 'Dan', ada.accountId)
  const found = async (key: string, query: object) => {
    const { data, rest } = (await totals(api, key, query)).body
    return [...data.map((row: any) => row.key), ...rest]
  }
  const users = { group_by: 'user' }
  assert.deepEqual(await found(ada.key, { ...users, search: 'AR' }), [carol.userId])
  assert.deepEqual(await found(ada.key, { ...users, search: 'a', limit: 1 }), [
    ada.userId,
    {
      keys: 1,
      ...(await totals(api, ada.key, { user_id: carol.userId })).body.data.map(({ key: _, ...sums }: any) => sums)[0],
    },
  ])
  assert.deepEqual(await found(ada.key, { ...users, search: '%' }), [])
  // Of Ada's bill a member sees the own use; an admin at Bob's all that is used there.
  assert.deepEqual(await found(carol.key, { ...users, view: 'joined', search: 'a' }), [carol.userId, carol.userId])
  assert.equal((await found(carol.key, { ...users, view: 'joined', search: 'bob' })).length, 1)
  // Who shares no project with Carol sees what she used at the own account, and not who that is.
  assert.deepEqual((await found(dan.key, users)).length, 2)
  assert.deepEqual(await found(dan.key, { ...users, search: 'carol' }), [])
  assert.deepEqual(await found(api.keys.staff, { ...users, account_id: ada.accountId, search: 'carol' }), [
    carol.userId,
  ])
  const skus = { group_by: 'sku', view: 'joined' }
  assert.deepEqual(await found(carol.key, { ...skus, search: 'GPU' }), ['queue:gpu'])
  const { status, body } = await totals(api, ada.key, { group_by: 'day', search: 'a' })
  assert.deepEqual([status, body.code, body.param], [400, 'bad_request', 'search'])
})
