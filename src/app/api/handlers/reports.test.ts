// What staff see of all accounts together, against figures reckoned by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi } from '../../../../test/api.ts'
import { CPUS, GPU, openPayer, pass, pay, send, YUAN } from '../../../../test/lab.ts'
import { SYSTEM, transact } from '../../../base/index.ts'
import { credit } from '../../../settlement/index.ts'

const yuan = (text: string) => {
  const [whole, cents = '0'] = text.split('.')
  return String(BigInt(whole!) * YUAN + (BigInt(cents.padEnd(2, '0')) * YUAN) / 100n)
}

test('revenue adds up however it is grouped; liabilities and arrears are what is left', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock, lab } = api
  const other = await openPayer(app, 'Other')
  const money = (accountId: string, paymentId: string, amount: bigint, more: object) =>
    transact(app, SYSTEM, (tx) =>
      credit(tx, { accountId, paymentId, amount, kind: 'cash', channel: 'transfer', ...more }),
    )
  await money(lab.accountId, 'p1', 10n * YUAN, {})
  await money(lab.accountId, 'g1', YUAN, {
    kind: 'grant',
    channel: 'card',
    expiresAt: Temporal.Instant.from('2026-06-01T00:00:00Z'),
  })
  await money(other.accountId, 'p2', 3n * YUAN, { channel: 'cheque' })
  const start = (job: string, who: typeof lab, what: object) =>
    send(app, job, 'started', '2026-01-01T00:00:00Z', {
      project: who.projectId,
      user: who.userId,
      kind: 'job',
      ...what,
    })
  // The lab: 4 CPUs at 0.05 for 15 hours, 3 yuan, of which the card pays 1. The other: a GPU at 2 for 2 hours, 4 yuan, of which 1 is owed.
  await start('a', lab, CPUS)
  await start('b', other, GPU)
  await pass(app, clock, '2026-01-01T02:00:00Z')
  await send(app, 'b', 'stopped', '2026-01-01T02:00:00Z', { project: other.projectId })
  await pass(app, clock, '2026-01-01T15:00:00Z')
  await send(app, 'a', 'stopped', '2026-01-01T15:00:00Z', { project: lab.projectId })
  await pass(app, clock, '2026-02-05T15:00:00Z')

  const ask = async (path: string, query: Record<string, string> = {}) => {
    const { status, body } = await api.call('GET', `/v1/reports/${path}`, { key: api.keys.staff, query })
    assert.equal(status, 200)
    return body.data
  }
  const parts = (rows: any[]) =>
    rows.map(({ key, amount, cash, granted, unpaid }) => [
      key,
      amount.grains,
      cash.grains,
      granted.grains,
      unpaid.grains,
    ])
  // 16 hours of Shanghai's first of January begin at 00:00 UTC: all of it is one day.
  assert.deepEqual(parts(await ask('revenue', { group_by: 'day' })), [
    ['2026-01-01', yuan('7'), yuan('5'), yuan('1'), yuan('1')],
  ])
  assert.deepEqual(parts(await ask('revenue', { group_by: 'sku' })), [
    ['queue:cpu', yuan('3'), yuan('2'), yuan('1'), '0'],
    ['queue:gpu', yuan('4'), yuan('3'), '0', yuan('1')],
  ])
  assert.deepEqual(parts(await ask('revenue', { group_by: 'channel' })), [
    ['card', yuan('1'), '0', yuan('1'), '0'],
    ['cheque', yuan('3'), yuan('3'), '0', '0'],
    ['transfer', yuan('2'), yuan('2'), '0', '0'],
    ['unpaid', yuan('1'), '0', '0', yuan('1')],
  ])
  assert.deepEqual(parts(await ask('revenue', { group_by: 'month', from: '2026-01-01', to: '2026-02-01' })), [
    ['2026-01', yuan('7'), yuan('5'), yuan('1'), yuan('1')],
  ])
  assert.deepEqual(await ask('revenue', { from: '2026-01-02' }), [])

  const [owed] = await ask('liabilities')
  assert.deepEqual(
    [owed.cash.grains, owed.granted.grains, owed.held.grains, owed.unattributed.grains, owed.arrears.grains],
    [yuan('8'), '0', '0', '0', yuan('1')],
  )
  assert.equal(owed.accounts, 2)
  // 35 days later it is of the second age.
  const arrears = await ask('arrears')
  assert.deepEqual(
    arrears.map((row: any) => [row.from_days, row.to_days, row.accounts, row.amount.grains]),
    [[31, 61, 1, yuan('1')]],
  )
})

test('by day and of the largest keys alone revenue is still all; arrears have the age of their days', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock, lab } = api
  const payers = [lab, await openPayer(app, 'Second'), await openPayer(app, 'Third')]
  // Over 70 days, each on a queue and a day of its own; nobody has enough, and what is paid pays the oldest first.
  for (const [n, day] of ['2026-01-02', '2026-01-20', '2026-02-03', '2026-02-20', '2026-03-05'].entries()) {
    await pass(app, clock, `${day}T06:00:00Z`)
    for (const [m, { projectId: project, userId: user }] of payers.entries()) {
      const job = `${n}-${m}`
      const what = { project, user, kind: 'job', sku: `queue:q${(n + m) % 4}`, quantity: { gpu: String(m + 1) } }
      await send(app, job, 'started', `${day}T0${m}:00:00Z`, what)
      await send(app, job, 'stopped', `${day}T0${m + 1}:1${n}:00Z`)
    }
    await pass(app, clock, `${day}T08:00:00Z`)
    if (n === 2) for (const { accountId } of payers) await pay(app, accountId, 3n * YUAN)
  }
  await pass(app, clock, '2026-03-10T02:00:00Z')
  const ask = async (path: string, query: object = {}) =>
    (await api.call('GET', `/v1/reports/${path}`, { key: api.keys.staff, query: { ...query } })).body

  // The same from the customers' own pages, line by line.
  const lines: any[] = []
  for (const { accountId } of payers) {
    const query = { account_id: accountId, limit: 1000 }
    lines.push(...(await api.call('GET', '/v1/bill-lines', { key: api.keys.staff, query })).body.data)
  }
  const sumOf = (rows: any[], part = 'amount') => rows.reduce((sum, row) => sum + BigInt(row[part].grains), 0n)
  const told = (rows: any[]) => rows.map(({ key, day, amount }) => [key, day, BigInt(amount.grains)])
  const bySku = Object.entries(Object.groupBy(lines, ({ sku }) => sku))
    .map(([sku, rows]) => ({ sku, rows: rows!, sum: sumOf(rows!) }))
    .toSorted((a, b) => (a.sum > b.sum ? -1 : 1))
  assert.equal(bySku.length, 4)
  const daily = (rows: any[]) =>
    [...Map.groupBy(rows, ({ day }) => day)]
      .map(([day, of]) => [day, sumOf(of)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))

  const { data, rest } = await ask('revenue', { group_by: 'sku', by_day: true, limit: 2 })
  const [first, second, ...others] = bySku
  assert.deepEqual(
    told(data),
    [first!, second!].flatMap(({ sku, rows }) => daily(rows).map((of) => [sku, ...of])),
  )
  assert.deepEqual(
    rest.map(({ day, amount }: any) => [day, BigInt(amount.grains)]),
    daily(others.flatMap(({ rows }) => rows)),
  )
  const whole = await ask('revenue', { group_by: 'sku', limit: 1 })
  assert.deepEqual(told(whole.data), [[first!.sku, null, first!.sum]])
  assert.deepEqual([whole.rest.length, whole.rest[0].keys, sumOf([...whole.data, ...whole.rest])], [1, 3, sumOf(lines)])
  const channels = await ask('revenue', { group_by: 'channel', by_day: true })
  for (const [day, sum] of daily(lines)) assert.equal(sumOf(channels.data.filter((row: any) => row.day === day)), sum)
  assert.equal(sumOf(channels.data, 'unpaid'), sumOf(lines, 'unpaid'))

  const today = Temporal.PlainDate.from('2026-03-10')
  const ages = Map.groupBy(
    lines.filter(({ unpaid }) => unpaid.grains !== '0'),
    ({ day }) => [91, 61, 31, 0].find((least) => Temporal.PlainDate.from(day).until(today).days >= least)!,
  )
  assert.deepEqual(new Set(ages.keys()), new Set([0, 31, 61]))
  assert.deepEqual(
    (await ask('arrears')).data.map((row: any) => [row.from_days, row.accounts, BigInt(row.amount.grains)]),
    [0, 31, 61].map((age) => [
      age,
      new Set(ages.get(age)!.map(({ account_id }) => account_id)).size,
      sumOf(ages.get(age)!, 'unpaid'),
    ]),
  )
  await checkAccounts(ask, lines, today)
  const [liability] = (await ask('liabilities')).data
  assert.equal(BigInt(liability.arrears.grains), sumOf(lines, 'unpaid'))
})

type Ask = (path: string, query?: object) => Promise<any>

/** The accounts behind each age, against the lines of their bills: who owes the most first, page by page. */
async function checkAccounts(ask: Ask, lines: readonly any[], today: Temporal.PlainDate): Promise<void> {
  const unpaidOf = (rows: readonly any[]) => rows.reduce((sum, { unpaid }) => sum + BigInt(unpaid.grains), 0n)
  for (const [from, to] of [
    [0, 31],
    [31, 61],
    [61, 91],
    [91, 1000],
    [0, 1000],
    [31, 1000],
    // To the day: of these ages something is owed.
    [18, 35],
    [35, 67],
  ] as const) {
    const of = lines.filter(({ day, unpaid }) => {
      const age = Temporal.PlainDate.from(day).until(today).days
      return unpaid.grains !== '0' && age >= from && age < to
    })
    const owed = [...Map.groupBy(of, ({ account_id }) => account_id)].map(([id, its]) => ({
      id,
      amount: unpaidOf(its),
      oldest: its.map(({ day }) => String(day)).toSorted((a, b) => (a < b ? -1 : 1))[0],
      all: unpaidOf(lines.filter(({ account_id }) => account_id === id)),
    }))
    const asked = { ...(from > 0 && { from_days: from }), ...(to < 1000 && { to_days: to }), currency: 'CNY', limit: 1 }
    const told: any[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const got: any = await ask('arrears/accounts', { ...asked, ...(cursor && { cursor }) })
      told.push(...got.data)
      cursor = got.next_cursor
    }
    assert.deepEqual(
      told.map(({ account_id: id, amount, arrears, oldest }) => ({
        id,
        amount: BigInt(amount.grains),
        oldest,
        all: BigInt(arrears.grains),
      })),
      owed.toSorted((a, b) => (a.amount > b.amount ? -1 : 1)),
      `${from} to ${to}`,
    )
  }
  const named = (await ask('arrears/accounts')).data.map(({ name }: any) => name)
  assert.deepEqual(new Set(named), new Set(['Lab', 'Second', 'Third']))
  assert.deepEqual((await ask('arrears/accounts', { currency: 'USD' })).data, [])
}

test('ages that are none, and cursors that are not ours, are refused', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const forged = Buffer.from(JSON.stringify(['CNY', '1e9', 'acct_1'])).toString('base64url')
  const cases: [object, string | undefined][] = [
    [{ from_days: 31, to_days: 31 }, 'to_days'],
    [{ from_days: -1 }, 'from_days'],
    [{ to_days: 0 }, 'to_days'],
    [{ from_days: 40_000 }, 'from_days'],
    [{ currency: 'yuan' }, 'currency'],
    [{ cursor: forged }, undefined],
  ]
  for (const [asked, param] of cases) {
    const { status, body } = await api.call('GET', '/v1/reports/arrears/accounts', {
      key: api.keys.staff,
      query: { ...asked },
    })
    assert.deepEqual([status, body.code, body.param], [400, 'bad_request', param], JSON.stringify(asked))
  }
})

test('reports are for staff', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  for (const key of [api.keys.customer, api.keys.platform]) {
    const { status, body } = await api.call('GET', '/v1/reports/liabilities', { key })
    assert.deepEqual([status, body.code], [403, 'forbidden'])
  }
})
