import type { Row } from './measure.ts'

const HEADS = ['', 'measured', 'floor', 'ratio', 'target', 'met']

/** The rows as a table in Markdown; at less than full volume no target is judged. */
export function showTable(rows: readonly Row[], full: boolean): string {
  const cells = rows.map(({ name, value, unit, floor, target }) => [
    name,
    show(value, unit),
    floor ? `${show(floor.value, unit)} (${floor.is})` : '',
    floor ? `${(value / floor.value).toFixed(2)}x` : '',
    target?.text ?? '',
    target && full ? (target.met ? 'yes' : 'NO') : '',
  ])
  const widths = HEADS.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(HEADS), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

function show(value: number, unit: Row['unit']): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${unit.endsWith('s/s') ? Math.round(value).toLocaleString('en') : value.toFixed(digits)} ${unit}`
}
