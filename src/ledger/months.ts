import { query, type App } from '../base/index.ts'

const MONTHS_AHEAD = 2

/**
 * Lays the journal's partitions for this month and the two after it, by UTC. A month that has postings in the catch-all partition
 * already stays there: the journal is right either way, only larger.
 */
export async function layMonths(app: App): Promise<void> {
  const month = app.clock.now().toZonedDateTimeISO('UTC').toPlainDate().toPlainYearMonth()
  for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) await layMonth(app, month.add({ months: ahead }))
}

async function layMonth(app: App, month: Temporal.PlainYearMonth): Promise<void> {
  const name = `posting_${month.toString().replace('-', '_')}`
  const [found] = await query(app.database.pool, { text: 'select from pg_class where relname = $1' }, [name])
  if (found) return
  const [from, to] = [month, month.add({ months: 1 })].map((each) => `${each}-01T00:00:00Z`)
  const [kept] = await query(
    app.database.pool,
    { text: 'select from posting_other where at >= $1 and at < $2 limit 1' },
    [from!, to!],
  )
  if (kept) return
  try {
    await query(app.database.pool, {
      text: `create table ${name} partition of posting for values from ('${from}') to ('${to}')`,
    })
  } catch (error) {
    // 42P07: another process was first. 23514: a posting of that month came in between.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== '42P07' && code !== '23514') throw error
  }
}
