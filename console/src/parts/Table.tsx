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

/** Rows under their titles; it scrolls in its own box where the screen is too narrow. */
export function Table<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf(row: Row): string
}) {
  const { label, columns, rows, keyOf } = props
  const cell = ({ right, wide, widest }: Column<Row>) =>
    `${right ? 'text-right' : 'text-left'} ${widest ? 'max-lg:hidden' : wide ? 'max-sm:hidden' : ''} px-3 first:pl-5 last:pr-5 sm:first:pl-6 sm:last:pr-6`
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
