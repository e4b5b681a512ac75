import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { CPUS, openPayer, pass, pay, send, YUAN } from '../../../../test/lab.ts'
import { openPerson } from '../../../../test/people.ts'
import { manualClock, newId, SYSTEM, transact } from '../../../base/index.ts'
import { openAccount, placeHold, readBalances } from '../../../wallet/index.ts'

/** What four CPUs cost a second. */
const RATE = 200_000n

const get = (api: TestApi, accountId = api.lab.accountId, key = api.keys.customer) =>
  api.call('GET', `/v1/accounts/${accountId}`, { key })
const grainsOf = (balance: Record<string, any>, name: string) => BigInt(balance[name].grains)
const startJob = (api: TestApi, job: string, at: string) =>
  send(api.app, job, 'started', at, { project: api.lab.projectId, user: api.lab.userId, kind: 'job', ...CPUS })

function assertAdds(balance: Record<string, any>): void {
  const [settled, inFlight, held, available] = ['settled', 'in_flight', 'held', 'available'].map((name) =>
    grainsOf(balance, name),
  )
  assert.equal(settled! - inFlight! - held!, available)
}

test('the balance is live to the second and adds up to the grain', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId } = api.lab
  await pay(api.app, accountId, 100n * YUAN)
  await pay(api.app, accountId, 5n * YUAN, { expiresAt: '2026-03-01T00:00:00Z' })
  api.clock.set('2026-01-01T00:00:10Z')
  await startJob(api, 'job-1', '2026-01-01T00:00:10Z')
  await pass(api.app, api.clock, '2026-01-01T00:05:00Z')
  api.clock.set('2026-01-01T00:07:33Z')
  await transact(api.app, SYSTEM, (tx) =>
    placeHold(tx, {
      accountId,
      holdId: 'hold_1',
      amount: 3n * YUAN,
      reason: 'admission',
      expiresAt: tx.now.add({ hours: 1 }),
    }),
  )

  const { status, body } = await get(api)
  assert.equal(status, 200)
  const { balance } = body
  const settled = 105n * YUAN - 290n * RATE
  const left = settled - 153n * RATE - 3n * YUAN
  assert.deepEqual(
    {
      settled: grainsOf(balance, 'settled'),
      inFlight: grainsOf(balance, 'in_flight'),
      held: grainsOf(balance, 'held'),
      available: grainsOf(balance, 'available'),
      arrears: grainsOf(balance, 'arrears'),
    },
    { settled, inFlight: 153n * RATE, held: 3n * YUAN, available: left, arrears: 0n },
  )
  assertAdds(balance)
  assert.deepEqual(balance.spend_per_hour, { currency: 'CNY', amount: '0.20000000', grains: '720000000' })
  assert.deepEqual(
    [balance.as_of, balance.settled_at, balance.next_deduction_at],
    ['2026-01-01T00:07:33Z', '2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z'],
  )
  const seconds = Number((left + RATE - 1n) / RATE)
  assert.equal(balance.runs_out_at, Temporal.Instant.from('2026-01-01T00:07:33Z').add({ seconds }).toString())
  // Nothing is attributed before the hour is over: both lots are whole.
  assert.deepEqual([grainsOf(balance, 'cash'), grainsOf(balance, 'granted')], [100n * YUAN, 5n * YUAN])

  api.clock.set('2026-01-01T00:10:00Z')
  assert.equal((await get(api)).body.balance.next_deduction_at, '2026-01-01T00:15:00Z', 'a boundary is followed by one')
})

test('an hour later lots have paid; every second between adds up, also with late news', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId } = api.lab
  await pay(api.app, accountId, 10n * YUAN)
  await startJob(api, 'job-1', '2026-01-01T00:00:00Z')
  await pass(api.app, api.clock, '2026-01-01T01:00:00Z')
  const { balance } = (await get(api)).body
  assert.deepEqual(
    [grainsOf(balance, 'cash'), grainsOf(balance, 'settled'), balance.attributed_at],
    [10n * YUAN - 3600n * RATE, 10n * YUAN - 3600n * RATE, '2026-01-01T01:00:00Z'],
  )
  // It stopped half an hour ago, and that is heard of now: the difference is given back at once.
  api.clock.set('2026-01-01T01:01:00Z')
  await send(api.app, 'job-1', 'stopped', '2026-01-01T00:30:00Z')
  const told = (await get(api)).body.balance
  assert.equal(grainsOf(told, 'in_flight'), -1800n * RATE)
  assert.equal(grainsOf(told, 'available'), 10n * YUAN - 1800n * RATE)
  assertAdds(told)
  assert.deepEqual([told.runs_out_at, told.spend_per_hour.grains], [null, '0'])
  for (const second of [1, 59, 60, 179, 240]) {
    api.clock.set(
      `2026-01-01T01:${String(Math.floor(second / 60) + 1).padStart(2, '0')}:${second % 60 || '00'}Z`.replace(
        /:(\d)Z/,
        ':0$1Z',
      ),
    )
    assertAdds((await get(api)).body.balance)
  }
})

test("a wallet's time never goes back, whatever the clock of the server that is asked", async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId } = api.lab
  await pay(api.app, accountId, 10n * YUAN)
  api.clock.set('2026-01-01T00:02:00Z')
  await startJob(api, 'job-1', '2026-01-01T00:02:00Z')
  await send(api.app, 'job-2', 'started', '2026-01-01T00:02:00Z', {
    project: api.lab.projectId,
    user: api.lab.userId,
    kind: 'job',
    ...CPUS,
  })
  const behind = { ...api.app, clock: manualClock('2026-01-01T00:01:58Z') }
  const [balance] = await transact(behind, SYSTEM, (tx) => readBalances(tx, [accountId]))
  assert.deepEqual([balance!.asOf.toString(), balance!.inFlight], ['2026-01-01T00:02:00Z', 0n])
})

test('a grant whose time is over counts nothing, also before it is written off', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  await pay(api.app, api.lab.accountId, 5n * YUAN, { expiresAt: '2026-01-01T00:02:00Z' })
  await pay(api.app, api.lab.accountId, 7n * YUAN, { expiresAt: '2026-01-02T00:00:00Z' })
  const granted = async () => (await get(api)).body.balance.granted.grains
  assert.equal(await granted(), String(12n * YUAN))
  api.clock.set('2026-01-01T00:02:00Z')
  assert.equal(await granted(), String(7n * YUAN))
  await pass(api.app, api.clock, '2026-01-01T00:05:00Z')
  assert.equal(await granted(), String(7n * YUAN))
})

test('without money nothing is available and the money has run out', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  await startJob(api, 'job-1', '2026-01-01T00:00:00Z')
  await pass(api.app, api.clock, '2026-01-01T01:00:00Z')
  const { balance } = (await get(api)).body
  assert.deepEqual(
    [grainsOf(balance, 'arrears'), grainsOf(balance, 'available'), balance.runs_out_at],
    [3600n * RATE, -3600n * RATE, '2026-01-01T01:00:00Z'],
  )
})

test('a thousand who ask at once each get their own; an unknown one takes nobody with it', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const payers: { accountId: string; amount: bigint }[] = []
  for (let i = 1n; i <= 20n; i++) {
    const { accountId } = await openPayer(api.app, `Payer ${i}`)
    await pay(api.app, accountId, i * YUAN)
    payers.push({ accountId, amount: i * YUAN })
  }
  const asked = Array.from({ length: 1000 }, (_, i) => payers[i % 20]!)
  const [unknown, ...answers] = await Promise.all([
    get(api, 'acct_none', api.keys.platform),
    ...asked.map(({ accountId }) => get(api, accountId, api.keys.platform)),
  ])
  assert.deepEqual([unknown!.status, unknown!.body.code], [404, 'not_found'])
  answers.forEach(({ status, body }, i) => {
    assert.equal(status, 200)
    assert.deepEqual([body.account_id, body.balance.settled.grains], [asked[i]!.accountId, String(asked[i]!.amount)])
  })
})

test("another customer's account does not exist, in either language; the staff and platforms see it", async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const other = await openPerson(api, 'Mallory')
  for (const path of ['', '/postings', '/lots']) {
    const address = `/v1/accounts/${api.lab.accountId}${path}`
    const { status, body } = await api.call('GET', address, { key: other.key })
    assert.deepEqual([status, body.code], [404, 'not_found'])
    const nothing = await api.call('GET', `/v1/accounts/acct_none${path}`, { key: other.key })
    assert.equal(nothing.body.detail.replace('acct_none', api.lab.accountId), body.detail, 'as if it did not exist')
    const chinese = await api.call('GET', address, { key: other.key, headers: { 'accept-language': 'zh-CN' } })
    assert.equal(chinese.body.detail, `${api.lab.accountId} 不存在，或此密钥无权查看。`)
    assert.equal((await api.call('GET', address, { key: api.keys.staff })).status, 200)
    assert.equal((await api.call('GET', `/v1/accounts/acct_none${path}`, { key: api.keys.staff })).status, 404)
  }
  assert.equal((await get(api, api.lab.accountId, api.keys.platform)).status, 200)
  assert.equal((await api.call('GET', '/v1/accounts', { key: api.keys.customer })).status, 403)
})

test('accounts are found by a part of the name, by id, by a user; in order of name', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const names = ['Zoë Lab', 'ada lovelace', 'Ada Byron', '物理系 Ada 组', '100% _sure', 'Bob']
  const people = []
  for (const name of names) people.push({ name, ...(await openNamed(api, name)) })
  const list = async (query: object) =>
    (await api.call('GET', '/v1/accounts', { key: api.keys.staff, query: { ...query } })).body.data
  const found = async (search: string) => (await list({ search })).map((each: { name: string }) => each.name)
  assert.deepEqual(await found('ADA'), ['Ada Byron', 'ada lovelace', '物理系 Ada 组'])
  assert.deepEqual(await found('物理'), ['物理系 Ada 组'])
  assert.deepEqual(await found('zoë'), ['Zoë Lab'])
  assert.deepEqual(await found('ZOË'), ['Zoë Lab'])
  assert.deepEqual(await found('%'), ['100% _sure'], 'a text, not a pattern')
  assert.deepEqual(await found('_'), ['100% _sure'])
  assert.deepEqual(await found('nobody'), [])
  const ada = people[1]!
  assert.deepEqual(await found(ada.accountId), ['ada lovelace'])
  assert.deepEqual(await found(ada.userId), ['ada lovelace'])
  assert.deepEqual(await found(ada.email.toUpperCase()), ['ada lovelace'])
  assert.deepEqual(await found(ada.email.slice(1)), [], 'an address is one as a whole')
  const all = await list({})
  assert.equal(all.length, 7)
  assert.deepEqual(
    all.map((each: { name: string }) => each.name.toLowerCase()),
    all.map((each: { name: string }) => each.name.toLowerCase()).toSorted(),
  )
  const single = (await get(api, ada.accountId, api.keys.staff)).body
  assert.deepEqual((await list({ search: ada.accountId }))[0], single, 'a list shows what the account itself does')
})

async function openNamed(api: TestApi, name: string) {
  const email = `user${Buffer.from(name).toString('hex').slice(0, 20)}@example.org`
  const { body } = await api.call('POST', '/v1/users', { key: api.keys.staff, body: { name, email } })
  return { accountId: body.account_id as string, userId: body.user_id as string, email }
}

test('pages of accounts hold each once while others are opened, also those of one name', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const open = (name: string) =>
    transact(api.app, SYSTEM, (tx) => openAccount(tx, { accountId: newId('acct', tx.now), name, currency: 'CNY' }))
  for (let i = 0; i < 25; i++) await open(i % 5 === 0 ? 'Same' : `Name ${i % 3 ? i : String.fromCharCode(97 + i)}`)
  const standing = await collect(api, '/v1/accounts', api.keys.staff, 1000)
  assert.equal(standing.length, 26)
  const seen = await collect(api, '/v1/accounts', api.keys.staff, 4, async () => {
    await open('Aaa')
    await open('Same')
    await open('zzz')
  })
  const ids = seen.map(({ account_id }) => account_id)
  assert.equal(new Set(ids).size, ids.length, 'none twice')
  assert.deepEqual(
    standing.filter(({ account_id }) => !ids.includes(account_id)),
    [],
    'none left out',
  )
})

/** All rows of a list, page by page; between pages something happens. */
async function collect(api: TestApi, path: string, key: string, limit: number, between?: () => Promise<unknown>) {
  const rows: any[] = []
  let cursor: string | null = null
  do {
    const { status, body } = await api.call('GET', path, { key, query: { limit, ...(cursor && { cursor }) } })
    assert.equal(status, 200, JSON.stringify(body))
    assert.ok(body.data.length <= limit)
    rows.push(...body.data)
    cursor = body.next_cursor
    assert.equal(body.has_more, cursor !== null)
    if (cursor && rows.length < 200) await between?.()
  } while (cursor)
  return rows
}

test('pages of the journal hold each posting once while more are written, and explain the balance', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId } = api.lab
  await pay(api.app, accountId, 10n * YUAN)
  await startJob(api, 'job-1', '2026-01-01T00:00:00Z')
  for (let minute = 5; minute <= 55; minute += 5)
    await pass(api.app, api.clock, `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`)
  const path = `/v1/accounts/${accountId}/postings`
  const standing = await collect(api, path, api.keys.customer, 1000)
  assert.deepEqual(
    standing.map(({ seq }) => seq),
    Array.from({ length: 12 }, (_, i) => 12 - i),
  )
  const [last] = standing
  assert.deepEqual(last, {
    seq: 12,
    source: 'use',
    source_id: null,
    debit: 'unattributed',
    credit: 'revenue',
    amount: { currency: 'CNY', amount: '0.01666667', grains: String(300n * RATE) },
    used_from: '2026-01-01T00:50:00Z',
    used_to: '2026-01-01T00:55:00Z',
    at: '2026-01-01T00:55:00Z',
    recorded_at: '2026-01-01T00:55:00Z',
  })
  const used = standing
    .filter(({ source }) => source === 'use')
    .reduce((sum, row) => sum + BigInt(row.amount.grains), 0n)
  assert.equal(used, 3300n * RATE)
  const seen = await collect(api, path, api.keys.customer, 5, () => pay(api.app, accountId, YUAN))
  assert.deepEqual(seen, standing)
})

test('bad pages and searches are refused, and say what of them is bad', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const lists = ['/v1/accounts', `/v1/accounts/${api.lab.accountId}/postings`, '/v1/spans', '/v1/bill-lines']
  for (const path of lists) {
    const named = path.includes('spans') || path.includes('bill') ? { account_id: api.lab.accountId } : {}
    for (const limit of ['0', '1001', '-1', '1.5', 'ten']) {
      const { status, body } = await api.call('GET', path, { key: api.keys.staff, query: { ...named, limit } })
      assert.deepEqual([status, body.code, body.param], [400, 'bad_request', 'limit'], `${path} ${limit}`)
    }
    const cursors = [
      'nonsense',
      forged(),
      forged('a', 'b', 'c', 'd', 'e'),
      forged('0000-00-00', 'x'),
      forged('-1', '1', '1', 'x'),
    ]
    cursors.push(
      forged('0000-01-01', 'x'),
      forged('\0', 'x'),
      forged('9'.repeat(30)),
      forged(1, 2),
      forged('1', 'x', '1', 'y'),
    )
    for (const cursor of cursors) {
      const { status, body } = await api.call('GET', path, { key: api.keys.staff, query: { ...named, cursor } })
      // Two texts are a place among names.
      if (path === '/v1/accounts' && status === 200) continue
      assert.deepEqual([status, body.code], [400, 'bad_request'], `${path} ${cursor} ${JSON.stringify(body)}`)
    }
  }
  for (const search of ['', 'x'.repeat(201), '\0'])
    assert.equal((await api.call('GET', '/v1/accounts', { key: api.keys.staff, query: { search } })).status, 400)
})

test('lots come in the order in which they are spent; what was written off comes last', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { accountId } = api.lab
  const give = (path: string, body: object) =>
    api.call('POST', `/v1/accounts/${accountId}/${path}`, { key: api.keys.staff, body })
  await give('credits', { amount: '1.00', channel: 'transfer', payment_id: 'first' })
  await give('credits', { amount: '2.00', channel: 'transfer', payment_id: 'second' })
  await give('grants', { amount: '3.00', expires_at: '2026-03-01T00:00:00Z' })
  await give('grants', { amount: '4.00', expires_at: '2026-02-01T00:00:00Z' })
  await give('grants', { amount: '5.00', expires_at: '2026-04-01T00:00:00Z', priority: 0 })
  await give('grants', { amount: '6.00', expires_at: '2026-02-01T00:00:00Z', priority: 7 })
  await give('grants', { amount: '7.00', expires_at: '2026-01-01T00:01:00Z' })
  await give('grants', { amount: '8.00', expires_at: '2026-01-01T00:02:00Z' })
  await pass(api.app, api.clock, '2026-01-01T00:05:00Z')
  const { data } = (await api.call('GET', `/v1/accounts/${accountId}/lots`, { key: api.keys.customer })).body
  assert.deepEqual(
    data.map((lot: any) => [lot.amount.amount.slice(0, 4), lot.remaining.amount.slice(0, 4), lot.expired_at]),
    [
      ['4.00', '4.00', null],
      ['3.00', '3.00', null],
      ['5.00', '5.00', null],
      ['6.00', '6.00', null],
      ['1.00', '1.00', null],
      ['2.00', '2.00', null],
      ['8.00', '0.00', '2026-01-01T00:02:00Z'],
      ['7.00', '0.00', '2026-01-01T00:01:00Z'],
    ],
  )
})
