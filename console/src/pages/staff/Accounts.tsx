import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import type { Shown } from '../../books/money.ts'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Field } from '../../parts/Field.tsx'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { More } from '../../parts/More.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

const route = getRouteApi('/staff/accounts')

/** Every account, or those that a search finds. */
export function Accounts() {
  const client = useClient()
  const { search = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const asked = useDeferredValue(search)
  const accounts = useInfiniteQuery({
    queryKey: ['accounts', asked],
    queryFn: ({ pageParam }) => client.accounts.list({ search: asked || undefined, limit: 50, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const rows = accounts.data?.pages.flatMap(({ data }) => data)
  const text = useStaffWords()
  return (
    <>
      <PageHead title={text.accounts} lead={text.accountsLead} />
      <div className="grid gap-5 *:min-w-0">
        <Field
          label={text.search}
          type="search"
          className="max-w-md"
          value={search}
          onChange={({ target }) =>
            void navigate({ search: target.value ? { search: target.value } : {}, replace: true })
          }
        />
        {accounts.error && !rows && <Failure error={accounts.error} retry={() => void accounts.refetch()} />}
        {!rows && !accounts.error && <Waiting className="h-96" />}
        {rows && (
          <Sheet flush>
            {rows.length === 0 ? <Empty title={text.noAccount} /> : <Found rows={rows} />}
            <More of={accounts} />
          </Sheet>
        )}
      </div>
    </>
  )
}

type Row = Awaited<ReturnType<ReturnType<typeof useClient>['accounts']['list']>>['data'][number]

function Found({ rows }: { rows: readonly Row[] }) {
  const { language, words } = useLanguage()
  const { expenses } = words
  const text = useStaffWords()
  return (
    <Table
      label={text.accounts}
      rows={rows}
      keyOf={({ account_id }) => account_id}
      columns={[
        {
          title: text.account,
          cell: ({ account_id, name, blocked }) => (
            <>
              <Link
                to="/staff/accounts/$account"
                params={{ account: account_id }}
                dir="auto"
                className={`font-medium ${LEADS}`}
              >
                {name}
              </Link>
              {blocked && <span className="ml-2 text-owed">{text.blocked}</span>}
            </>
          ),
        },
        { title: text.since, wide: true, cell: ({ created_at }) => showInstant(created_at, language) },
        {
          title: text.spendPerHour,
          right: true,
          wide: true,
          cell: ({ balance }) => <Some of={balance.spend_per_hour} />,
        },
        {
          title: expenses.arrears,
          right: true,
          wide: true,
          cell: ({ balance }) => (
            <span className="text-owed">
              <Some of={balance.arrears} />
            </span>
          ),
        },
        { title: expenses.available, right: true, cell: ({ balance }) => <Money of={balance.available} /> },
      ]}
    />
  )
}

/** An amount; nothing is a dash, so that what is something is seen among many. */
function Some({ of }: { of: Shown }) {
  return of.grains === '0' ? <span className="text-soft">–</span> : <Money of={of} />
}
