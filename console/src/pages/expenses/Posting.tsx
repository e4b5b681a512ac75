import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Shown } from '../../books/money.ts'
import { showInstant, showStretch, ZONE } from '../../books/time.ts'
import { useClient, useMe, type UsedStretch } from '../../books/useBooks.ts'
import { Money } from '../../parts/Money.tsx'
import { Name } from '../../parts/Name.tsx'
import { More } from '../../parts/More.tsx'
import { PageFailure } from '../../parts/NotFound.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Waiting } from '../../parts/States.tsx'
import { Table, type Column } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { PriceVersion } from '../bill/PriceVersion.tsx'
import { useNames } from './useNames.ts'

const route = getRouteApi('/postings/$seq')

/** One posting of the own account. */
export function Posting() {
  const { seq } = route.useParams()
  return <Explained accountId={useMe().data?.account_id} seq={seq} />
}

/** One posting: of which use a deduction is made. */
export function Explained({ accountId, seq }: { accountId: string | null | undefined; seq: string }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const explanation = useInfiniteQuery({
    queryKey: ['explanation', accountId, seq],
    queryFn: ({ pageParam, signal }) =>
      client.accounts.explanation({ account_id: accountId!, seq, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled: !!accountId,
    // It never changes.
    staleTime: Infinity,
  })
  const rows = explanation.data?.pages.flatMap(({ data }) => data) ?? []
  if (explanation.error && !explanation.data)
    return <PageFailure error={explanation.error} retry={() => void explanation.refetch()} />
  if (!explanation.data) return <Waiting className="h-96" />
  const { posting, explained } = explanation.data.pages[0]!
  const text = words.expenses
  const { used_from: from, used_to: to } = posting
  return (
    <>
      <PageHead
        title={text.sources[posting.source]}
        lead={`${showInstant(posting.at, language)}${
          from !== null && to !== null ? ` · ${text.of(...showStretch(from, to, language))}` : ''
        }`}
      />
      <Sheet flush title={text.madeOf}>
        {rows.length === 0 ? (
          <Empty title={text.oneThing} hint={posting.source_id ?? ''}>
            <Money of={posting.amount} size="strong" />
          </Empty>
        ) : (
          <Stretches rows={rows} explained={explained} />
        )}
        <More of={explanation} />
      </Sheet>
      <p className="mt-6 text-tiny text-soft">
        {text.asKnown} {words.common.zone(ZONE)}
      </p>
    </>
  )
}

function Stretches({ rows, explained }: { rows: UsedStretch[]; explained: Shown | null }) {
  const { language, words } = useLanguage()
  const { names: projects } = useNames('project', [...new Set(rows.map(({ project_id }) => project_id))])
  const text = words.expenses
  const columns: Column<UsedStretch>[] = [
    {
      title: words.bill.what,
      foot: words.common.total,
      cell: ({ subject, from, per_hour, price_list_id }) => (
        <>
          <Name of={subject} />
          {/* On a phone there are no columns for them. */}
          <span className="mt-0.5 grid gap-0.5 text-tiny text-soft sm:hidden">
            <span className="figures">{showInstant(from, language)}</span>
            <PriceVersion perHour={per_hour} listId={price_list_id} />
          </span>
        </>
      ),
    },
    {
      title: words.bill.project,
      wide: true,
      cell: ({ project_id }) => <Name of={projects.get(project_id) ?? project_id} />,
    },
    {
      title: words.bill.from,
      wide: true,
      cell: ({ from }) => <span className="figures whitespace-nowrap">{showInstant(from, language)}</span>,
    },
    { title: words.bill.seconds, right: true, cell: ({ seconds }) => <span className="figures">{seconds}</span> },
    {
      title: words.pricing.price,
      wide: true,
      cell: ({ per_hour, price_list_id }) => <PriceVersion perHour={per_hour} listId={price_list_id} />,
    },
    {
      title: text.amount,
      right: true,
      foot: explained && <Money of={explained} align />,
      cell: ({ amount }) => <Money of={amount} align />,
    },
  ]
  return (
    <Table
      label={text.madeOf}
      rows={rows}
      keyOf={(row) => `${row.source} ${row.subject} ${row.from} ${row.amount.grains}`}
      columns={columns}
    />
  )
}
