import type { ReactNode } from 'react'

/** A column of a table; `right` for figures. */
export type Column<Row> = {
  title: string
  right?: boolean
  /** Its title is said, not shown. */
  untitled?: boolean
  /** Left out on phones; `widest` on tablets too. */
  wide?: boolean
  widest?: boolean
  cell(row: Row): ReactNode
  /** Under the column. */
  foot?: ReactNode
}

/** Room on either side of a column: more at the edges of the table, which are other columns where some are left out. */
function roomOf<Row>(columns: readonly Column<Row>[], column: Column<Row>): string {
  const onTablets = columns.filter(({ widest }) => !widest)
  const onPhones = onTablets.filter(({ wide }) => !wide)
  const isFirst = (shown: readonly Column<Row>[]) => shown[0] === column
  const isLast = (shown: readonly Column<Row>[]) => shown.at(-1) === column
  return [
    isFirst(onPhones) ? 'pl-5' : 'pl-2',
    isLast(onPhones) ? 'pr-5' : 'pr-2',
    isFirst(onTablets) ? 'sm:pl-6' : 'sm:pl-3',
    isLast(onTablets) ? 'sm:pr-6' : 'sm:pr-3',
    isFirst(columns) ? 'lg:pl-6' : 'lg:pl-3',
    isLast(columns) ? 'lg:pr-6' : 'lg:pr-3',
  ].join(' ')
}

/** Rows under their titles; it scrolls in its own box where the screen is too narrow. */
export function Table<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf(row: Row): string
}) {
  const { label, columns, rows, keyOf } = props
  const cell = (column: Column<Row>) => {
    const { right, wide, widest } = column
    const hidden = widest ? 'max-lg:hidden' : wide ? 'max-sm:hidden' : ''
    return `${right ? 'text-right' : 'text-left'} ${hidden} ${roomOf(columns, column)}`
  }
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label={label}>
      <table className="w-full border-collapse text-small">
        <thead>
          <tr className="border-b border-line text-soft">
            {columns.map((column) => (
              <th key={column.title} scope="col" className={`${cell(column)} py-2 font-medium whitespace-nowrap`}>
                {column.untitled ? <span className="sr-only">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-0 hover:bg-wash/60">
              {columns.map((column) => (
                <td key={column.title} className={`${cell(column)} py-2.5 align-top`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {columns.some(({ foot }) => foot !== undefined) && (
          <tfoot>
            <tr className="border-t border-edge font-semibold">
              {columns.map((column) => (
                <td key={column.title} className={`${cell(column)} py-3`}>
                  {column.foot}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  )
}
