import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Shown } from '../../books/money.ts'
import { lastDays, showDay } from '../../books/time.ts'
import { useClient, useMe, type BillTotal } from '../../books/useBooks.ts'
import { Choice } from '../../parts/Field.tsx'
import { Money } from '../../parts/Money.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

const GROUPS = ['day', 'sku', 'channel'] as const
const STRETCHES = ['7', '30', '90'] as const

/** How all accounts stand together: revenue, what is owed to customers, and what they owe. */
export function Overview() {
  const text = useStaffWords()
  return (
    <>
      <PageHead title={text.overview} lead={text.overviewLead} />
      <div className="grid gap-6 *:min-w-0">
        <Liabilities />
        <Revenue />
        <Arrears />
      </div>
    </>
  )
}

function Liabilities() {
  const { words } = useLanguage()
  const client = useClient()
  const report = useQuery({
    queryKey: ['liabilities'],
    queryFn: () => client.reports.liabilities(),
    refetchInterval: 60_000,
  })
  const text = useStaffWords()
  if (report.error) return <Failure error={report.error} retry={() => void report.refetch()} />
  if (!report.data) return <Waiting className="h-32" />
  return report.data.data.map((row) => (
    <Sheet key={row.currency} title={`${text.liabilities}, ${row.currency}`} hint={text.liabilitiesHint}>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-5 text-small sm:grid-cols-3 lg:grid-cols-6">
        <Figure name={text.ofAccounts}>
          <span className="figures font-semibold">{row.accounts}</span>
        </Figure>
        <Amount name={words.expenses.cash} of={row.cash} />
        <Amount name={words.expenses.cards} of={row.granted} />
        <Amount name={words.expenses.held} of={row.held} />
        <Amount name={text.unattributed} of={row.unattributed} />
        <Amount name={words.expenses.arrears} of={row.arrears} />
      </dl>
    </Sheet>
  ))
}

function Amount({ name, of }: { name: string; of: Shown }) {
  return (
    <Figure name={name}>
      <Money of={of} size="strong" />
    </Figure>
  )
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-soft">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  )
}

function Revenue() {
  const { language, words } = useLanguage()
  const client = useClient()
  const [group, setGroup] = useState<(typeof GROUPS)[number]>('day')
  const [days, setDays] = useState<(typeof STRETCHES)[number]>('30')
  const stretch = lastDays(Number(days), new Date().toISOString(), useMe().data?.time_zone)
  const report = useQuery({
    queryKey: ['revenue', group, stretch],
    queryFn: () => client.reports.revenue({ ...stretch, group_by: group }),
  })
  const text = useStaffWords()
  const nameOf = (key: string) =>
    group === 'day'
      ? showDay(key, language, 'long')
      : group === 'channel'
        ? (text.channels[key as 'alipay'] ?? key)
        : key
  const rows = group === 'day' ? report.data?.data.toReversed() : report.data?.data
  return (
    <Sheet
      title={text.revenue}
      flush
      actions={
        <div className="flex flex-wrap items-end gap-3">
          <Choice label={text.stretch} value={days} onChange={({ target }) => setDays(target.value as '7')}>
            {STRETCHES.map((each) => (
              <option key={each} value={each}>
                {words.expenses.lastDays(Number(each))}
              </option>
            ))}
          </Choice>
          <Segments
            label={words.expenses.by}
            value={group}
            options={GROUPS.map((value) => ({ value, text: text.groups[value] }))}
            onChange={(value) => setGroup(value)}
          />
        </div>
      }
    >
      {report.error && <Failure error={report.error} retry={() => void report.refetch()} />}
      {!report.data && !report.error && <Waiting className="m-6 h-64" />}
      {rows?.length === 0 && <Empty title={words.expenses.nothingUsed} />}
      {rows && rows.length > 0 && <Totals rows={rows} nameOf={nameOf} title={text.groups[group]} />}
    </Sheet>
  )
}

function Totals({ rows, nameOf, title }: { rows: BillTotal[]; nameOf(key: string): string; title: string }) {
  const { words } = useLanguage()
  const money = (part: 'amount' | 'cash' | 'granted' | 'unpaid') => ({
    right: true,
    cell: (row: BillTotal) => <Money of={row[part]} align />,
    // Currencies are never added up.
    foot: new Set(rows.map(({ amount }) => amount.currency)).size === 1 && (
      <Money
        align
        of={{
          currency: rows[0]!.amount.currency,
          amount: '',
          grains: rows.reduce((sum, row) => sum + BigInt(row[part].grains), 0n).toString(),
        }}
      />
    ),
  })
  return (
    <Table
      label={title}
      rows={rows}
      keyOf={({ key, amount }) => `${key}${amount.currency}`}
      columns={[
        { title, cell: ({ key }) => nameOf(key), foot: words.common.total },
        { title: words.bill.amount, ...money('amount') },
        { title: words.bill.cash, wide: true, ...money('cash') },
        { title: words.bill.granted, wide: true, ...money('granted') },
        { title: words.bill.unpaid, wide: true, ...money('unpaid') },
      ]}
    />
  )
}

function Arrears() {
  const { words } = useLanguage()
  const client = useClient()
  const report = useQuery({ queryKey: ['arrears'], queryFn: () => client.reports.arrears() })
  const text = useStaffWords()
  if (report.error) return <Failure error={report.error} retry={() => void report.refetch()} />
  if (!report.data) return <Waiting className="h-32" />
  const rows = report.data.data
  return (
    <Sheet title={text.ageing} flush={rows.length > 0}>
      {rows.length === 0 ? (
        <p className="text-small text-soft">{text.noArrears}</p>
      ) : (
        <Table
          label={text.ageing}
          rows={rows}
          keyOf={({ from_days, currency }) => `${from_days}${currency}`}
          columns={[
            {
              title: text.age,
              cell: ({ from_days, to_days }) => text.days(from_days, to_days === null ? null : to_days - 1),
            },
            {
              title: text.ofAccounts,
              right: true,
              cell: ({ accounts }) => <span className="figures">{accounts}</span>,
            },
            { title: words.expenses.arrears, right: true, cell: ({ amount }) => <Money of={amount} align /> },
          ]}
        />
      )}
    </Sheet>
  )
}
