import { Refusal } from '../base/index.ts'
import { fieldsOf, LAST_TIME, MICROS, type Fields } from './fields.ts'
import { quantityOf } from './quantity.ts'
import { skip, type LineParser, type RawRow, type SkippedRow, type TraceQuantity } from './trace.ts'

const FIELDS = 18
const EPOCH_HEADER = /^\s*;\s*UnixStartTime\s*:\s*(\S*)/i

/**
 * The Standard Workload Format: blank-separated fields numbered from 1, `;` before comments, -1 for what is unknown. Fields after
 * the eighteenth are ignored. A header `; UnixStartTime: N` is the instant from which the file counts; without it, the epoch.
 * @throws Refusal (the parser) trace_wrong_format where UnixStartTime is not a time.
 */
export function swfParser(path: string): LineParser {
  let epoch = 0n
  return (text, line) => {
    if (text.trimStart().startsWith(';')) {
      epoch = readEpoch(text, path, line) ?? epoch
      return undefined
    }
    const cells = text.trim().split(/\s+/)
    if (cells.length < FIELDS) return skip(line, 'broken_row', 'fields', `${cells.length} / ${FIELDS}`)
    return readRow(
      fieldsOf((column) => cells[Number(column) - 1]),
      epoch,
      line,
    )
  }
}

function readEpoch(comment: string, path: string, line: number): bigint | undefined {
  const value = EPOCH_HEADER.exec(comment)?.[1]
  if (value === undefined || value === '-1') return undefined
  // Times reckoned from a start that was misread would all be wrong: better none than those.
  if (!/^\d{1,12}$/.test(value)) {
    throw new Refusal('trace_wrong_format', {
      value: path,
      format: 'swf',
      detail: `line ${line}: UnixStartTime = "${value.slice(0, 40)}"`,
    })
  }
  return BigInt(value) * MICROS
}

function readRow(fields: Fields, epoch: bigint, line: number): RawRow | SkippedRow {
  const submitted = fields.seconds('2')
  const waited = fields.seconds('3')
  const submit = submitted === undefined || submitted < 0n ? undefined : epoch + submitted
  const start = submit === undefined || waited === undefined || waited < 0n ? undefined : submit + waited
  const raw = {
    line,
    cluster: '',
    job: String(numberIn(fields, '1') ?? ''),
    user: named('u', numberIn(fields, '12')),
    project: named('g', numberIn(fields, '13')),
    queue: named('', numberIn(fields, '15')),
    submit,
    start,
    startColumn: '2 + 3',
    end: undefined,
    duration: fields.seconds('4'),
    durationColumn: '4',
    quantity: readCpus(fields),
    quantityColumn: '5',
  }
  // The format has -1 for what is unknown, never nothing: what is not a number is no SWF.
  for (const column of ['2', '3', '4']) if (fields.seconds(column) === undefined) fields.fail(column)
  if (start !== undefined && start > LAST_TIME) fields.fail('2')
  const broken = fields.broken()
  return broken ? skip(line, 'broken_row', broken.column, broken.value) : raw
}

/** Field 5, or 8 where that is not positive; undefined where neither is. */
function readCpus(fields: Fields): TraceQuantity | undefined {
  for (const column of ['5', '8']) {
    if (fields.text(column).startsWith('-') && fields.seconds(column) !== undefined) continue
    const cpus = fields.amount(column) ?? fields.fail(column)
    if (cpus && cpus.digits > 0n) return quantityOf(cpus)
  }
  return undefined
}

function numberIn(fields: Fields, column: string): bigint | undefined {
  const text = fields.text(column)
  return /^-?\d{1,18}$/.test(text) ? BigInt(text) : fields.fail(column)
}

function named(prefix: string, id: bigint | undefined): string {
  return id === undefined || id < 0n ? '' : `${prefix}${id}`
}
