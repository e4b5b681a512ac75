import { earlier, later, Refusal } from '../base/index.ts'
import { csvParser } from './csv.ts'
import { judge } from './judge.ts'
import { linesOf } from './lines.ts'
import { sacctParser } from './sacct.ts'
import { swfParser } from './swf.ts'
import {
  explainSkip,
  type LineParser,
  type RawRow,
  type SkippedRow,
  type Trace,
  type TraceFormat,
  type TraceRow,
} from './trace.ts'

const parsers: Record<TraceFormat, (path: string) => LineParser> = {
  sacct: sacctParser,
  swf: swfParser,
  csv: csvParser,
}

const endings: Record<string, TraceFormat> = {
  '.psv': 'sacct',
  '.sacct': 'sacct',
  '.txt': 'sacct',
  '.swf': 'swf',
  '.csv': 'csv',
}

export const traceFormats = Object.keys(parsers) as TraceFormat[]

/**
 * The format that a file's name tells, with or without `.gz`.
 * @throws Refusal trace_wrong_format where it tells none.
 */
export function formatOf(path: string): TraceFormat {
  const ending = /(\.[a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  const format = Object.hasOwn(endings, ending) ? endings[ending] : undefined
  if (format) return format
  const detail = `its name ends in none of ${Object.keys(endings).join(', ')} (each also with .gz)`
  throw new Refusal('trace_wrong_format', { value: path, format: traceFormats.join(' / '), detail })
}

/**
 * Reads a whole trace; nothing is given out before the last byte was read, so a damaged file has no effect at all.
 * A row that cannot be charged is skipped with its reason, never thrown. Memory: about 1 kB a row.
 * @throws Refusal trace_unreadable, trace_truncated, trace_empty, trace_wrong_format.
 */
export async function readTrace(path: string, options: { format?: TraceFormat } = {}): Promise<Trace> {
  const format = options.format ?? formatOf(path)
  const parse = parsers[format](path)
  const raws: RawRow[] = []
  const unread: SkippedRow[] = []
  for await (const { text, line } of linesOf(path, format)) {
    const row = text.trim() === '' ? undefined : parse(text, line)
    if (!row) continue
    if ('reason' in row) unread.push(row)
    else raws.push(row)
  }
  if (raws.length === 0) refuseNothing(path, format, unread)
  const { rows, skipped } = judge(raws)
  skipped.push(...unread)
  return { format, rows, skipped: skipped.toSorted((a, b) => a.line - b.line), ...spanOf(rows) }
}

/** A file without any row that could be read: SWF has no header by which the wrong format would have been seen before. */
function refuseNothing(path: string, format: TraceFormat, unread: readonly SkippedRow[]): void {
  const [first] = unread
  if (!first) throw new Refusal('trace_empty', { value: path })
  if (format !== 'swf') return
  throw new Refusal('trace_wrong_format', { value: path, format, detail: `line ${first.line}: ${explainSkip(first)}` })
}

function spanOf(rows: readonly TraceRow[]): { first?: Temporal.Instant; last?: Temporal.Instant } {
  const [any] = rows
  if (!any) return {}
  let first = any.start
  let last = any.start
  for (const { start, seconds } of rows) {
    first = earlier(first, start)
    last = later(last, start.add({ seconds }))
  }
  return { first, last }
}
