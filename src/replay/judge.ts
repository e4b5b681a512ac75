import { instantOf } from '../base/index.ts'
import { floorDivide, LAST_TIME, MICROS } from './fields.ts'
import { skip, type RawRow, type SkippedRow, type TraceRow } from './trace.ts'

const NAMELESS = 'default'

/** Decides of each row whether it is charged and for how long. Rows come out in the order they went in. */
export function judge(raws: readonly RawRow[]): { rows: TraceRow[]; skipped: SkippedRow[] } {
  const last = lastInstant(raws)
  const rows: TraceRow[] = []
  const skipped: SkippedRow[] = []
  for (const raw of raws) {
    const judged = judgeRow(raw, last)
    if ('reason' in judged) skipped.push(judged)
    else rows.push(judged)
  }
  numberRuns(rows)
  return { rows, skipped }
}

/** The last instant of the trace: the greatest start, end, or start + duration of any row that could be read. */
function lastInstant(raws: readonly RawRow[]): bigint {
  let last = 0n
  for (const { start, end, duration } of raws) {
    const ran = start !== undefined && duration !== undefined ? start + duration : undefined
    for (const at of [start, end, ran]) if (at !== undefined && at > last && at <= LAST_TIME) last = at
  }
  return last
}

function judgeRow(raw: RawRow, last: bigint): TraceRow | SkippedRow {
  const { line, start, duration } = raw
  if (duration !== undefined && duration < 0n)
    return skip(line, 'bad_duration', raw.durationColumn, floorDivide(duration, MICROS).toString())
  if (duration === 0n) return skip(line, 'never_ran', raw.durationColumn, '0')
  if (start === undefined) return skip(line, 'no_start', raw.startColumn)
  const end = duration !== undefined ? start + duration : (raw.end ?? last)
  // Both ends are floored, so that a second which two jobs share is counted once.
  const from = floorDivide(start, MICROS)
  const seconds = floorDivide(end, MICROS) - from
  if (seconds < 0n || end > LAST_TIME) return skip(line, 'bad_duration', raw.durationColumn, seconds.toString())
  if (seconds === 0n) return skip(line, 'never_ran', raw.durationColumn, '0')
  if (!raw.quantity) return skip(line, 'broken_row', raw.quantityColumn)
  return {
    line,
    cluster: raw.cluster,
    job: raw.job,
    run: 1,
    subject: raw.job,
    user: raw.user || NAMELESS,
    project: raw.project,
    payer: raw.project || raw.user || NAMELESS,
    queue: raw.queue || NAMELESS,
    ...(raw.submit === undefined ? {} : { submit: instantOf(Number(floorDivide(raw.submit, MICROS))) }),
    start: instantOf(Number(from)),
    seconds: Number(seconds),
    quantity: raw.quantity,
    ...(duration === undefined && raw.end === undefined ? { stillRunning: true as const } : {}),
  }
}

/**
 * Numbers the rows of each job id by submit time, then start. A row that ran at the same time as an earlier one is no later life of
 * the same resource (whose start would end the one before) but another resource: one site's trace gives all the tasks of an
 * array, 452 at once, a single id.
 */
function numberRuns(rows: readonly TraceRow[]): void {
  const jobs = Map.groupBy(rows, (row) => keyOf(row.cluster, row.job))
  for (const runs of jobs.values()) {
    if (runs.length === 1) continue
    runs.sort((a, b) => secondsOfSubmit(a) - secondsOfSubmit(b) || startOf(a) - startOf(b) || a.line - b.line)
    let free = Number.NEGATIVE_INFINITY
    for (const [index, row] of runs.entries()) {
      row.run = index + 1
      if (startOf(row) >= free) free = startOf(row) + row.seconds
      else {
        row.subject = `${row.job}#${row.run}`
        while (jobs.has(keyOf(row.cluster, row.subject))) row.subject += '#'
      }
    }
  }
}

function keyOf(cluster: string, job: string): string {
  return `${cluster}\0${job}`
}

function startOf(row: TraceRow): number {
  return row.start.epochMilliseconds / 1000
}

function secondsOfSubmit(row: TraceRow): number {
  return (row.submit ?? row.start).epochMilliseconds / 1000
}
