import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useClient } from '../../books/useBooks.ts'
import { Amount, Figure } from '../../parts/Figure.tsx'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { Revenue } from './Revenue.tsx'

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
  if (!report.data) return <Waiting className="h-78 sm:h-52 lg:h-37" />
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
              cell: ({ from_days, to_days, currency }) => (
                <Link
                  to="/staff/arrears"
                  search={{
                    ...(from_days > 0 && { from: from_days }),
                    ...(to_days !== null && { to: to_days }),
                    currency,
                  }}
                  className={LEADS}
                >
                  {text.days(from_days, to_days === null ? null : to_days - 1)}
                </Link>
              ),
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
