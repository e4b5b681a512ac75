import { attribute, deduct } from '../src/settlement/index.ts'
import { writeAgain } from './floor.ts'
import { time, type Row } from './measure.ts'
import type { Books, Stage } from './stage.ts'
import { addSpans, openAccounts, publishPrices, settleDown } from './world.ts'

const KEYS = 10

/**
 * Attribution for 100,000 accounts in which ten keys run: of a whole day at once, as after an outage, and of the hour after it,
 * the usual course. Beside it, the same rows written by bare statements.
 */
export async function attribution(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('attribution')
  const { app, database } = books
  try {
    const group = { first: 1, last: stage.part(100_000, 100), projects: 2, users: 1, queues: 5 }
    stage.say(`loading ${(group.last * KEYS).toLocaleString('en')} running spans`)
    await publishPrices(app)
    await openAccounts(database, group)
    // One round of all accounts after the other: spans of one account lie as far apart as in life.
    for (let n = 0; n < KEYS; n++) await addSpans(app, group, n, n)
    await settleDown(database)
    const what = `${group.last.toLocaleString('en')} accounts x ${KEYS} keys`

    const day = await attributeAfter(books, 24, group.last)
    const lines = await writeAgain(database, 'bill_line')
    const days = await writeAgain(database, 'bill_day')
    const draws = await writeDraws(books)
    const hour = await attributeAfter(books, 1, group.last)
    const added = await time(() =>
      database.pool.query('update bare_bill_line set amount = amount + 1, cash = cash + 1'),
    )
    const addedDays = await time(() =>
      database.pool.query('update bare_bill_day set amount = amount + 1, cash = cash + 1'),
    )
    const drawn = await writeDraws(books)
    return [
      {
        name: `attribution of a day, ${what}`,
        value: day / 1000,
        unit: 's',
        floor: { is: 'INSERT of the same rows', value: (lines + days + draws) / 1000 },
      },
      {
        name: `attribution of the next hour, ${what}`,
        value: hour / 1000,
        unit: 's',
        floor: { is: 'UPDATE, INSERT of the same rows', value: (added + addedDays + drawn) / 1000 },
      },
    ]
  } finally {
    await books.close()
  }
}

async function attributeAfter({ app, clock }: Books, hours: number, accounts: number): Promise<number> {
  clock.advance(hours * 3600)
  await deduct(app, clock.now())
  let count = 0
  const taken = await time(async () => (count = await attribute(app, clock.now())))
  if (count !== accounts) throw new Error(`${count} accounts were attributed, not ${accounts}`)
  return taken
}

/** The newest draws and their postings again. */
async function writeDraws({ clock, database }: Books): Promise<number> {
  const at = `'${clock.now()}'`
  const draws = await writeAgain(database, 'draw', `at = ${at}`)
  return draws + (await writeAgain(database, 'posting', `recorded_at = ${at} and source = 'draw'`))
}
