import type { Row } from './measure.ts'
import { atMostTimes, median, time } from './measure.ts'
import { deduct } from '../src/settlement/index.ts'
import { makeLike } from './floor.ts'
import type { Books, Stage } from './stage.ts'
import { addSpans, openAccounts, publishPrices, settleDown, withoutIndexes, type Group } from './world.ts'

const ROUNDS = 5
/** What the same may differ by: a run of the same benchmark differs by this much on a quiet machine. */
const SAME = 1.25
/** As long as it takes until an index of the journal is larger than PostgreSQL's 256 MB of memory: 3.6 million postings. */
const HOURS = 3

/**
 * The five-minute deduction of 100,000 accounts, with 1M and with 10M running spans, and then with hours of postings behind it, beside a bare
 * UPDATE of as many rows laid out alike. The deduction also writes a posting a wallet; the UPDATE does not.
 */
export async function deduction(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('deduction')
  try {
    const group = { first: 1, last: stage.part(100_000, 100), projects: 2, users: 1, queues: 5 }
    await publishPrices(books.app)
    await openAccounts(books.database, group)
    const figures = []
    for (const [from, to] of [
      [0, 9],
      [10, 99],
    ] as const) {
      const spans = group.last * (to + 1)
      stage.say(`loading ${spans.toLocaleString('en')} running spans`)
      const now = books.clock.now()
      await withoutIndexes(books.database, ['usage_event', 'usage_span'], () =>
        addSpans(books.app, group, from, to, now),
      )
      figures.push({ spans, ...(await measure(books, group)) })
    }
    stage.say(`deducting for ${HOURS} hours`)
    for (let tick = 0; tick < HOURS * 12; tick++) {
      books.clock.advance(300)
      await deduct(books.app, books.clock.now())
    }
    const accounts = group.last.toLocaleString('en')
    const rowOf = (about: string, { deducted, bare }: Deducted): Row => {
      const floor = { is: 'bare UPDATE', value: bare }
      const name = `deduction of ${accounts} accounts, ${about}`
      return { name, value: deducted, unit: 'ms', floor, target: atMostTimes(deducted, bare, 3) }
    }
    const rows = figures.map((figure) => rowOf(`${figure.spans.toLocaleString('en')} spans`, figure))
    rows.push(rowOf(`${HOURS} hours of postings later`, await measure(books, group)))
    const [few, many] = figures
    const target = { text: 'the same', met: many!.deducted <= few!.deducted * SAME }
    const floor = { is: 'at a tenth of the spans', value: few!.deducted }
    return [...rows, { name: 'ten times the spans', value: many!.deducted, unit: 'ms', floor, target }]
  } finally {
    await books.close()
  }
}

/** Medians in milliseconds. */
type Deducted = { deducted: number; bare: number }

/** Both tables have been updated equally often. */
async function measure({ app, clock, database }: Books, group: Group): Promise<Deducted> {
  await makeLike(database, 'bare_wallet', 'wallet')
  await database.pool.query('insert into bare_wallet select * from wallet')
  await settleDown(database)
  const deducted: number[] = []
  const bare: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    clock.advance(300)
    let count = 0
    const engine = await time(async () => (count = await deduct(app, clock.now())))
    if (count !== group.last) throw new Error(`${count} wallets were deducted, not ${group.last}`)
    const floor = await time(() => database.pool.query('update bare_wallet set balance = balance - 1'))
    // The first writes whole pages to the journal, after the checkpoint.
    if (round === 0) continue
    deducted.push(engine)
    bare.push(floor)
  }
  return { deducted: median(deducted), bare: median(bare) }
}
