import { useQueries } from '@tanstack/react-query'
import { dayAfter } from '../../books/time.ts'
import { useClient, useTotals, type BillFilter, type BillTotal } from '../../books/useBooks.ts'
import { Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { DayBars } from './DayBars.tsx'
import { HUES, type Hue } from './hues.ts'

type Props = {
  filter: BillFilter
  group: 'kind' | 'project' | 'user' | 'sku'
  /** The parts that used the most; empty until they are read. */
  top: readonly string[]
  /** There are no others. */
  isAll: boolean
  nameOf(key: string): string
  days: number
  /** The days lead to the bill of the reader's own. */
  own: boolean
}
/** One of those that share the bars. */
export type Part = { key: string; name: string; byDay: Map<string, bigint>; hue: Hue }
/** What the bars show: sums of each day, of its parts, and of the day as long before as there are days. */
export type Sums = { shown: Part[]; byDay: Map<string, bigint>; before: Map<string, bigint>; currency: string }

/** An account's use by day, over the days just before. */
export default function Bars(props: Props) {
  const { filter, group, days, own } = props
  const { words } = useLanguage()
  const sums = useSums(props)
  if (!sums) return <Waiting className="h-[29rem]" />
  return (
    <DayBars
      {...{ sums, own }}
      axis={Array.from({ length: days }, (_, i) => dayAfter(filter.from!, i))}
      label={`${words.expenses.lastDays(days)}, ${words.expenses.by} ${words.expenses.groups[group]}`}
    />
  )
}

/** Undefined until all is read. */
function useSums({ filter, group, top, isAll, nameOf, days }: Props): Sums | undefined {
  const { words } = useLanguage()
  const client = useClient()
  const sums = useTotals(filter, 'day')
  const earlier = useTotals({ ...filter, from: dayAfter(filter.from!, -days), to: filter.from }, 'day')
  const details = useQueries({
    queries: top.map((key) => {
      const one = { ...filter, [group === 'kind' || group === 'sku' ? group : `${group}_id`]: [key] }
      return { queryKey: ['totals', one, 'day'], queryFn: () => client.bills.totals({ ...one, group_by: 'day' }) }
    }),
  })
  const currency = sums.data?.data[0]?.amount.currency
  if (!sums.data || !currency || !earlier.data || top.length === 0 || details.some(({ data }) => !data))
    return undefined
  const byDay = dailyOf(sums.data.data)
  const shown: Part[] = top.map((key, i) => ({
    key,
    name: nameOf(key),
    byDay: dailyOf(details[i]!.data!.data),
    hue: HUES[i]!,
  }))
  if (!isAll) shown.push(restOf(shown, byDay, words.expenses.others))
  const before = new Map([...dailyOf(earlier.data.data)].map(([day, sum]) => [dayAfter(day, days), sum]))
  return { shown, byDay, before, currency }
}

function dailyOf(totals: readonly BillTotal[]): Map<string, bigint> {
  return new Map(totals.map(({ key, amount }) => [key, BigInt(amount.grains)]))
}

function restOf(parts: readonly Part[], byDay: Map<string, bigint>, name: string): Part {
  const rest = new Map(
    [...byDay].map(([day, sum]) => [day, parts.reduce((left, part) => left - (part.byDay.get(day) ?? 0n), sum)]),
  )
  return { key: '', name, byDay: rest, hue: 'hue-6' }
}
