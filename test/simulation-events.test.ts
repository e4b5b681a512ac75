import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, query } from '../src/base/index.ts'
import { openTestApp } from './harness.ts'
import type { Books } from './model/compare.ts'
import { instant, openEngine, performOn, readBooks, type Engine } from './model/engine.ts'
import { DAY, type Event } from './model/rules.ts'
import { eventsOf, life } from './model/schedule.ts'
import { ACCOUNTS, PROJECTS, START, type Operation } from './model/world.ts'

/** After all that the lives of resources bring. */
const END = START + 10 * DAY
const LATER = END + 3 * DAY

const lives = fc.array(life, { minLength: 1, maxLength: 4, size: 'max' })
const known = lives.map((each) => {
  const events = each.flatMap((one, n) => eventsOf(one, n).map(({ event }) => event))
  return [...new Map(events.map((event) => [event.id, event])).values()]
})
/** The same events in any order, some of them again, in batches of any size, with hours in between. */
const scrambled = known.chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
    again: fc.subarray(events),
    sizes: fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
    pauses: fc.infiniteStream(fc.constantFrom(0, 1, 300, 3600, 5000)),
    deletes: fc.option(fc.nat(1)),
  }),
)

test('the same events give the same spans, wallets and bills, in whatever order, batches and numbers they come', async () => {
  await fc.assert(
    fc.asyncProperty(scrambled, async ({ events, order, again, sizes, pauses, deletes }) => {
      const deletion: Operation[] =
        deletes === null ? [] : [{ do: 'delete', at: END, account: 0, project: PROJECTS[0]![deletes]! }]
      const inOrder = [...events].sort((a, b) => a.at - b.at)
      const plain = [
        ...deletion,
        ...batches(
          inOrder,
          () => inOrder.length,
          () => 0,
        ),
      ]
      const mixed = batches(
        [...order, ...again],
        () => sizes.next().value,
        () => pauses.next().value,
      )
      const ticked = mixed.flatMap((each): Operation[] => [
        each,
        { do: 'tick', what: 'deduct', at: each.at },
        { do: 'tick', what: 'attribute', at: each.at },
      ])
      assert.deepEqual(
        await outcomeOf([...ticked.slice(0, 1), ...deletion, ...ticked.slice(1)]),
        await outcomeOf(plain),
      )
    }),
    { seed: 21, numRuns: 8 },
  )
})

test('corrections end at the bill that would have stood had all been known from the start', async () => {
  const money = (cents: bigint) =>
    ACCOUNTS.map((_, account): Operation => {
      return { do: 'credit', at: END, account, kind: 'cash', amount: cents * 36_000_000n, ...CASH, paymentId: 'first' }
    })
  const cents = fc.oneof(fc.constant(ENOUGH), fc.bigInt({ min: 1n, max: 3000n }))
  await fc.assert(
    fc.asyncProperty(scrambled, cents, async ({ events, order, pauses }, cents) => {
      const late = batches(
        order,
        () => 1,
        () => pauses.next().value,
      )
      const corrected = late.flatMap((each): Operation[] => [each, { do: 'tick', what: 'attribute', at: each.at }])
      const ours = await outcomeOf([...money(cents), ...corrected])
      const theirs = await outcomeOf([
        ...money(cents),
        ...batches(
          events,
          () => events.length,
          () => 0,
        ),
      ])
      // Money that does not last is spent in the order in which use becomes known: then only the totals are the same.
      if (cents === ENOUGH) assert.deepEqual(ours, theirs)
      else assert.deepEqual(ours.books.map(withoutPayers), theirs.books.map(withoutPayers))
    }),
    { seed: 22, numRuns: 8 },
  )
})

const ENOUGH = 10_000_000n

function withoutPayers({ lines, ...books }: Books) {
  const amounts = new Map(Object.entries(lines).map(([line, { amount }]) => [line, amount]))
  return { ...books, amounts }
}

const CASH = { priority: 0, expires: undefined }

function batches(events: readonly Event[], size: () => number, pause: () => number): Operation[] {
  const found: Operation[] = []
  let at = END
  for (let from = 0; from < events.length;) {
    const to = from + size()
    found.push({ do: 'events', at, events: events.slice(from, to) })
    from = to
    at += pause()
  }
  return found
}

/** What some operations come to, when all is laid out: spans, books, and what still waits. */
async function outcomeOf(operations: readonly Operation[]) {
  const { app, clock, close } = await openTestApp({ at: instant(START).toString() })
  try {
    const engine = await openEngine(app, clock)
    for (const operation of operations) await performOn(engine, operation)
    // A cent for each lays everything out through this second; its lot is the last to pay.
    for (const [account] of ACCOUNTS.entries()) {
      await performOn(engine, {
        do: 'credit',
        at: LATER,
        account,
        kind: 'cash',
        amount: 36_000_000n,
        ...CASH,
        paymentId: 'cent',
      })
    }
    return {
      books: await Promise.all(ACCOUNTS.map((accountId) => readBooks(app, accountId))),
      spans: await spansOf(engine),
    }
  } finally {
    await close()
  }
}

async function spansOf({ app }: Engine) {
  const text = `select subject, run, project_id, user_id, sku, rate, started_at::text, ended_at::text from usage_span
    where bucket = $1 and account_id = $2 order by subject, started_at`
  const waiting = await query(app.database.pool, {
    text: 'select source, event_id, code from parked_event order by event_id',
  })
  const spans = await Promise.all(ACCOUNTS.map((each) => query(app.database.pool, { text }, [bucketOf(each), each])))
  return { spans, waiting }
}
