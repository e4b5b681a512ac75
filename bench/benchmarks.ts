import { admission } from './admission.ts'
import { attribution } from './attribution.ts'
import { beside } from './beside.ts'
import { bills } from './bills.ts'
import { deduction } from './deduction.ts'
import { events } from './events.ts'
import { exports } from './exports.ts'
import type { Row } from './measure.ts'
import { page } from './page.ts'
import { replay } from './replay.ts'
import { server } from './server.ts'
import { openStage, type Stage, type StageOptions } from './stage.ts'
import { topups } from './topups.ts'

/** Every benchmark by its name: it makes its own books, measures, and answers rows of the table. */
export const benchmarks: Record<string, (stage: Stage) => Promise<Row[]>> = {
  deduction,
  attribution,
  events,
  bills,
  replay,
  server,
  admission,
  exports,
  topups,
  beside,
  page,
}

/** Runs some benchmarks one after the other on a PostgreSQL of their own. */
export async function runBenchmarks(names: readonly string[], options: StageOptions): Promise<Row[]> {
  const stage = await openStage(options)
  try {
    const rows: Row[] = []
    for (const name of names) {
      const began = performance.now()
      options.say(`${name} ..`)
      rows.push(...(await benchmarks[name]!(stage)))
      options.say(`${name} took ${((performance.now() - began) / 1000).toFixed(0)} s`)
    }
    return rows
  } finally {
    await stage.close()
  }
}
