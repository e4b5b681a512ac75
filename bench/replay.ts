import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT, defaultDataFolder } from '../src/app/config.ts'
import { startThrowaway } from '../src/app/embedded/throwaway.ts'
import { migrate } from '../src/app/migrate.ts'
import { openDatabase, query, systemClock } from '../src/base/index.ts'
import { readTrace, replay as replayTrace } from '../src/replay/index.ts'
import { writeAgain } from './floor.ts'
import { atMost, type Row } from './measure.ts'
import { TIME_ZONE, type Stage } from './stage.ts'

const KEPT = ['usage_event', 'usage_span', 'posting', 'bill_line', 'bill_day', 'draw']
/** A real trace that may not be copied into the repository; it lies beside the checkout where it is at hand. */
const MONTHS = join(CHECKOUT, '../shared/data/traces/metacentrum_wagap_2013.jobs.csv.gz')
const FIXTURE = join(CHECKOUT, 'examples/trace.psv')

/**
 * 110 days of a real cluster, lived through boundary by boundary and audited, on a throwaway database as the command does it; the committed
 * trace of a few jobs where that one is not at hand, and at less than full volume. Beside it, the rows that it left written by bare statements.
 */
export async function replay(stage: Stage): Promise<Row[]> {
  const months = stage.scale === 1 && existsSync(MONTHS)
  const embedded = await startThrowaway({ binariesFolder: defaultDataFolder() })
  const database = openDatabase(embedded.database())
  try {
    await migrate(database, systemClock)
    const trace = await readTrace(months ? MONTHS : FIXTURE)
    const prices = JSON.parse(readFileSync(join(CHECKOUT, 'examples/prices.json'), 'utf8'))
    const done = await replayTrace(trace, { database, timeZone: TIME_ZONE, prices, wallClock: systemClock })
    if (done.audit.violations.length > 0) throw new Error(`the replay's audit found ${done.audit.violations.length}`)
    let bare = 0
    for (const table of KEPT) bare += await writeAgain(database, table)
    const [kept] = await query<{ rows: bigint }>(database.pool, {
      text: `select ${KEPT.map((table) => `(select count(*) from bare_${table})`).join(' + ')} as rows`,
    })
    return [
      {
        name: `replay of ${months ? '110 days of MetaCentrum' : 'the committed trace'}, ${done.spans.toLocaleString('en')} jobs, with audit`,
        value: done.seconds,
        unit: 's',
        floor: { is: `INSERT of its ${kept!.rows.toLocaleString('en')} rows`, value: bare / 1000 },
        ...(months ? { target: atMost(done.seconds, 120, 's') } : {}),
      },
    ]
  } finally {
    await database.close()
    await embedded.stop()
  }
}
