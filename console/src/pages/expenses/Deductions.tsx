import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { showInstant, showStretch, ZONE } from '../../books/time.ts'
import { useClient, useMe } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { More } from '../../parts/More.tsx'
import { NotFound, PageFailure } from '../../parts/NotFound.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { Moved } from './Moved.tsx'

const route = getRouteApi('/deductions')
const DAY_MS = 86_400_000

/** The deductions that charged what the own account used in a stretch of time: between a bill line's spans and the journal. */
export function Deductions() {
  const { from, to } = route.useSearch()
  return from === undefined || to === undefined ? <NotFound /> : <Charged from={from} to={to} />
}

function Charged({ from, to }: { from: string; to: string }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const accountId = useMe().data?.account_id
  const deductions = useInfiniteQuery({
    queryKey: ['deductions', accountId, from, to],
    queryFn: ({ pageParam, signal }) =>
      client.accounts.postings(
        { account_id: accountId!, used_from: from, used_to: to, limit: 50, cursor: pageParam },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled: !!accountId,
  })
  const rows = deductions.data?.pages.flatMap(({ data }) => data)
  if (deductions.error && !rows) return <PageFailure error={deductions.error} retry={() => void deductions.refetch()} />
  // Staff have no account, and so none of its deductions.
  if (accountId === null) return <NotFound />
  if (!rows) return <Waiting className="h-96" />
  const text = words.expenses
  return (
    <>
      <PageHead
        title={text.deductions}
        lead={<span className="figures">{text.of(showInstant(from, language), showInstant(to, language))}</span>}
      />
      <Sheet flush={rows.length > 0}>
        {rows.length === 0 ? (
          <Empty title={text.noDeductions} hint={text.noDeductionsHint} />
        ) : (
          <Table
            label={text.deductions}
            rows={rows}
            keyOf={({ seq }) => String(seq)}
            columns={[
              { title: text.when, cell: ({ at }) => <When at={at} /> },
              {
                title: text.what,
                cell: ({ seq, source, used_from, used_to }) => (
                  <>
                    <Link to="/postings/$seq" params={{ seq: String(seq) }} className={LEADS}>
                      {text.sources[source]}
                    </Link>
                    <span className="figures mt-0.5 block text-tiny text-soft">
                      {text.of(...showUsed(used_from!, used_to!, language))}
                    </span>
                  </>
                ),
              },
              { title: text.amount, right: true, cell: (row) => <Moved row={row} /> },
            ]}
          />
        )}
        <More of={deductions} />
      </Sheet>
      <p className="mt-6 text-tiny text-soft">
        {text.deductionsHold} {words.common.zone(ZONE)}
      </p>
    </>
  )
}

/** Late use can reach back over days, which times of day would not tell. */
function showUsed(from: string, to: string, language: string): [string, string] {
  return Date.parse(to) - Date.parse(from) < DAY_MS
    ? showStretch(from, to, language)
    : [showInstant(from, language), showInstant(to, language)]
}
