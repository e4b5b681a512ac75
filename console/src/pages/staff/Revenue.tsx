import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { ofGrains } from '../../books/money.ts'
import { loadPatiently } from '../../books/reach.ts'
import { nameSku } from '../../books/sku.ts'
import { lastDays, showDay } from '../../books/time.ts'
import { useClient, useMe } from '../../books/useBooks.ts'
import { Money } from '../../parts/Money.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

const RevenueBars = lazy(() => loadPatiently(() => import('./RevenueBars.tsx')))
const GROUPS = ['kind', 'sku', 'channel', 'day'] as const
const STRETCHES = ['7', '30', '90'] as const
/** The rest is one row: a cluster may have thousands of SKUs. Days are fewer. */
const MOST_ROWS = 100

export type RevenueGroup = (typeof GROUPS)[number]
type Parts = Record<'amount' | 'cash' | 'granted' | 'unpaid', { currency: string; grains: string }>
type Row = Parts & { key: string; name: string }

/** What all accounts used, day by day and in parts, and who paid for it. */
export function Revenue() {
  const { words } = useLanguage()
  const client = useClient()
  const [group, setGroup] = useState<RevenueGroup>('kind')
  const [stretch, setStretch] = useState<(typeof STRETCHES)[number]>('30')
  const days = lastDays(Number(stretch), new Date().toISOString(), useMe().data?.time_zone)
  const asked = { ...days, group_by: group, limit: MOST_ROWS }
  const report = useQuery({
    queryKey: ['revenue', asked],
    queryFn: ({ signal }) => client.reports.revenue(asked, { signal }),
  })
  const nameOf = useNameOf(group)
  const text = useStaffWords()
  const currencies = [...new Set(report.data?.data.map(({ amount }) => amount.currency))]
  return (
    <Sheet
      title={text.revenue}
      hint={text.revenueHint}
      flush
      actions={
        <div className="flex flex-wrap gap-x-3 gap-y-2">
          <Segments
            label={words.expenses.stretch}
            value={stretch}
            options={STRETCHES.map((value) => ({ value, text: words.expenses.days(value) }))}
            onChange={(value) => setStretch(value)}
          />
          <Segments
            label={words.expenses.by}
            value={group}
            options={GROUPS.map((value) => ({ value, text: text.groups[value] }))}
            onChange={(value) => setGroup(value)}
          />
        </div>
      }
    >
      {report.error && !report.data && (
        <div className="px-5 pb-5 sm:px-6">
          <Failure error={report.error} retry={() => void report.refetch()} />
        </div>
      )}
      {!report.data && !report.error && <Waiting className="m-6 h-[36rem]" />}
      {report.data && currencies.length === 0 && <Empty title={words.expenses.nothingUsed} hint={text.noRevenueHint} />}
      {currencies.map((currency) => (
        <div key={currency} className="border-b border-line last:border-0">
          <div className="px-5 pt-2 pb-5 sm:px-6">
            <Suspense fallback={<Waiting className="h-[29rem]" />}>
              <RevenueBars {...{ group, days, currency, nameOf }} />
            </Suspense>
          </div>
          <Totals title={text.groups[group]} rows={rowsOf(report.data!, { group, currency, nameOf, words: text })} />
        </div>
      ))}
    </Sheet>
  )
}

/** What a key of a grouping is called. */
function useNameOf(group: RevenueGroup): (key: string) => string {
  const { language, words } = useLanguage()
  const { channels } = useStaffWords()
  return (key) => {
    if (group === 'day') return showDay(key, language, 'long')
    if (group === 'kind') return words.kinds[key as 'job'] ?? key
    if (group === 'channel') return channels[key as 'alipay'] ?? key
    return nameSku(key)
  }
}

type Report = { data: (Parts & { key: string })[]; rest: (Parts & { keys: number })[] }

/** Rows of one currency, the newest day or the largest first, and last what the others come to. */
function rowsOf(
  { data, rest }: Report,
  of: { group: RevenueGroup; currency: string; nameOf(key: string): string; words: ReturnType<typeof useStaffWords> },
): Row[] {
  const { group, currency, nameOf, words } = of
  const told = data
    .filter(({ amount }) => amount.currency === currency)
    .map((row) => ({ ...row, name: nameOf(row.key) }))
  const others = rest.filter(({ amount }) => amount.currency === currency)
  return [
    ...(group === 'day' ? told.toSorted((a, b) => (a.key > b.key ? -1 : 1)) : told),
    ...others.map((row) => ({ ...row, key: '', name: words.othersOf(row.keys) })),
  ]
}

function Totals({ rows, title }: { rows: readonly Row[]; title: string }) {
  const { words } = useLanguage()
  const money = (part: keyof Parts) => ({
    right: true,
    cell: (row: Row) =>
      row[part].grains === '0' ? (
        <span className="mr-[5ch] text-soft">–</span>
      ) : (
        <Money of={ofGrains(BigInt(row[part].grains), row[part].currency)} align />
      ),
    foot: <Money align of={sumOf(rows, part)} />,
  })
  return (
    <Table
      label={title}
      rows={rows}
      keyOf={({ key }) => key}
      columns={[
        { title, cell: ({ name }) => <span className="wrap-anywhere">{name}</span>, foot: words.common.total },
        { title: words.bill.amount, ...money('amount') },
        { title: words.bill.cash, wide: true, ...money('cash') },
        { title: words.bill.granted, wide: true, ...money('granted') },
        { title: words.bill.unpaid, wide: true, ...money('unpaid') },
      ]}
    />
  )
}

function sumOf(rows: readonly Row[], part: keyof Parts) {
  const sum = rows.reduce((all, row) => all + BigInt(row[part].grains), 0n)
  return ofGrains(sum, rows[0]!.amount.currency)
}
