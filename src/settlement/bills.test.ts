import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp, openTestDatabase } from '../../test/harness.ts'
import { TEMPLATE } from '../../test/cluster.ts'
import { type App, bucketOf, manualClock, newId, query, SYSTEM, transact, writeCursor } from '../base/index.ts'
import { addMember, createProject, createUser, removeMember } from '../identity/index.ts'
import { charge } from './index.ts'
import { billLines, billTotals, openUse, type BillLine } from './bills.ts'
import type { BillFilter } from './billFilter.ts'
import { CPUS, GPU, openLab, openPayer, pass, pay, send, YUAN } from '../../test/lab.ts'

const day = (text: string) => Temporal.PlainDate.from(text)

async function bill(app: App, filter: BillFilter, limit = 1000) {
  const { data } = await transact(app, SYSTEM, (tx) => billLines(tx, filter, { limit }))
  return data.map(({ day, sku, cash, granted, unpaid, amount }) => [day.toString(), sku, amount, granted, cash, unpaid])
}

test('a job over midnight at the end of a month is on two days and in two months, paid by a grant, cash and a later top-up', async () => {
  const { app, clock, close } = await openTestApp({ at: '2026-01-31T14:00:00Z' })
  const { accountId, userId, projectId } = await openLab(app)
  const opening = { project: projectId, user: userId, kind: 'job' }
  await pay(app, accountId, YUAN / 10n, { expiresAt: '2026-03-01T00:00:00Z' })
  await pay(app, accountId, (YUAN * 15n) / 100n)
  // 23:30 to 01:30 in Shanghai: 0.1 before midnight, 0.3 after it
  clock.set('2026-01-31T15:30:00Z')
  await send(app, 'job-1', 'started', '2026-01-31T15:30:00Z', { ...opening, ...CPUS })
  await pass(app, clock, '2026-01-31T17:30:00Z')
  await send(app, 'job-1', 'stopped', '2026-01-31T17:30:00Z')
  await pass(app, clock, '2026-01-31T18:00:00Z')
  const all: BillFilter = { of: { accountId } }
  assert.deepEqual(await bill(app, all), [
    ['2026-02-01', 'queue:cpu', (YUAN * 3n) / 10n, 0n, (YUAN * 15n) / 100n, (YUAN * 15n) / 100n],
    ['2026-01-31', 'queue:cpu', YUAN / 10n, YUAN / 10n, 0n, 0n],
  ])
  await pay(app, accountId, YUAN)
  assert.deepEqual((await bill(app, all))[0], ['2026-02-01', 'queue:cpu', (YUAN * 3n) / 10n, 0n, (YUAN * 3n) / 10n, 0n])
  await transact(app, SYSTEM, (tx) =>
    charge(tx, {
      accountId,
      chargeId: 'plan-1',
      projectId,
      userId,
      kind: 'storage',
      sku: 'storage:personal',
      amount: YUAN / 4n,
    }),
  )
  // Late by an hour: it had stopped at half past midnight, so 0.2 of February comes back.
  await pass(app, clock, '2026-01-31T19:00:00Z')
  await send(app, 'job-1', 'stopped', '2026-01-31T16:30:00Z')
  await pass(app, clock, '2026-01-31T20:00:00Z')
  const totals = (groupBy: Parameters<typeof billTotals>[2], filter = all) =>
    transact(app, SYSTEM, (tx) => billTotals(tx, filter, groupBy))
  const january = { key: '2026-01', currency: 'CNY', amount: YUAN / 10n, cash: 0n, granted: YUAN / 10n, unpaid: 0n }
  const february = {
    key: '2026-02',
    currency: 'CNY',
    amount: (YUAN * 35n) / 100n,
    cash: (YUAN * 35n) / 100n,
    granted: 0n,
    unpaid: 0n,
  }
  assert.deepEqual(await totals('month'), [january, february])
  assert.deepEqual(await totals('none', { ...all, to: day('2026-02-01') }), [{ ...january, key: '' }])
  assert.deepEqual(await totals('kind', { ...all, from: day('2026-02-01'), kinds: ['storage'] }), [
    { key: 'storage', currency: 'CNY', amount: YUAN / 4n, cash: YUAN / 4n, granted: 0n, unpaid: 0n },
  ])
  const summed = (rows: { key: string; amount: bigint }[]) => rows.map(({ key, amount }) => [key, amount])
  assert.deepEqual(summed(await totals('sku')), [
    ['queue:cpu', YUAN / 5n],
    ['storage:personal', YUAN / 4n],
  ])
  assert.deepEqual(summed(await totals('user', { ...all, skus: ['queue:cpu'] })), [[userId, YUAN / 5n]])
  assert.deepEqual(await totals('project', { ...all, projectIds: ['proj_other'] }), [])
  await close()
})

test('totals from whole months and odd days are the sums of the lines, however they are asked and whatever came late', async () => {
  const { app, clock, close } = await openTestApp({ at: '2026-01-19T16:00:00Z' })
  const { accountId, userId, projectId } = await openLab(app)
  const [other, guest] = await transact(app, SYSTEM, async (tx) => [
    await createProject(tx, { projectId: newId('proj', tx.now), accountId, creatorUserId: userId, name: 'Other' }),
    await createUser(tx, { userId: newId('user', tx.now), accountId, name: 'Guest' }),
  ])
  await pay(app, accountId, YUAN * 100n, { expiresAt: '2026-02-10T04:00:00Z' })
  await pay(app, accountId, YUAN * 1500n)
  const places = [projectId, other.projectId].flatMap((project) =>
    [userId, guest.userId].map((user) => ({ project, user })),
  )
  for (const [n, place] of places.entries()) {
    const opening = {
      ...place,
      kind: n === 3 ? 'node' : 'job',
      ...(n === 3 ? { sku: 'machine:c2_m4_cpu', quantity: {} } : CPUS),
    }
    await send(app, `long-${n}`, 'started', '2026-01-19T16:00:00Z', opening)
  }
  const storage = { accountId, userId, kind: 'storage', sku: 'storage:personal', amount: YUAN } as const
  for (const to of ['2026-01-31T20:00:00Z', '2026-02-10T05:00:00Z', '2026-03-03T09:30:00Z', '2026-04-04T16:00:00Z']) {
    await pass(app, clock, to)
    await transact(app, SYSTEM, (tx) => charge(tx, { ...storage, chargeId: to, projectId })).catch((error) =>
      assert.equal(error.code, 'insufficient_balance'),
    )
    if (to < '2026-03') await send(app, `gpu-${to}`, 'started', to, { ...places[1], kind: 'job', ...GPU })
    if (to > '2026-03') await send(app, 'gpu-2026-02-10T05:00:00Z', 'stopped', '2026-03-02T10:00:00Z')
  }
  // Over days and months that were over long ago: less, more where nothing ran before, and arrears that are paid.
  await send(app, 'long-1', 'stopped', '2026-02-14T00:00:00Z')
  await send(app, 'gpu-2', 'started', '2026-01-31T15:00:00Z', { ...places[2], kind: 'job', ...GPU })
  await send(app, 'gpu-2', 'stopped', '2026-03-10T17:00:00Z')
  await pass(app, clock, '2026-04-05T03:00:00Z')
  await pay(app, accountId, YUAN * 700n)
  await pass(app, clock, '2026-04-05T18:05:00Z')

  const lines = await transact(
    app,
    SYSTEM,
    async (tx) => (await billLines(tx, { of: { accountId } }, { limit: 1000 })).data,
  )
  assert.ok(lines.length > 200 && lines.length < 1000)
  for (const part of ['cash', 'granted', 'unpaid'] as const)
    assert.ok(
      lines.some((line) => line[part] > 0n),
      part,
    )
  await transact(app, SYSTEM, async (tx) => {
    for (const filter of questions(projectId, guest.userId, other.projectId)) {
      for (const groupBy of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
        const asked: BillFilter = { of: { accountId }, ...filter }
        assert.deepEqual(
          await billTotals(tx, asked, groupBy),
          sumUp(lines, filter, groupBy),
          `${groupBy} ${JSON.stringify(filter)}`,
        )
      }
    }
  })
  await close()
})

const KEYS = {
  none: () => '',
  day: (line: BillLine) => line.day.toString(),
  month: (line: BillLine) => line.day.toString().slice(0, 7),
  project: (line: BillLine) => line.projectId,
  user: (line: BillLine) => line.userId,
  kind: (line: BillLine) => line.kind,
  sku: (line: BillLine) => line.sku,
}

/** Every range with every filter. */
function questions(projectId: string, userId: string, otherId: string): Omit<BillFilter, 'of'>[] {
  const ranges: [string | undefined, string?][] = [
    [undefined],
    ['2026-02-01', '2026-03-01'],
    ['2026-01-25', '2026-03-10'],
    ['2026-02-05'],
    [undefined, '2026-03-15'],
    ['2026-02-05', '2026-02-20'],
    ['2026-03-02', '2026-04-07'],
    ['2026-01-31', '2026-03-01'],
  ]
  const filters: Omit<BillFilter, 'of'>[] = [
    {},
    { kinds: ['node', 'storage'] },
    { projectIds: [projectId] },
    { userIds: [userId] },
    { skus: ['queue:gpu', 'storage:personal'], kinds: ['job'] },
    { projectIds: [otherId], userIds: [userId] },
  ]
  return ranges.flatMap(([from, to]) =>
    filters.map((filter) => ({ ...filter, ...(from && { from: day(from) }), ...(to && { to: day(to) }) })),
  )
}

function sumUp(lines: readonly BillLine[], filter: Omit<BillFilter, 'of'>, groupBy: keyof typeof KEYS) {
  const { from, to, kinds, projectIds, userIds, skus } = filter
  const asked = lines.filter(
    (line) =>
      (!from || line.day.toString() >= from.toString()) &&
      (!to || line.day.toString() < to.toString()) &&
      (kinds ?? [line.kind]).includes(line.kind) &&
      (projectIds ?? [line.projectId]).includes(line.projectId) &&
      (userIds ?? [line.userId]).includes(line.userId) &&
      (skus ?? [line.sku]).includes(line.sku),
  )
  const sum = (some: readonly BillLine[], part: 'amount' | 'cash' | 'granted' | 'unpaid') =>
    some.reduce((total, line) => total + line[part], 0n)
  return [...Map.groupBy(asked, KEYS[groupBy])]
    .map(([key, some]) => ({
      key,
      currency: 'CNY',
      amount: sum(some, 'amount'),
      cash: sum(some, 'cash'),
      granted: sum(some, 'granted'),
      unpaid: sum(some, 'unpaid'),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

test('what runs past the attribution is reckoned for display, up to the deduction', async () => {
  const { app, clock, close } = await openTestApp()
  const { accountId, userId, projectId } = await openLab(app)
  const key = { projectId, userId, kind: 'job' }
  await send(app, 'job-1', 'started', '2026-01-01T00:00:00Z', {
    project: projectId,
    user: userId,
    kind: 'job',
    ...CPUS,
  })
  await send(app, 'job-2', 'started', '2026-01-01T00:00:00Z', { project: projectId, user: userId, kind: 'job', ...GPU })
  await pass(app, clock, '2026-01-01T01:07:00Z')
  const open = await transact(app, SYSTEM, (tx) => openUse(tx, accountId))
  assert.deepEqual([open.from.toString(), open.to.toString()], ['2026-01-01T01:00:00Z', '2026-01-01T01:05:00Z'])
  assert.deepEqual(open.use, [
    { ...key, sku: 'queue:cpu', amount: 60_000_000n },
    { ...key, sku: 'queue:gpu', amount: 600_000_000n },
  ])
  await assert.rejects(
    transact(app, SYSTEM, (tx) => openUse(tx, 'acct_none')),
    { code: 'unknown_account' },
  )
  await close()
})

test('a user sees created projects whole, joined ones as admin whole, as member and after removal their own use', async () => {
  const { app, clock, close } = await openTestApp()
  const lab = await openLab(app)
  const [other, guest] = [await openPayer(app, 'Other'), await openPayer(app, 'Guest')]
  const second = await transact(app, SYSTEM, (tx) =>
    createProject(tx, {
      projectId: newId('proj', tx.now),
      accountId: other.accountId,
      creatorUserId: other.userId,
      name: 'Second',
    }),
  )
  const places = { member: lab.projectId, admin: other.projectId, removed: second.projectId }
  await transact(app, SYSTEM, async (tx) => {
    for (const [role, projectId] of Object.entries(places)) {
      await addMember(tx, { projectId, userId: guest.userId, role: role === 'member' ? 'member' : 'admin' })
    }
  })
  for (const [place, projectId] of [...Object.entries(places), ['created', guest.projectId]] as [string, string][]) {
    const owner = place === 'member' ? lab.userId : place === 'created' ? guest.userId : other.userId
    await send(app, `${place}-owner`, 'started', '2026-01-01T00:00:00Z', {
      project: projectId,
      user: owner,
      kind: 'job',
      ...GPU,
    })
    if (place !== 'created')
      await send(app, `${place}-guest`, 'started', '2026-01-01T00:00:00Z', {
        project: projectId,
        user: guest.userId,
        kind: 'job',
        ...CPUS,
      })
  }
  await transact(app, SYSTEM, (tx) => removeMember(tx, { projectId: places.removed, userId: guest.userId }))
  await pass(app, clock, '2026-01-01T01:00:00Z')

  const seen = async (of: BillFilter['of'], limit = 1000) => {
    const found: BillLine[] = []
    for (let cursor: string | undefined, more = true; more;) {
      const page = await transact(app, SYSTEM, (tx) => billLines(tx, { of }, { limit, ...(cursor && { cursor }) }))
      found.push(...page.data)
      cursor = page.nextCursor
      more = cursor !== undefined
    }
    const names = new Map(Object.entries({ ...places, created: guest.projectId }).map(([place, id]) => [id, place]))
    return found.map(({ projectId, sku }) => `${names.get(projectId)} ${sku}`).sort()
  }
  const joined = { userId: guest.userId, tab: 'joined' } as const
  const whatGuestSees = ['admin queue:cpu', 'admin queue:gpu', 'member queue:cpu', 'removed queue:cpu']
  assert.deepEqual(await seen(joined), whatGuestSees)
  assert.deepEqual(await seen(joined, 1), whatGuestSees, 'pages run over several accounts')
  assert.deepEqual(await seen({ userId: guest.userId, tab: 'created' }), ['created queue:gpu'])
  assert.deepEqual(await seen({ userId: lab.userId, tab: 'joined' }), [])
  const [total] = await transact(app, SYSTEM, (tx) => billTotals(tx, { of: joined }, 'none'))
  assert.equal(total?.amount, 2n * YUAN + (YUAN * 6n) / 10n)
  await close()
})

test('pages hold every line that stood at the first one exactly once, while others are written', async () => {
  const database = await openTestDatabase(TEMPLATE)
  const app: App = {
    database,
    clock: manualClock('2026-02-01T00:00:00Z'),
    timeZone: 'Asia/Shanghai',
    log: { info() {}, error() {} },
  }
  const add = (from: number, to: number, days: number) =>
    query(database.pool, {
      text: `insert into bill_line select ${bucketOf('a')}, 'a', 'line_' || md5(n::text), date '2026-01-01' + n % ${days}, 'p', 'u', 'job',
        's' || n, n, n, 0, 0 from generate_series(${from}, ${to}) n`,
    })
  await query(database.pool, {
    text: `insert into wallet (bucket, account_id, currency, settled_at, attributed_at, seen_at)
      select ${bucketOf('a')}, 'a', 'CNY', t, t, t from (values (timestamptz '2026-02-01T00:00:00Z')) at(t)`,
  })
  await add(1, 500, 31)
  const seen: BillLine[] = []
  let cursor: string | undefined
  let next = 501
  do {
    const page = await transact(app, SYSTEM, (tx) =>
      billLines(tx, { of: { accountId: 'a' } }, { limit: 37, ...(cursor && { cursor }) }),
    )
    seen.push(...page.data)
    cursor = page.nextCursor
    await add(next, (next += 20) - 1, 60)
  } while (cursor)
  const ids = seen.map(({ lineId }) => lineId)
  assert.equal(new Set(ids).size, ids.length, 'none twice')
  assert.equal(seen.filter(({ amount }) => amount <= 500n).length, 500, 'none left out')
  const order = seen.map(({ day, lineId }) => `${day} ${lineId}`)
  assert.deepEqual(order, [...order].sort().reverse())

  const ask = (cursor: string, limit = 10) =>
    transact(app, SYSTEM, (tx) => billLines(tx, { of: { accountId: 'a' } }, { limit, cursor }))
  for (const bad of [
    '',
    'x',
    'W10',
    writeCursor(['2026-01-01']),
    writeCursor(['2026-02-31', 'line']),
    writeCursor(['2026-01-01', 'a', 'b']),
    writeCursor([`2026-01-01'`, 'x']),
  ]) {
    await assert.rejects(ask(bad), { code: 'bad_request' }, bad)
  }
  for (const limit of [0, 1001, 1.5, Number.NaN])
    await assert.rejects(ask(writeCursor(['2026-01-01', 'x']), limit), { code: 'bad_request' })
  await database.close()
})
