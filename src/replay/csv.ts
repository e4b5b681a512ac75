import { parse } from 'csv-parse/sync'
import { quantityOf } from './quantity.ts'
import { tableParser, type Table } from './table.ts'
import { skip, type LineParser } from './trace.ts'

const table: Table = {
  format: 'csv',
  split: splitLine,
  needed: [['job_id'], ['start'], ['run_s', 'end'], ['cpus', 'gpus', 'mem_mb']],
  row(fields, line) {
    const raw = {
      line,
      cluster: '',
      job: fields.name('job_id'),
      user: fields.name('user'),
      project: fields.name('project'),
      queue: fields.name('queue'),
      submit: fields.instant('submit'),
      start: fields.instant('start'),
      startColumn: 'start',
      end: fields.instant('end'),
      duration: fields.seconds('run_s'),
      durationColumn: fields.text('run_s') === '' ? 'end' : 'run_s',
      quantity: quantityOf(fields.amount('cpus'), fields.amount('gpus'), fields.amount('mem_mb')),
      quantityColumn: 'cpus',
    }
    if (raw.job === '') fields.fail('job_id')
    const broken = fields.broken()
    return broken ? skip(line, 'broken_row', broken.column, broken.value) : raw
  },
}

/** Rows with the columns job_id, user, project, queue, submit, start, end, run_s, cpus, gpus, mem_mb, in any order; others are ignored. */
export function csvParser(path: string): LineParser {
  return tableParser(table, path)
}

// Each line by itself: in a file read whole, one stray quote would swallow every good row after it.
function splitLine(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(',')
  try {
    return (parse(text, { relax_column_count: true }) as string[][])[0]
  } catch {
    return undefined
  }
}
