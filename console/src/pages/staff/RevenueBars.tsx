import { useQuery } from '@tanstack/react-query'
import { dayAfter } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { DayBars } from '../expenses/DayBars.tsx'
import type { Part, Sums } from '../expenses/Bars.tsx'
import { HUES } from '../expenses/hues.ts'
import type { RevenueGroup } from './Revenue.tsx'

type Days = { from: string; to: string }
type Props = { group: RevenueGroup; days: Days; currency: string; nameOf(key: string): string }
/** As many colours as can be told apart, less that of the others. */
const MOST_PARTS = HUES.length - 1

/** Revenue of one currency by day, in the parts that are the largest, over the days just before. */
export default function RevenueBars({ group, days, currency, nameOf }: Props) {
  const { words } = useLanguage()
  const text = useStaffWords()
  const axis = daysOf(days)
  const before = { from: dayAfter(days.from, -axis.length), to: days.from }
  // Days are the bars themselves: by them there is one part.
  const now = useRevenue(days, group === 'day' ? 'none' : group)
  const then = useRevenue(before, 'none')
  const failed = now.error ?? then.error
  if (failed) return <Failure error={failed} retry={() => void Promise.all([now.refetch(), then.refetch()])} />
  if (!now.data || !then.data) return <Waiting className="h-[29rem]" />
  const isOurs = ({ amount }: { amount: { currency: string } }) => amount.currency === currency
  const told = now.data.data.filter(isOurs)
  const rest = now.data.rest.filter(isOurs)
  const shown: Part[] = [...Map.groupBy(told, ({ key }) => key)].map(([key, rows], n) => ({
    key,
    name: group === 'day' ? text.revenue : nameOf(key),
    hue: HUES[n]!,
    byDay: dailyOf(rows),
  }))
  if (rest.length > 0)
    shown.push({ key: ' others', name: words.expenses.others, hue: HUES[MOST_PARTS]!, byDay: dailyOf(rest) })
  const earlier = [...dailyOf(then.data.data.filter(isOurs))].map(
    ([day, sum]) => [dayAfter(day, axis.length), sum] as const,
  )
  const sums: Sums = { shown, byDay: dailyOf([...told, ...rest]), before: new Map(earlier), currency }
  return <DayBars {...{ sums, axis }} label={`${text.revenue}, ${words.expenses.by} ${text.groups[group]}`} />
}

function useRevenue(days: Days, group_by: 'none' | Exclude<RevenueGroup, 'day'>) {
  const client = useClient()
  const asked = { ...days, group_by, by_day: true, limit: MOST_PARTS }
  return useQuery({
    queryKey: ['revenue', asked],
    queryFn: ({ signal }) => client.reports.revenue(asked, { signal }),
  })
}

function daysOf({ from, to }: Days): string[] {
  const days: string[] = []
  for (let day = from; day < to; day = dayAfter(day, 1)) days.push(day)
  return days
}

/** Sums by day, of however many keys. */
function dailyOf(rows: readonly { day: string | null; amount: { grains: string } }[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { day, amount } of rows) sums.set(day!, (sums.get(day!) ?? 0n) + BigInt(amount.grains))
  return sums
}
