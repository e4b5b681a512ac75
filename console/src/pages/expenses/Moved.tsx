import type { Posting } from '../../books/useBooks.ts'
import { Money } from '../../parts/Money.tsx'

/** Money in is green and has a plus; the rest a minus. */
export function Moved({ row }: { row: Posting }) {
  const isIn = row.source === 'credit' || (row.source === 'late' && row.debit === 'revenue')
  return (
    <span className={`whitespace-nowrap ${isIn ? 'font-medium text-pine' : ''}`}>
      {isIn ? '+' : '\u2212'}
      <Money of={row.amount} align />
    </span>
  )
}
