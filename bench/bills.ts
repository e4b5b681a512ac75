import { bucketOf, query, snapshot, SYSTEM, writeCursor } from '../src/base/index.ts'
import { billLines, billTotals, type Grouping } from '../src/settlement/index.ts'
import { openBills, type BillGroup } from './billWorld.ts'
import { atMost, chances, quantile, time, type Row } from './measure.ts'
import { START, TIME_ZONE, type Books, type Stage } from './stage.ts'
import { accountId, projectId, settleDown, userId } from './world.ts'

const DAYS = 365
const PAGE = 50
const REQUESTS = 1200
const GROUPINGS = ['month', 'day', 'project', 'user', 'kind', 'sku'] as const

type Filter = Parameters<typeof billLines>[1]
/** One request, and the bare statement that reads as many rows from the same index. */
type Pair = { engine: () => Promise<unknown>; bare: () => Promise<unknown> }

/**
 * Pages and totals over 20M bill lines: of any account (2,190 lines), and of one that has 306,600. Requests of both and their
 * floors take turns, one at a time, each in a snapshot of its own, as the server reads. Totals are asked by each grouping in
 * turn, so that the slowest of them decides the 99th percentile.
 */
export async function bills(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('bills')
  try {
    const accounts = stage.part(9000, 20)
    const small: BillGroup = { first: 1, last: accounts, projects: 1, users: 1, queues: 6, keys: 6 }
    const heavy = {
      ...small,
      first: accounts + 1,
      last: accounts + 1,
      projects: 20,
      users: 7,
      keys: stage.part(840, 40),
    }
    const days = stage.scale < 1 / 20 ? 40 : DAYS
    stage.say(`loading about ${((accounts * 6 + heavy.keys) * days).toLocaleString('en')} bill lines`)
    const lines = await openBills(books, [small, heavy], days)
    await settleDown(books.database)

    const requests = stage.part(REQUESTS, 5)
    const chance = chances()
    const anyOne = () => accountId(1 + Math.floor(chance() * accounts))
    const someDay = () => Math.floor(chance() * days)
    const heavyId = accountId(heavy.last)
    const narrow = { projectIds: [projectId(heavy.last, 3)], userIds: [userId(heavy.last, 2)] }
    const over = `of ${lines.toLocaleString('en')} lines`
    const heavyName = `heavy account (${(heavy.keys * days).toLocaleString('en')})`
    const measure = (what: string, limit: number, pair: (n: number) => Pair) => measurePair(what, limit, requests, pair)
    const months = Math.max(1, Math.floor(days / 30))
    const someMonth = () => monthsBack(1 + Math.floor(chance() * months), 1)
    const year = monthsBack(months, months)
    return [
      ...(await measure(`bill page ${over}, any account`, 10, () => pageOf(books, anyOne(), 0))),
      ...(await measure(`bill page, ${heavyName}, at any depth`, 10, () => pageOf(books, heavyId, someDay()))),
      ...(await measure(`bill page, ${heavyName}, one project and user`, 10, () => pageOf(books, heavyId, 0, narrow))),
      ...(await measure(`totals of a year ${over}, any account`, 5, (n) => totalsOf(books, anyOne(), n, year))),
      ...(await measure(`totals of a month ${over}, any account`, 5, (n) => totalsOf(books, anyOne(), n, someMonth()))),
      ...(await measure(`totals of a year, ${heavyName}`, 5, (n) => totalsOf(books, heavyId, n, year))),
      ...(await measure(`totals of a month, ${heavyName}`, 5, (n) => totalsOf(books, heavyId, n, someMonth()))),
    ]
  } finally {
    await books.close()
  }
}

/** Medians and 99th percentiles; the target is for the latter. */
async function measurePair(what: string, limit: number, requests: number, make: (n: number) => Pair): Promise<Row[]> {
  const engine: number[] = []
  const bare: number[] = []
  for (let n = 0; n < requests * 1.1; n++) {
    const pair = make(n)
    const floor = await time(pair.bare)
    const taken = await time(pair.engine)
    if (n < requests * 0.1) continue // warms up
    engine.push(taken)
    bare.push(floor)
  }
  return [0.5, 0.99].map((part) => {
    const value = quantile(engine, part)
    const floor = { is: 'bare scan', value: quantile(bare, part) }
    const row = { name: `${what}, p${part * 100}`, value, unit: 'ms' as const, floor }
    return part === 0.99 ? { ...row, target: atMost(value, limit, 'ms') } : row
  })
}

/** A page of the lines of an account, beginning so many days before the last. */
function pageOf({ app, database }: Books, payer: string, daysBack: number, more: Partial<Filter> = {}): Pair {
  const filter: Filter = { of: { accountId: payer }, ...more }
  const day = START.toZonedDateTimeISO(TIME_ZONE).toPlainDate().subtract({ days: daysBack })
  const cursor = writeCursor([day.toString(), 'line_'])
  return {
    engine: () => snapshot(app, SYSTEM, (tx) => billLines(tx, filter, { limit: PAGE, cursor })),
    bare: () =>
      query(
        database.pool,
        {
          name: 'bare-page',
          text: `select * from bill_line where bucket = $1 and account_id = $2 and day < $3::date order by day desc, line_id desc limit ${PAGE + 1}`,
        },
        [bucketOf(payer), payer, day],
      ),
  }
}

type Days = Required<Pick<Filter, 'from' | 'to'>>

/** So many whole months, beginning so many before the one that begins at START. */
function monthsBack(back: number, months: number): Days {
  const from = START.toZonedDateTimeISO(TIME_ZONE).toPlainDate().subtract({ months: back })
  return { from, to: from.add({ months }) }
}

/** An account's totals by the n-th grouping; beside it, one sum over the same rows of the roll-up. */
function totalsOf({ app, database }: Books, payer: string, n: number, days: Days): Pair {
  const groupBy: Grouping = GROUPINGS[n % GROUPINGS.length]!
  const keyedBy = groupBy === 'month' || groupBy === 'kind' ? 'sku' : groupBy
  return {
    engine: () => snapshot(app, SYSTEM, (tx) => billTotals(tx, { of: { accountId: payer }, ...days }, groupBy)),
    bare: () =>
      query(
        database.pool,
        {
          name: 'bare-total',
          text: `select sum(amount) from bill_month where bucket = $1 and account_id = $2 and keyed_by = $3 and month >= $4::date and month < $5::date`,
        },
        [bucketOf(payer), payer, keyedBy, days.from, days.to],
      ),
  }
}
