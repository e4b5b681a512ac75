import { lazy, Suspense, useState } from 'react'
import { loadPatiently } from '../../books/reach.ts'
import { lastDays } from '../../books/time.ts'
import { useMe, useTotals, type BillFilter } from '../../books/useBooks.ts'
import { Segments } from '../../parts/Segments.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { useNames } from './useNames.ts'

const Bars = lazy(() => loadPatiently(() => import('./Bars.tsx')))
const STRETCHES = ['7', '30', '90'] as const
/** The rest is one part: more colours can't be told apart. */
const MOST_PARTS = 5
const GROUPS = ['project', 'kind', 'sku', 'user'] as const

/** What was used, day by day, in parts, beside as many days just before. */
export function Use({ accountId, asOf, own = false }: { accountId: string; asOf: string; own?: boolean }) {
  const words = useWords()
  const [group, setGroup] = useState<(typeof GROUPS)[number]>('project')
  const [stretch, setStretch] = useState<(typeof STRETCHES)[number]>('30')
  const days = Number(stretch)
  const zone = useMe().data?.time_zone
  const filter: BillFilter = { account_id: accountId, ...lastDays(days, asOf, zone) }
  const parts = useTotals({ ...filter, limit: MOST_PARTS }, group)
  // Of another grouping, until those of this one have come: they are no keys of it.
  const top = parts.isPlaceholderData ? [] : (parts.data?.data.map(({ key }) => key) ?? [])
  const { names } = useNames(group, top)
  const text = words.expenses
  return (
    <Sheet
      title={text.lastDays(days)}
      actions={
        <div className="flex flex-wrap gap-x-3 gap-y-2">
          <Segments
            label={text.stretch}
            value={stretch}
            options={STRETCHES.map((value) => ({ value, text: text.days(value) }))}
            onChange={(value) => setStretch(value)}
          />
          <Segments
            label={text.by}
            value={group}
            options={GROUPS.map((value) => ({ value, text: text.groups[value] }))}
            onChange={(value) => setGroup(value)}
          />
        </div>
      }
    >
      {parts.error && !parts.data && <Failure error={parts.error} retry={() => void parts.refetch()} />}
      {parts.data?.data.length === 0 && <Empty title={text.nothingUsed} hint={text.nothingUsedHint} />}
      {!parts.error && (!parts.data || parts.data.data.length > 0) && (
        <Suspense fallback={<Waiting className="h-96" />}>
          <Bars
            filter={filter}
            group={group}
            top={top}
            isAll={parts.data?.rest.length === 0}
            nameOf={(key) => names.get(key) ?? key}
            days={days}
            own={own}
          />
        </Suspense>
      )}
    </Sheet>
  )
}
