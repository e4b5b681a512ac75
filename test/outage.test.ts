import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, query, type App } from '../src/base/index.ts'
import { openTestApp } from './harness.ts'
import { instant, openEngine, performOn, readBooks } from './model/engine.ts'
import { DAY, dayOf, HOUR, startOfDay, type Event } from './model/rules.ts'
import { schedule } from './model/schedule.ts'
import { ACCOUNTS, PROJECTS, SKUS, START, USERS, type Operation } from './model/world.ts'

const CENT = 36_000_000n

/** The schedules' days with every event heard of in its own second: nothing is late, so nothing can depend on the clock. */
const onTime = schedule.map(({ operations, end }) => {
  const timely = operations.flatMap((operation): Operation[] => {
    if (operation.do === 'tick') return []
    if (operation.do !== 'events') return [operation]
    return operation.events.map((event) => {
      const at = Math.floor(event.at / 1_000_000)
      return { do: 'events', at, events: [{ ...event, at: at * 1_000_000 }] }
    })
  })
  const first = (operation: Operation) => (operation.do === 'events' ? 0 : 1)
  return {
    operations: timely.sort((a, b) => a.at - b.at || first(a) - first(b)),
    end: Math.max(end, ...timely.map(({ at }) => at)),
  }
})

test('a clock loop that stood still for hours or days ends at the same balances, lots and bills', async () => {
  const stood = fc.record({ from: fc.integer({ min: 0, max: DAY }), hours: fc.integer({ min: 1, max: 40 }) })
  await fc.assert(
    fc.asyncProperty(onTime, stood, async ({ operations, end }, { from, hours }) => {
      const all = clockTicks(START, end, 2700)
      const some = all.filter(({ at }) => at < START + from || at >= START + from + hours * HOUR)
      assert.deepEqual(await booksAfter(operations, some, end), await booksAfter(operations, all, end))
    }),
    { seed: 31, numRuns: 3 },
  )
})

test('an outage is caught up in one posting a day, cut at midnight', async () => {
  const begin = START + 1000
  const end = startOfDay(dayOf(START) + 4) + 2 * HOUR
  const operations: Operation[] = [
    {
      do: 'credit',
      at: START,
      account: 0,
      kind: 'cash',
      amount: 5n * CENT,
      paymentId: 'cash',
      priority: 0,
      expires: undefined,
    },
    { do: 'events', at: begin, events: [started(begin)] },
  ]
  const { app, clock, close } = await openTestApp({ at: instant(START).toString() })
  try {
    const engine = await openEngine(app, clock)
    for (const operation of [...operations, tick('deduct', end), tick('attribute', end)])
      await performOn(engine, operation)
    const midnights = [1, 2, 3, 4].map((n) => startOfDay(dayOf(START) + n))
    const uses = (await postingsOf(app)).filter(({ source }) => source === 'use')
    assert.deepEqual(
      uses.map(({ used_to, amount }) => [seconds(used_to), amount]),
      [...midnights, end].map((to, i) => [to, 123_457n * BigInt(to - (midnights[i - 1] ?? begin))]),
    )
    await performOn(engine, tick('deduct', end))
    assert.equal((await postingsOf(app)).filter(({ source }) => source === 'use').length, uses.length, 'once is enough')
    const caughtUp = await readBooks(app, ACCOUNTS[0]!)
    assert.deepEqual(
      [caughtUp],
      (await booksAfter(operations, clockTicks(START, end, 300 * 6), end, false)).slice(0, 1),
    )
    assert.equal(Object.keys(caughtUp.lines).length, 5)
  } finally {
    await close()
  }
})

test('use heard of only after an outage is deducted once, whenever it is heard of', async () => {
  const begin = START + 1000
  const heard = begin + 30 * HOUR
  const events: Operation = {
    do: 'events',
    at: heard,
    events: [started(begin), { ...started(begin + 20 * HOUR), id: 'b', type: 'stopped' }],
  }
  const end = heard + 2 * HOUR
  const [kept, stood] = [
    await booksAfter([events], clockTicks(START, end, 1800), end),
    await booksAfter([events], [], end),
  ]
  assert.deepEqual(stood, kept)
  assert.equal(stood[0]!.deducted, 123_457n * BigInt(20 * HOUR))
})

test('who looks at an expiry, and when, never changes who pays', async () => {
  const hour = START + 2400
  const grant = { do: 'credit', at: START, account: 0, kind: 'grant' } as const
  const operations: Operation[] = [
    { ...grant, amount: CENT, priority: 0, paymentId: 'ends within the hour', expires: hour + 1200 },
    { ...grant, amount: 70n * CENT, priority: 1, paymentId: 'runs out within the hour', expires: hour + 90_000 },
    {
      do: 'credit',
      at: START,
      account: 0,
      kind: 'cash',
      amount: 900n * CENT,
      priority: 0,
      paymentId: 'cash',
      expires: undefined,
    },
    { do: 'events', at: hour, events: [started(hour), { ...started(hour), resource: 'other', id: 'b', ...of(1) }] },
  ]
  const end = hour + 2 * HOUR
  const looks: Operation[][] = [
    [],
    [tick('due', hour + 1200)],
    [tick('due', hour + 2400)],
    [tick('due', hour + 1200), tick('deduct', hour + 1500), tick('attribute', hour + 1500), tick('due', hour + 3000)],
    // The same payment again, as a gateway that heard no answer sends it.
    [{ ...operations[2]!, at: hour + 2400 }],
  ]
  const [unseen, ...seen] = await Promise.all(looks.map((ticks) => booksAfter(operations, ticks, end)))
  for (const books of seen) assert.deepEqual(books, unseen)
})

function of(sku: number): Pick<Event, 'key' | 'prices'> {
  const key = { project: PROJECTS[0]![0]!, user: USERS[0]!, kind: SKUS[sku]!.kind, sku: SKUS[sku]!.sku }
  return { key, prices: SKUS[sku]!.before }
}

function started(second: number): Event {
  return {
    resource: 'node',
    run: 1,
    id: 'a',
    type: 'started',
    at: second * 1_000_000,
    ...of(0),
    quantity: { count: 10_000n },
  }
}

function tick(what: 'deduct' | 'attribute' | 'due', at: number): Operation {
  return { do: 'tick', what, at }
}

function clockTicks(from: number, to: number, every: number): Operation[] {
  const ticks: Operation[] = []
  for (let at = Math.ceil(from / 300) * 300; at <= to; at += every)
    ticks.push(tick('deduct', at), tick('attribute', at), tick('due', at))
  return ticks
}

/** The books of both accounts after some operations among which the clock ticks; `laid`: with all laid out to the end. */
async function booksAfter(operations: readonly Operation[], ticks: readonly Operation[], end: number, laid = true) {
  const { app, clock, close } = await openTestApp({ at: instant(START).toString() })
  try {
    const engine = await openEngine(app, clock)
    for (const operation of [...operations, ...ticks].sort((a, b) => a.at - b.at)) await performOn(engine, operation)
    for (const what of ['deduct', 'attribute', 'due'] as const) await performOn(engine, tick(what, end))
    if (laid) for (const [account] of ACCOUNTS.entries()) await performOn(engine, lastCent(account, end))
    return await Promise.all(ACCOUNTS.map((accountId) => readBooks(app, accountId)))
  } finally {
    await close()
  }
}

function lastCent(account: number, at: number): Operation {
  return { do: 'credit', at, account, kind: 'cash', amount: CENT, paymentId: 'last', priority: 0, expires: undefined }
}

function postingsOf(app: App) {
  const text =
    'select source, used_from, used_to, amount from posting where bucket = $1 and account_id = $2 order by seq'
  return query(app.database.pool, { text }, [bucketOf(ACCOUNTS[0]!), ACCOUNTS[0]!])
}

function seconds(at: Temporal.Instant): number {
  return at.epochMilliseconds / 1000
}
