import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openTestApp, type TestApp } from '../../../test/harness.ts'
import { CPUS, openLab, openPayer, pass, send, YUAN } from '../../../test/lab.ts'
import { query, SYSTEM, transact } from '../../base/index.ts'
import { expireDue } from '../../settlement/index.ts'
import { giveCard } from './give.ts'
import { remindOfCards } from './remind.ts'

const START = '2026-01-01T00:00:00Z'
let serial = 0

async function open(t: TestContext) {
  const books = await openTestApp({ at: START })
  t.after(() => books.close())
  return { ...books, lab: await openLab(books.app) }
}

const give = ({ app }: TestApp, accountId: string, yuan: bigint, expires: string, priority = 0) =>
  transact(app, SYSTEM, (tx) =>
    giveCard(tx, {
      accountId,
      currency: 'CNY',
      amount: yuan * YUAN,
      expiresAt: Temporal.Instant.from(expires),
      paymentId: `card${++serial}`,
      priority,
    }),
  )
const reminders = ({ app }: TestApp) =>
  query(app.database.pool, { text: `select account_id, about, data, at from happening where topic = 'card.expiring'` })
const remindersLeft = async ({ app }: TestApp) =>
  (await query(app.database.pool, { text: 'select 1 from card_reminder' })).length
const runs = ({ projectId: project, userId: user }: { projectId: string; userId: string }) => ({
  project,
  user,
  kind: 'job',
  ...CPUS,
})

test('a reminder is said once, at 7 days before the expiry and no earlier', async (t) => {
  const books = await open(t)
  const { app, clock, lab } = books
  const { lotId } = await give(books, lab.accountId, 10n, '2026-01-31T12:00:00Z')
  clock.set('2026-01-24T11:59:59Z')
  assert.equal(await remindOfCards(app), 0)
  clock.set('2026-01-24T12:00:00Z')
  // Two servers at once: the reminder is taken by one of them.
  const [one, two] = await Promise.all([remindOfCards(app), remindOfCards(app)])
  assert.equal(one + two, 1)
  assert.equal(await remindOfCards(app), 0)
  const data = { lot_id: lotId, remaining: String(10n * YUAN), currency: 'CNY', expires_at: '2026-01-31T12:00:00Z' }
  assert.deepEqual(await reminders(books), [
    { account_id: lab.accountId, about: lotId, data, at: Temporal.Instant.from('2026-01-24T12:00:00Z') },
  ])
  assert.equal(await remindersLeft(books), 0)
})

test('nobody is reminded of a card for a week or less, of one that is used up, and of one that has expired meanwhile', async (t) => {
  const books = await open(t)
  const { app, clock, lab } = books
  const other = await openPayer(app, 'Other')
  await give(books, other.accountId, 10n, '2026-01-08T00:00:00Z')
  assert.equal(await remindersLeft(books), 0)
  // 0.2 an hour: the first card is used up after five hours, and the second has its week to come.
  await give(books, lab.accountId, 1n, '2026-01-09T00:00:00Z')
  const { lotId } = await give(books, lab.accountId, 100n, '2026-02-09T00:00:00Z')
  await send(app, 'job', 'started', START, runs(lab))
  await pass(app, clock, '2026-01-02T00:00:00Z')
  assert.equal(await remindOfCards(app), 0)
  assert.equal(await remindersLeft(books), 1)
  await send(app, 'job', 'stopped', '2026-01-02T00:00:00Z')
  // The server was away through the whole week, and for longer.
  clock.set('2026-02-09T00:00:00Z')
  await expireDue(app)
  assert.equal(await remindOfCards(app), 0)
  assert.deepEqual([await remindersLeft(books), await reminders(books)], [0, []])
  assert.equal((await lotsOf(books, lab.accountId)).get(lotId)!.expired, 100n * YUAN - 24n * 720_000_000n + YUAN)
})

test('away for some of the days: the reminder comes when the server is back', async (t) => {
  const books = await open(t)
  await give(books, books.lab.accountId, 10n, '2026-01-31T00:00:00Z')
  books.clock.set('2026-01-30T23:59:59Z')
  assert.equal(await remindOfCards(books.app), 1)
})

test('among cards of one priority the one that expires first is spent first, in whatever order they came', async (t) => {
  const books = await open(t)
  const { app, clock, lab } = books
  const ids: string[] = []
  for (const [expires, priority] of [
    ['2026-03-01T00:00:00Z', 0],
    ['2026-02-01T00:00:00Z', 0],
    ['2026-01-15T00:00:00Z', 1],
  ] as const) {
    ids.push((await give(books, lab.accountId, 1n, expires, priority)).lotId)
    clock.advance(20)
  }
  await send(app, 'job', 'started', '2026-01-01T00:01:00Z', runs(lab))
  const left: string[][] = []
  for (const hours of [4, 8, 12]) {
    await pass(app, clock, Temporal.Instant.from(START).add({ hours }).toString())
    const lots = await lotsOf(books, lab.accountId)
    left.push(ids.map((id) => ((lots.get(id)!.remaining * 10n) / YUAN).toString()))
  }
  // 0.8 yuan each time, in whole tenths: February's, then March's; the later priority last, though it expires before both.
  assert.deepEqual(left, [
    ['10', '2', '10'],
    ['4', '0', '10'],
    ['0', '0', '6'],
  ])
})

test('what is left of a card expires at its second: use before it is paid by the card, use after it is not', async (t) => {
  const books = await open(t)
  const { app, clock, lab } = books
  const { lotId } = await give(books, lab.accountId, 10n, '2026-01-10T10:02:31Z')
  clock.set('2026-01-10T09:00:00Z')
  await send(app, 'job', 'started', '2026-01-10T09:00:00Z', runs(lab))
  await pass(app, clock, '2026-01-10T10:05:00Z')
  await pass(app, clock, '2026-01-10T11:00:00Z')
  // 200,000 grains a second: 3,751 seconds of the card, 3,449 of nobody.
  const { remaining, expired } = (await lotsOf(books, lab.accountId)).get(lotId)!
  assert.deepEqual([remaining, expired], [0n, 10n * YUAN - 3751n * 200_000n])
  const [wallet] = await query(app.database.pool, { text: 'select arrears from wallet' })
  assert.equal(wallet!.arrears, 3449n * 200_000n)
})

async function lotsOf({ app }: TestApp, accountId: string) {
  const lots = await query<{ id: string; remaining: bigint; expired: bigint }>(
    app.database.pool,
    { text: 'select lot_id as id, remaining, expired from lot where account_id = $1' },
    [accountId],
  )
  return new Map(lots.map((lot) => [lot.id, lot]))
}
