import { bucketOf, query, SYSTEM, transact, writeCursor } from '../src/base/index.ts'
import { billLines, billTotals } from '../src/settlement/index.ts'
import { openBills, type BillGroup } from './billWorld.ts'
import { atMost, chances, quantile, time, type Row } from './measure.ts'
import { START, type Books, type Stage } from './stage.ts'
import { accountId, projectId, settleDown, userId } from './world.ts'

const DAYS = 365
const PAGE = 50
const REQUESTS = 500

type Filter = Parameters<typeof billLines>[1]
/** One request, and the bare statement that reads as many rows from the same index. */
type Pair = { engine: () => Promise<unknown>; bare: () => Promise<unknown> }

/**
 * Pages and totals over 20M bill lines: of any account (2,190 lines), and of one that has 306,600. Requests of both and their
 * floors take turns, one at a time, and each transaction is opened and closed as a server would.
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
    const measure = (what: string, limit: number, pair: () => Pair) => measurePair(what, limit, requests, pair)
    return [
      ...(await measure(`bill page ${over}, any account`, 10, () => pageOf(books, anyOne(), 0))),
      ...(await measure(`bill page, ${heavyName}, at any depth`, 10, () => pageOf(books, heavyId, someDay()))),
      ...(await measure(`bill page, ${heavyName}, one project and user`, 10, () => pageOf(books, heavyId, 0, narrow))),
      ...(await measure(`totals by month ${over}, any account`, 5, () => totalsOf(books, anyOne()))),
      ...(await measure(`totals by month, ${heavyName}`, 5, () => totalsOf(books, heavyId))),
    ]
  } finally {
    await books.close()
  }
}

/** Medians and 99th percentiles; the target is for the latter. */
async function measurePair(what: string, limit: number, requests: number, make: () => Pair): Promise<Row[]> {
  const engine: number[] = []
  const bare: number[] = []
  for (let n = 0; n < requests * 1.1; n++) {
    const pair = make()
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
  const day = START.toZonedDateTimeISO(app.timeZone).toPlainDate().subtract({ days: daysBack })
  const cursor = writeCursor([day.toString(), 'line_'])
  return {
    engine: () => transact(app, SYSTEM, (tx) => billLines(tx, filter, { limit: PAGE, cursor })),
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

/** An account's totals by month over all days, from the roll-up. */
function totalsOf({ app, database }: Books, payer: string): Pair {
  return {
    engine: () => transact(app, SYSTEM, (tx) => billTotals(tx, { of: { accountId: payer } }, 'month')),
    bare: () =>
      query(
        database.pool,
        { name: 'bare-total', text: 'select sum(amount) from bill_day where bucket = $1 and account_id = $2' },
        [bucketOf(payer), payer],
      ),
  }
}
