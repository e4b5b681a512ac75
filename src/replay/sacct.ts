import type { Fields } from './fields.ts'
import { parseTres } from './quantity.ts'
import { tableParser, type Table } from './table.ts'
import { skip, type LineParser, type RawRow, type SkippedRow } from './trace.ts'

const table: Table = {
  format: 'sacct',
  split: (text) => text.split('|'),
  needed: [['JobID', 'JobIDRaw'], ['Start'], ['ElapsedRaw', 'Elapsed', 'End'], ['AllocTRES']],
  // sacct does not escape its separator, and users name their jobs: a `|` in a name must not make a job free.
  freeText: new Set(['JobName', 'Comment', 'AdminComment', 'SystemComment', 'SubmitLine', 'WorkDir']),
  row: readRow,
}

/** The lines of `sacct -P`, header first. AllocTRES is priced, never ReqTRES; job steps are skipped. */
export function sacctParser(path: string): LineParser {
  return tableParser(table, path)
}

function readRow(fields: Fields, line: number): RawRow | SkippedRow {
  const job = fields.name('JobID') || fields.name('JobIDRaw')
  if (job.includes('.')) return skip(line, 'step', 'JobID', job)
  const elapsed = fields.seconds('ElapsedRaw')
  const tres = fields.text('AllocTRES')
  const raw = {
    line,
    cluster: fields.name('Cluster'),
    job,
    user: fields.name('User'),
    project: fields.name('Account'),
    queue: fields.name('Partition'),
    submit: fields.instant('Submit'),
    start: fields.instant('Start'),
    startColumn: 'Start',
    end: fields.instant('End'),
    duration: elapsed ?? fields.elapsed('Elapsed'),
    durationColumn: elapsed !== undefined ? 'ElapsedRaw' : fields.text('Elapsed') !== '' ? 'Elapsed' : 'End',
    // A job that never started holds nothing; only one that ran must say what it held.
    quantity: tres === '' ? undefined : (parseTres(tres) ?? fields.fail('AllocTRES')),
    quantityColumn: 'AllocTRES',
  }
  if (job === '') fields.fail('JobID')
  const broken = fields.broken()
  return broken ? skip(line, 'broken_row', broken.column, broken.value) : raw
}
