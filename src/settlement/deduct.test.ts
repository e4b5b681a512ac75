import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp, openTestDatabase } from '../../test/harness.ts'
import { openLab, openPayer, pay, YUAN } from '../../test/lab.ts'
import { TEMPLATE } from '../../test/cluster.ts'
import { waitForLock } from '../../test/locks.ts'
import { bucketOf, manualClock, query, SYSTEM, transact, type App, type Row } from '../base/index.ts'
import { applyEvents } from '../metering/index.ts'
import { debitPlainWallets } from '../wallet/index.ts'
import { attribute, deduct } from './index.ts'

const THROUGH = Temporal.Instant.from('2026-01-02T00:10:00Z')
const ALL = { after: { bucket: 0, accountId: '' }, last: { bucket: 1024, accountId: '' } }
/** In Shanghai, as all days of these books. */
const MIDNIGHTS = ['2025-12-31T16:00:00Z', '2026-01-01T16:00:00Z']

type Owing = { rate: number; accrued: number; late: number; lateFrom: string | null; settledAt: string }
const plain: Owing = { rate: 7, accrued: 0, late: 0, lateFrom: null, settledAt: '2026-01-02T00:05:00Z' }
/** Wallets of every kind that a deduction can meet, and how often they stand in the books. */
const KINDS: Record<string, Owing & { of: number; fails?: boolean }> = {
  plain: { ...plain, of: 2000 },
  idle: { ...plain, rate: 0, of: 500 },
  changed: { ...plain, accrued: -50, of: 200 },
  'not since the boundary': { ...plain, settledAt: '2026-01-02T00:03:21Z', of: 200 },
  ended: { ...plain, rate: 0, accrued: 12, of: 100 },
  'owing nothing': { ...plain, accrued: -2100, of: 50 },
  late: { ...plain, late: 30, lateFrom: '2026-01-01T20:00:00Z', of: 50 },
  'late and idle': { ...plain, rate: 0, late: 30, lateFrom: '2026-01-01T20:00:00Z', of: 20 },
  'given back': { ...plain, late: -30, lateFrom: '2026-01-01T20:00:00Z', of: 50 },
  'late and taken back': { ...plain, lateFrom: '2026-01-01T20:00:00Z', of: 20 },
  'days ago': { ...plain, settledAt: '2025-12-31T15:00:00Z', of: 100 },
  'days ago and late': {
    ...plain,
    settledAt: '2025-12-31T15:00:00Z',
    late: 3,
    lateFrom: '2025-12-30T00:00:00Z',
    of: 20,
  },
  'already done': { ...plain, settledAt: '2026-01-02T00:10:00Z', of: 50 },
  'done and late': { ...plain, settledAt: '2026-01-02T00:10:00Z', late: 5, lateFrom: '2026-01-01T20:00:00Z', of: 10 },
  full: { ...plain, of: 2, fails: true },
}

test('a deduction of several chunks debits every wallet once, and passes over the one that it cannot', async () => {
  const complaints: object[] = []
  const { app, close } = await openBooks((details) => complaints.push(details))
  const accounts = Object.entries(KINDS).flatMap(([name, kind]) =>
    Array.from({ length: kind.of }, (_, n) => ({ ...kind, accountId: `acct_${name.replaceAll(' ', '-')}_${n}` })),
  )
  await Promise.all(
    accounts.map(({ accountId, fails, ...owing }) => addWallet(app, accountId, owing, fails ? -(2n ** 63n) : 0n)),
  )
  const isDue = (owing: Owing) =>
    Temporal.Instant.compare(owing.settledAt, THROUGH) < 0 && (owing.rate || owing.accrued || owing.late)
  const due = accounts.filter((owing) => isDue(owing) && !owing.fails)
  assert.equal(await deduct(app, THROUGH), due.length)
  assert.equal(complaints.length, 2)

  const wallets = new Map((await rows(app, 'select * from wallet')).map((row) => [row.account_id, row]))
  const postings = Map.groupBy(await rows(app, 'select * from posting order by seq'), (row) => row.account_id)
  const known = new Set(due.map(({ accountId }) => accountId))
  for (const { accountId, settledAt, rate, accrued, late } of accounts) {
    const wallet = wallets.get(accountId)!
    const mine = postings.get(accountId) ?? []
    const seconds = Number(THROUGH.since(settledAt).total('seconds'))
    const owed = known.has(accountId) ? BigInt(accrued + rate * seconds + late) : 0n
    if (known.has(accountId)) {
      const { balance, settled_at, late_from } = wallet
      assert.deepEqual([balance, settled_at.toString(), late_from], [-owed, THROUGH.toString(), null], accountId)
      assert.deepEqual([wallet.accrued, wallet.late], [0n, 0n], accountId)
    }
    assert.equal(sumOf(mine), owed, accountId)
    assert.deepEqual(
      mine.map(({ seq }) => seq),
      mine.map((_, n) => BigInt(n + 1)),
      accountId,
    )
    assert.equal(wallet.last_seq, BigInt(mine.length), accountId)
    const cuts = MIDNIGHTS.filter((each) => Temporal.Instant.compare(settledAt, each) < 0)
    const uses = mine.filter(({ source }) => source === 'use')
    if (uses.length > 0) {
      assert.deepEqual(
        uses.map(({ used_from }) => used_from.toString()),
        [settledAt, ...cuts],
        accountId,
      )
      assert.deepEqual(
        uses.map(({ used_to }) => used_to.toString()),
        [...cuts, THROUGH.toString()],
        accountId,
      )
    }
  }
  assert.equal(await deduct(app, THROUGH), 0)
  await close()
})

test('plain wallets are locked in the order of their keys, and one that changes meanwhile is debited as it is then', async () => {
  const { app, close } = await openBooks((details) => assert.fail(JSON.stringify(details)))
  const ids = Array.from({ length: 300 }, (_, n) => `acct_${n}`)
  const inOrder = ids.toSorted((a, b) => bucketOf(a) - bucketOf(b) || (a < b ? -1 : 1))
  // As they lie on their pages, the last comes first.
  for (const id of inOrder.toReversed()) await addWallet(app, id, plain)
  await rows(app, 'analyze wallet')
  const [middle, begins] = [inOrder[150]!, inOrder[151]!]
  await rows(app, `update wallet set rate = 0 where account_id = '${begins}'`)

  const changed = Promise.withResolvers<void>()
  const changing = transact(app, SYSTEM, async (tx) => {
    await tx.query({ text: `update wallet set accrued = 5 where account_id = '${middle}'` })
    await tx.query({ text: `update wallet set rate = 9 where account_id = '${begins}'` })
    await changed.promise
  })
  const debiting = transact(app, SYSTEM, (tx) => debitPlainWallets(tx, ALL, THROUGH))
  await waitForLock(app)
  const free = await rows(app, 'select account_id from wallet order by bucket, account_id for update skip locked')
  changed.resolve()
  await changing
  // What had not begun to owe is not plain yet as it was first seen, and left to the rest.
  assert.equal(await debiting, 299)
  assert.deepEqual(
    free.map((row) => row.account_id),
    inOrder.slice(152),
  )
  assert.equal(await deduct(app, THROUGH), 1)
  const owed = new Map([
    [middle, 2105n],
    [begins, 2700n],
  ])
  const posted = new Map((await rows(app, 'select * from posting')).map((row) => [row.account_id, row.amount]))
  for (const wallet of await rows(app, 'select * from wallet')) {
    const due = owed.get(wallet.account_id) ?? 2100n
    const { balance, accrued, last_seq } = wallet
    assert.deepEqual(
      [-balance, posted.get(wallet.account_id), accrued, last_seq],
      [due, due, 0n, 1n],
      wallet.account_id,
    )
  }
  await close()
})

test('deductions of many wallets at once, beside usage and top-ups of the same, leave exact books', async () => {
  const { app, clock, close } = await openTestApp({ at: '2026-01-01T15:00:00Z' })
  const lab = await openLab(app)
  const payers = [lab]
  for (let n = 1; n < 300; n++) payers.push(await openPayer(app, `Lab ${n}`))
  const usage = (n: number, type: string, time: string) => {
    const { projectId: project, userId: user } = payers[n]!
    const job = { user, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } }
    const data = type === 'started' ? { project, ...job } : { project }
    return {
      specversion: '1.0',
      source: 'lab',
      id: `${n} ${type} ${time}`,
      type: `corehour.usage.${type}`,
      subject: `job ${n}`,
      time,
      data,
    }
  }
  const opening = clock.now().toString()
  const taken = await applyEvents(
    app,
    payers.map((_, n) => usage(n, 'started', opening)),
  )
  assert.ok(taken.every(({ status }) => status === 'accepted'))
  // Over a midnight of Shanghai.
  for (let round = 1; round <= 15; round++) {
    // Every eleventh job stops or starts again, before the boundary or when it is deducted.
    const change = (which: number) => {
      const at = clock
        .now()
        .subtract({ seconds: 7 * round })
        .toString()
      const type = (n: number) => ((n + round) % 2 === 0 ? 'stopped' : 'started')
      return applyEvents(
        app,
        payers.flatMap((_, n) => ((n + round) % 11 === which ? [usage(n, type(n), at)] : [])),
      )
    }
    clock.advance(200)
    await change(0)
    clock.advance(100)
    await Promise.all([
      deduct(app, clock.now()),
      change(1),
      ...payers.filter((_, n) => (n + round) % 23 === 0).map(({ accountId }) => pay(app, accountId, YUAN)),
      deduct(app, clock.now()),
      attribute(app, clock.now()),
    ])
    const behind = await rows(
      app,
      `select from wallet where settled_at < '${clock.now().toString()}' and (rate <> 0 or accrued <> 0)`,
    )
    assert.equal(behind.length, 0)
  }
  const [atOnce] = await rows(app, 'select count(*)::int as count from wallet where owed > 0')
  assert.ok(atOnce!.count > 100, `${atOnce!.count}`)
  // Audits: what was deducted is the integral of all spans.
  await close()
})

/** Books that hold nothing but wallets; the audit would miss what runs. */
async function openBooks(error: (details: object) => void): Promise<{ app: App; close(): Promise<void> }> {
  const database = await openTestDatabase(TEMPLATE)
  const app: App = { database, clock: manualClock(THROUGH), timeZone: 'Asia/Shanghai', log: { info() {}, error } }
  return { app, close: () => database.close() }
}

async function addWallet(app: App, accountId: string, owing: Owing, balance = 0n): Promise<void> {
  // What deductions take chunks by.
  await query(
    app.database.pool,
    { text: `insert into account (bucket, account_id, name, currency, created_at) values ($1, $2, $2, 'CNY', $3)` },
    [bucketOf(accountId), accountId, owing.settledAt],
  )
  await query(
    app.database.pool,
    {
      text: `insert into wallet (bucket, account_id, currency, balance, accrued, late, late_from, rate, settled_at, attributed_at, seen_at)
        values ($1, $2, 'CNY', $3, $4, $5, $6, $7, $8, $8, $8)`,
    },
    [bucketOf(accountId), accountId, balance, owing.accrued, owing.late, owing.lateFrom, owing.rate, owing.settledAt],
  )
}

function sumOf(postings: readonly Row[]): bigint {
  return postings.reduce((sum, { debit, amount }) => (debit === 'revenue' ? sum - amount : sum + amount), 0n)
}

function rows(app: App, text: string): Promise<Row[]> {
  return query(app.database.pool, { text })
}
