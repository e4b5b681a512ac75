import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, query, Refusal, SYSTEM, transact, type App, type Tx } from '../src/base/index.ts'
import { applyEvents, deleteProject, retryParked } from '../src/metering/index.ts'
import { attribute, charge, credit, deduct, expireDue } from '../src/settlement/index.ts'
import { endHold, placeHold } from '../src/wallet/index.ts'
import { openTestApp, type TestApp } from './harness.ts'
import { cloudEvent, instant, openEngine, readBooks, readUse } from './model/engine.ts'
import { HOUR, type Event, type Type } from './model/rules.ts'
import { truth } from './model/truth.ts'
import { ACCOUNTS, PROJECTS, pricesAt, SKUS, START, USERS } from './model/world.ts'

const CENT = 36_000_000n
const LEFT = ACCOUNTS[0]!

test('the same payment twenty times at once is one lot', async () => {
  await withBooks(async ({ app }) => {
    const answers = await all(20, () => inside(app, (tx) => credit(tx, cash(LEFT, 'payment', 700n))))
    assert.equal(new Set(answers.map(({ lotId }) => lotId)).size, 1)
    const { balance, lots } = await readBooks(app, LEFT)
    assert.deepEqual([balance, Object.keys(lots)], [700n * CENT, ['payment']])
  })
})

test('fifty charges at once never overspend one balance', async () => {
  await withBooks(async ({ app }) => {
    await inside(app, (tx) => credit(tx, cash(LEFT, 'payment', 1000n)))
    const done = await all(50, (n) => spend(app, LEFT, `charge${n}`, 90n))
    assert.equal(done.filter(Boolean).length, 11)
    assert.equal((await readBooks(app, LEFT)).balance, 10n * CENT)
  })
})

test('the same charge twenty times at once is charged once', async () => {
  await withBooks(async ({ app }) => {
    await inside(app, (tx) => credit(tx, cash(LEFT, 'payment', 1000n)))
    assert.deepEqual(await all(20, () => spend(app, LEFT, 'charge', 90n)), Array(20).fill(true))
    assert.equal((await readBooks(app, LEFT)).balance, 910n * CENT)
  })
})

test('fifty holds at once promise no more than there is, and are given back once', async () => {
  await withBooks(async ({ app }) => {
    await inside(app, (tx) => credit(tx, cash(LEFT, 'payment', 1000n)))
    const holds = (await all(50, () => hold(app, LEFT, 90n))).filter((id) => id !== undefined)
    assert.equal(holds.length, 11)
    assert.equal((await readBooks(app, LEFT)).held, 990n * CENT)
    assert.equal(await spend(app, LEFT, 'charge', 11n), false)
    const ended = await Promise.all(
      [...holds, ...holds].map((id) => inside(app, (tx) => endHold(tx, LEFT, id, 'released'))),
    )
    assert.equal(ended.filter(Boolean).length, 11)
    assert.equal((await readBooks(app, LEFT)).held, 0n)
  })
})

test('charges, holds and running use at once never spend the same money twice', async () => {
  await withBooks(async ({ app, clock }) => {
    await inside(app, (tx) => credit(tx, cash(LEFT, 'payment', 1000n)))
    await applyEvents(app, [cloudEvent(event('node', 'a', 'started', START))])
    clock.advance(7 * HOUR)
    const [charged, held] = await Promise.all([
      all(25, (n) => spend(app, LEFT, `charge${n}`, 30n)),
      all(25, () => hold(app, LEFT, 30n)),
    ])
    const taken = charged.filter(Boolean).length + held.filter((id) => id !== undefined).length
    const left = 1000n * CENT - 123_457n * BigInt(7 * HOUR)
    assert.equal(taken, Number(left / (30n * CENT)))
    const { live, held: promised } = await readBooks(app, LEFT)
    assert.equal(live - promised, left - BigInt(taken) * 30n * CENT)
  })
})

/** Every other call comes from another process: what comes from one waits in its lanes, and races nobody. */
function sender(app: App, n: number): App {
  return n % 2 ? { ...app } : app
}

test('the same batch ten times at once counts once', async () => {
  await withBooks(async ({ app, clock }) => {
    clock.advance(4 * HOUR)
    const events = lives(40)
    const results = await all(10, (n) => applyEvents(sender(app, n), events.map(cloudEvent)))
    const accepted = results.flat().filter(({ status }) => status === 'accepted')
    assert.equal(accepted.length, events.length)
    assert.ok(results.flat().every(({ status }) => status === 'accepted' || status === 'duplicate'))
    await laidOut(app, events)
  })
})

test('stops that race their starts wait and are taken', async () => {
  await withBooks(async ({ app, clock }) => {
    clock.advance(4 * HOUR)
    const events = lives(30)
    await Promise.all(events.toReversed().map((each, n) => applyEvents(sender(app, n), [cloudEvent(each)])))
    await retryParked(app)
    assert.deepEqual(await query(app.database.pool, { text: 'select * from parked_event' }), [])
    await laidOut(app, events)
  })
})

test('batches over both accounts, in opposite orders, do not end in a deadlock', async () => {
  await withBooks(async ({ app, clock }) => {
    clock.advance(4 * HOUR)
    const events = lives(48)
    await all(12, async (n) => {
      const mine = events.filter((_, i) => i % 24 === n * 2 || i % 24 === n * 2 + 1)
      await applyEvents(sender(app, n), (n % 2 ? mine.toReversed() : mine).map(cloudEvent))
      await applyEvents(sender(app, n + 1), mine.map(cloudEvent))
    })
    await retryParked(app)
    await laidOut(app, events)
  })
})

test('everything at once, for two days, leaves exact books', async () => {
  await withBooks(async ({ app, clock }) => {
    const events = lives(60)
    let money = 0n
    for (let round = 0; round < 16; round++) {
      clock.advance(3 * HOUR + round * 37)
      const now = clock.now()
      const expiresAt = now.add({ hours: 4 })
      const work: (() => Promise<unknown>)[] = [
        ...[1, 2].map(() => () => deduct(app, now)),
        ...[1, 2].map(() => () => attribute(app, now)),
        ...[1, 2].map(() => () => expireDue(app)),
        () => retryParked(app),
      ]
      for (const [n, accountId] of ACCOUNTS.entries()) {
        const grant = {
          accountId,
          kind: 'grant',
          amount: 40n * CENT,
          paymentId: `grant${round}`,
          channel: 'card',
          expiresAt,
        } as const
        for (let twice = 0; twice < 2; twice++) {
          work.push(() => inside(app, (tx) => credit(tx, cash(accountId, `cash${round}`, 50n))))
          work.push(() => inside(app, (tx) => credit(tx, grant)))
          work.push(() => applyEvents(sender(app, twice), events.slice(0, 8 * (round + 1)).map(cloudEvent)))
          work.push(() => spend(app, accountId, `charge${round % 5}-${twice}`, 20n))
          work.push(() => hold(app, accountId, 10n))
        }
        if (round === 12 && n === 1) work.push(() => inside(app, (tx) => deleteProject(tx, PROJECTS[1]![0]!)))
        money += 90n * CENT
      }
      await Promise.all(scattered(work, round).map((each) => each()))
    }
    const deleted = await deletions(app)
    const spent = await laidOut(app, events, deleted)
    const books = await Promise.all(ACCOUNTS.map((accountId) => readBooks(app, accountId)))
    const expired = books.flatMap(({ lots }) => Object.values(lots)).reduce((sum, lot) => sum + lot.expired, 0n)
    const charged = (
      await query(app.database.pool, { text: 'select coalesce(sum(amount), 0)::bigint as sum from charge' })
    )[0]!.sum
    const live = books.reduce((sum, each) => sum + each.live, 0n)
    assert.equal(live, money + 2n * CENT - expired - charged - spent)
  })
})

/** Runs on fresh books of two accounts, which are audited at the end. */
async function withBooks(work: (test: TestApp) => Promise<void>): Promise<void> {
  const opened = await openTestApp({ at: instant(START).toString() })
  try {
    await openEngine(opened.app, opened.clock)
    await work(opened)
  } finally {
    await opened.close()
  }
}

/** Starts and stops of so many events, in pairs, on alternate accounts and projects. */
function lives(count: number): Event[] {
  return Array.from({ length: count }, (_, i) => {
    const n = Math.floor(i / 2)
    const at = START + (n % 7) * 1003 + (i % 2) * 5000
    return { ...event(`r${n}`, `e${i}`, i % 2 ? 'stopped' : 'started', at), key: keyOf(n % 2, Math.floor(n / 2) % 2) }
  })
}

function event(resource: string, id: string, type: Type, second: number): Event {
  const at = second * 1_000_000
  return { resource, run: 1, id, type, at, key: keyOf(0, 0), prices: pricesAt(0, at), quantity: { count: 10_000n } }
}

function keyOf(account: number, project: number) {
  return { project: PROJECTS[account]![project]!, user: USERS[account]!, kind: SKUS[0]!.kind, sku: SKUS[0]!.sku }
}

function cash(accountId: string, paymentId: string, cents: bigint) {
  return { accountId, kind: 'cash', amount: cents * CENT, paymentId, channel: 'test' } as const
}

/** Whether a charge was taken. */
async function spend(app: App, accountId: string, chargeId: string, cents: bigint): Promise<boolean> {
  const account = ACCOUNTS.indexOf(accountId)
  const what = {
    projectId: PROJECTS[account]![1]!,
    userId: USERS[account]!,
    kind: 'storage',
    sku: 'storage:personal',
  } as const
  const done = unlessPoor(async () => {
    await inside(app, (tx) => charge(tx, { accountId, chargeId, amount: cents * CENT, ...what }))
    return true
  })
  return (await done) ?? false
}

function hold(app: App, accountId: string, cents: bigint): Promise<string | undefined> {
  const expiresAt = app.clock.now().add({ hours: 5 })
  const holdId = newId('hold', app.clock.now())
  return unlessPoor(async () => {
    await inside(app, (tx) => placeHold(tx, { accountId, holdId, amount: cents * CENT, reason: 'race', expiresAt }))
    return holdId
  })
}

/** Undefined where there was not enough money. */
async function unlessPoor<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && error.code === 'insufficient_balance') return undefined
    throw error
  }
}

/** Lays everything out to this second and holds it against brute force; answers what all use cost. */
async function laidOut(
  app: App,
  events: readonly Event[],
  deleted: ReadonlyMap<string, number> = new Map(),
): Promise<bigint> {
  const now = Math.floor(app.clock.now().epochMilliseconds / 1000)
  let all = 0n
  for (const [n, accountId] of ACCOUNTS.entries()) {
    await inside(app, (tx) => credit(tx, cash(accountId, 'last', 1n)))
    const mine = events.filter((each) => PROJECTS[n]!.includes(each.key.project))
    const expected = truth(Map.groupBy(mine, (each) => each.resource).values(), deleted, now)
    const { deducted, lines } = await readUse(app, accountId)
    const use = [...lines].filter(([, amount]) => amount !== 0n)
    assert.deepEqual(new Map(use), new Map([...expected].map(([line, amount]) => [line.replaceAll('\0', ' '), amount])))
    const sum = use.reduce((total, [, amount]) => total + amount, 0n)
    assert.equal(deducted, sum)
    all += sum
  }
  return all
}

async function deletions(app: App): Promise<Map<string, number>> {
  const rows = await query(app.database.pool, {
    text: 'select project_id, deleted_at from project where deleted_at is not null',
  })
  return new Map(rows.map(({ project_id, deleted_at }) => [project_id, deleted_at.epochMilliseconds / 1000]))
}

function inside<T>(app: App, work: (tx: Tx) => Promise<T>): Promise<T> {
  return transact(app, SYSTEM, work)
}

function all<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => work(n)))
}

/** Another order each round, the same in every run. */
function scattered<T>(items: readonly T[], round: number): T[] {
  const place = (i: number) => ((i + 1) * (7919 + round * 104_729)) % 65_537
  return items
    .map((item, i) => ({ item, place: place(i) }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
