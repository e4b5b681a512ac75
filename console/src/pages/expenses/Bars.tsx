import { useQueries } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { showDay } from '../../books/time.ts'
import { useClient, useTotals, type BillFilter, type BillTotal } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { Chart } from './Chart.tsx'
import { FILLS, HUES, type Hue } from './hues.ts'

/** The rest is one part: more colours can't be told apart. */
const MOST_PARTS = 5

type Props = {
  filter: BillFilter
  group: 'kind' | 'project' | 'user' | 'sku'
  parts: BillTotal[] | undefined
  nameOf(key: string): string
  days: number
  /** The days lead to the bill of the reader's own. */
  own: boolean
}
/** One of those that share the bars. */
export type Part = { key: string; name: string; total: bigint; byDay: Map<string, bigint>; hue: Hue }

/** Stacked bars of days, with a legend whose sums are exact, and the same as a table. */
export default function Bars(props: Props) {
  const { filter, group, parts, days, own } = props
  const { words } = useLanguage()
  const navigate = useNavigate()
  const read = useParts(props)
  const [focus, setFocus] = useState<string>()
  if (!parts?.[0] || !read) return <Waiting className="h-96" />
  const { currency } = parts[0].amount
  const axis = daysFrom(filter.from!, days)
  return (
    <div className="grid gap-5">
      <figure className="m-0" onMouseLeave={() => setFocus(undefined)}>
        <Chart
          {...read}
          {...{ axis, currency, focus }}
          label={`${words.expenses.lastDays(days)}, ${words.expenses.by} ${words.expenses.groups[group]}`}
          onFocus={setFocus}
          {...(own && {
            onPick: (day: string) => void navigate({ to: '/bill', search: { from: day, through: day } }),
          })}
        />
      </figure>
      <Legend parts={read.shown} currency={currency} day={focus} />
      <DayTable axis={axis} byDay={read.byDay} currency={currency} own={own} />
    </div>
  )
}

/** Sums of each day, of all and of the largest parts; undefined until all are read. */
function useParts({ filter, group, parts, nameOf }: Props): { shown: Part[]; byDay: Map<string, bigint> } | undefined {
  const { words } = useLanguage()
  const client = useClient()
  const sums = useTotals(filter, 'day')
  const ranked = [...(parts ?? [])].sort((a, b) => (BigInt(a.amount.grains) > BigInt(b.amount.grains) ? -1 : 1))
  const top = ranked.slice(0, MOST_PARTS)
  const details = useQueries({
    queries: top.map(({ key }) => {
      const one = { ...filter, [group === 'kind' || group === 'sku' ? group : `${group}_id`]: [key] }
      return { queryKey: ['totals', one, 'day'], queryFn: () => client.bills.totals({ ...one, group_by: 'day' }) }
    }),
  })
  if (!sums.data || details.some(({ data }) => !data)) return undefined
  const byDay = dailyOf(sums.data.data)
  const shown: Part[] = top.map(({ key, amount }, i) => ({
    key,
    name: nameOf(key),
    total: BigInt(amount.grains),
    byDay: dailyOf(details[i]!.data!.data),
    hue: HUES[i]!,
  }))
  if (ranked.length > top.length) shown.push(restOf(shown, byDay, words.expenses.others))
  return { shown, byDay }
}

function dailyOf(totals: readonly BillTotal[]): Map<string, bigint> {
  return new Map(totals.map(({ key, amount }) => [key, BigInt(amount.grains)]))
}

function Legend({ parts, currency, day }: { parts: readonly Part[]; currency: string; day: string | undefined }) {
  const { language, words } = useLanguage()
  const of = (part: Part) => (day === undefined ? part.total : (part.byDay.get(day) ?? 0n))
  const total = parts.reduce((sum, part) => sum + of(part), 0n)
  return (
    <ul className="grid gap-x-8 gap-y-1.5 text-small sm:grid-cols-2">
      {parts.map((part) => (
        <li key={part.key} className="flex items-center gap-2.5">
          <span aria-hidden className={`size-2.5 shrink-0 rounded-[3px] ${FILLS[part.hue]}`} />
          <span className="min-w-0 truncate" title={part.name}>
            {part.name}
          </span>
          <span className="ml-auto">
            <Money of={shownOf(of(part), currency)} />
          </span>
        </li>
      ))}
      <li className="flex items-center gap-2.5 border-t border-line pt-2 font-medium sm:col-span-2">
        {day === undefined ? words.common.total : showDay(day, language, 'long')}
        <span className="ml-auto">
          <Money of={shownOf(total, currency)} />
        </span>
      </li>
    </ul>
  )
}

function DayTable({
  axis,
  byDay,
  currency,
  own,
}: {
  axis: readonly string[]
  byDay: Map<string, bigint>
  currency: string
  own: boolean
}) {
  const { language, words } = useLanguage()
  return (
    <details className="text-small">
      <summary className="w-fit cursor-pointer rounded-field text-soft hover:text-ink">
        {words.expenses.chartTable}
      </summary>
      <table className="mt-2 w-full max-w-md">
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
              <td className="py-1 text-right">
                <Money of={shownOf(byDay.get(day) ?? 0n, currency)} align />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function restOf(parts: readonly Part[], byDay: Map<string, bigint>, name: string): Part {
  const rest = new Map(
    [...byDay].map(([day, sum]) => [day, parts.reduce((left, part) => left - (part.byDay.get(day) ?? 0n), sum)]),
  )
  return { key: '', name, total: [...rest.values()].reduce((sum, each) => sum + each, 0n), byDay: rest, hue: 'hue-6' }
}

function shownOf(grains: bigint, currency: string) {
  return { currency, amount: '', grains: grains.toString() }
}

function daysFrom(from: string, count: number): string[] {
  const first = Date.parse(`${from}T00:00:00Z`)
  return Array.from({ length: count }, (_, i) => new Date(first + i * 86_400_000).toISOString().slice(0, 10))
}
