import { Link } from '@tanstack/react-router'
import { ofGrains } from '../../books/money.ts'
import { dayAfter, showDay } from '../../books/time.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { useLanguage } from '../../words/index.tsx'
import type { Sums } from './Bars.tsx'

type Props = { sums: Sums; axis: readonly string[]; currency: string; own: boolean }

/** The bars as a table, the newest day first. */
export function DayTable({ sums: { byDay, before }, axis, currency, own }: Props) {
  const { language, words } = useLanguage()
  const money = (of: Map<string, bigint>, day: string) => <Money of={ofGrains(of.get(day) ?? 0n, currency)} align />
  return (
    <details className="text-small">
      <summary className="w-fit cursor-pointer rounded-field text-soft hover:text-ink">
        {words.expenses.chartTable}
      </summary>
      <table className="mt-2 w-full max-w-xl">
        <thead className="text-soft">
          <tr className="border-b border-line">
            <th scope="col" className="py-1 text-left font-medium">
              {words.bill.day}
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              {words.expenses.amount}
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              {words.expenses.before(axis.length)}
            </th>
          </tr>
        </thead>
        <tbody>
          {axis.toReversed().map((day) => (
            <tr key={day} className="border-b border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {own ? (
                  <Link to="/bill" search={{ from: day, through: day }} className={LEADS}>
                    {showDay(day, language, 'long')}
                  </Link>
                ) : (
                  showDay(day, language, 'long')
                )}
              </th>
              <td className="py-1 text-right">{money(byDay, day)}</td>
              <td className="py-1 text-right text-soft" title={showDay(dayAfter(day, -axis.length), language, 'long')}>
                {money(before, day)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
