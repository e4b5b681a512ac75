import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { showDay } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { More } from '../../parts/More.tsx'
import { Name } from '../../parts/Name.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table, type Column } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import type { ArrearsChoice } from './arrearsChoice.ts'

const route = getRouteApi('/staff/arrears')

/** The accounts behind a row of the arrears by age, who owes the most first. */
export function InArrears() {
  const text = useStaffWords()
  const choice = route.useSearch()
  return (
    <>
      <p className="mb-2 text-small text-soft">
        <Link to="/staff" className={LEADS}>
          {text.overview}
        </Link>
      </p>
      <PageHead title={text.inArrears} lead={text.inArrearsLead} />
      <div className="grid gap-6 *:min-w-0">
        <div>
          <Ages choice={choice} />
        </div>
        <List choice={choice} />
      </div>
    </>
  )
}

const keyOf = ({ from = 0, to }: ArrearsChoice) => `${from}-${to ?? ''}`
const ALL = keyOf({})

/** Of which age: those in which something is owed, and the one that was asked for. */
function Ages({ choice }: { choice: ArrearsChoice }) {
  const { bill } = useLanguage().words
  const text = useStaffWords()
  const client = useClient()
  const navigate = route.useNavigate()
  const report = useQuery({ queryKey: ['arrears'], queryFn: () => client.reports.arrears() })
  const owed = (report.data?.data ?? []).map(({ from_days: from, to_days: to }) => ({
    from,
    ...(to !== null && { to }),
  }))
  const { currency, ...chosen } = choice
  const ages = new Map([...owed, chosen].map((age) => [keyOf(age), age] as const))
  ages.delete(ALL)
  const inOrder = [...ages].toSorted(([, a], [, b]) => (a.from ?? 0) - (b.from ?? 0))
  const nameOf = ({ from = 0, to }: ArrearsChoice) => text.days(from, to === undefined ? null : to - 1)
  return (
    <Segments
      label={text.age}
      value={keyOf(chosen)}
      options={[{ value: ALL, text: bill.all }, ...inOrder.map(([value, age]) => ({ value, text: nameOf(age) }))]}
      onChange={(key) => {
        const { from, ...age }: ArrearsChoice = ages.get(key) ?? {}
        void navigate({ search: { ...(from && { from }), ...age, ...(currency && { currency }) }, replace: true })
      }}
    />
  )
}

function List({ choice: { from, to, currency } }: { choice: ArrearsChoice }) {
  const { language, words } = useLanguage()
  const text = useStaffWords()
  const client = useClient()
  const asked = { from_days: from, to_days: to, currency }
  const isAll = from === undefined && to === undefined
  const accounts = useInfiniteQuery({
    queryKey: ['in arrears', asked],
    queryFn: ({ pageParam, signal }) =>
      client.reports.inArrears({ ...asked, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
  const rows = accounts.data?.pages.flatMap(({ data }) => data)
  const allArrears: Column<NonNullable<typeof rows>[number]> = {
    title: words.expenses.arrears,
    right: true,
    wide: true,
    cell: ({ arrears }) => <Money of={arrears} align />,
  }
  if (accounts.error && !rows) return <Failure error={accounts.error} retry={() => void accounts.refetch()} />
  if (!rows) return <Waiting className="h-64" />
  return (
    <Sheet flush>
      {rows.length === 0 ? (
        <Empty title={text.noneInArrears} hint={text.noneInArrearsHint} />
      ) : (
        <Table
          label={text.inArrears}
          rows={rows}
          keyOf={({ account_id }) => account_id}
          columns={[
            {
              title: text.account,
              cell: ({ account_id, name, oldest }) => (
                <>
                  <Link
                    to="/staff/accounts/$account"
                    params={{ account: account_id }}
                    className={`font-medium ${LEADS}`}
                  >
                    <Name of={name} />
                  </Link>
                  <span className="block text-tiny text-soft sm:hidden">
                    {text.oldestIs(showDay(oldest, language, 'long'))}
                  </span>
                </>
              ),
            },
            { title: text.oldestUse, wide: true, cell: ({ oldest }) => showDay(oldest, language, 'long') },
            {
              title: isAll ? words.expenses.arrears : text.ofThisAge,
              right: true,
              cell: ({ amount }) => <Money of={amount} align />,
            },
            ...(isAll ? [] : [allArrears]),
          ]}
        />
      )}
      <More of={accounts} />
    </Sheet>
  )
}
