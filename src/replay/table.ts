import { Refusal } from '../base/index.ts'
import { fieldsOf, type Fields } from './fields.ts'
import { skip, type LineParser, type RawRow, type SkippedRow, type TraceFormat } from './trace.ts'

/** A format whose first line names its columns. */
export type Table = {
  format: TraceFormat
  split(text: string): string[] | undefined
  /** Of each of these groups one column must be there. */
  needed: readonly (readonly string[])[]
  /** Columns in which people may write the separator: where one stands last, what it spills over is left out. */
  freeText?: ReadonlySet<string>
  row(fields: Fields, line: number): RawRow | SkippedRow
}

/**
 * A parser that takes the first line as the header and the others as rows.
 * @throws Refusal (the parser) trace_wrong_format where the header lacks a needed column.
 */
export function tableParser(table: Table, path: string): LineParser {
  let header: string[] | undefined
  return (text, line) => {
    const cells = table.split(text)
    if (!header) {
      header = readHeader(table, path, cells ?? [], line)
      return undefined
    }
    if (!cells) return skip(line, 'broken_row', 'row', text)
    const spilled = cells.length > header.length && table.freeText?.has(header.at(-1) ?? '')
    if (cells.length !== header.length && !spilled)
      return skip(line, 'broken_row', 'columns', `${cells.length} / ${header.length}`)
    const columns = header
    return table.row(
      fieldsOf((column) => cells[columns.indexOf(column)]),
      line,
    )
  }
}

function readHeader(table: Table, path: string, cells: string[], line: number): string[] {
  const header = cells.map((cell) => cell.trim())
  const missing = table.needed.filter((group) => !group.some((column) => header.includes(column)))
  if (missing.length > 0) {
    const detail = `line ${line} must be a header; it lacks ${missing.map((group) => group.join(' / ')).join(', ')}`
    throw new Refusal('trace_wrong_format', { value: path, format: table.format, detail })
  }
  return header
}
