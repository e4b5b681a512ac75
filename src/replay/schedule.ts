import { instantOf, secondsOf } from '../base/index.ts'
import { skuOf } from './chargeable.ts'
import type { TraceRow } from './trace.ts'
import type { World } from './world.ts'

/** A start or a stop of a row, at a whole second since the epoch. */
export type Happening = { second: number; type: 'started' | 'stopped'; row: TraceRow }

/** What happens in a trace, in order of time; in one second what ends comes before what begins. */
export function schedule(rows: readonly TraceRow[]): Happening[] {
  const happenings = rows.flatMap((row): Happening[] => {
    const second = secondsOf(row.start)
    return [
      { second, type: 'started', row },
      { second: second + row.seconds, type: 'stopped', row },
    ]
  })
  return happenings.sort(
    (a, b) => a.second - b.second || (a.type === b.type ? a.row.line - b.row.line : a.type === 'stopped' ? -1 : 1),
  )
}

/** The usage event (CloudEvents 1.0) that a platform would have sent. */
export function toEvent({ second, type, row }: Happening, world: World): object {
  const { projectId: project, userId: user } = world.placeOf(row)
  const opening = type === 'started' ? { user, kind: 'job', sku: skuOf(row), quantity: row.quantity } : {}
  return {
    specversion: '1.0',
    // A cluster that happens to be called `trace` is not the trace's nameless one.
    source: row.cluster === '' ? 'trace' : `trace/${row.cluster}`,
    id: `${row.subject}:${row.run}:${type}`,
    type: `corehour.usage.${type}`,
    subject: row.subject,
    time: instantOf(second).toString(),
    data: { project, run: row.run, ...opening },
  }
}
