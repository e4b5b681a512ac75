import { useInfiniteQuery } from '@tanstack/react-query'
import { useClient } from '../../books/useBooks.ts'
import { More } from '../../parts/More.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

/** What staff did, and what they were refused, the newest first. */
export function ActionsPage() {
  const text = useStaffWords()
  return (
    <>
      <PageHead title={text.actions} lead={text.actionsLead} />
      <Actions />
    </>
  )
}

export function Actions({ about, title }: { about?: string; title?: string }) {
  const { words } = useLanguage()
  const client = useClient()
  const actions = useInfiniteQuery({
    queryKey: ['actions', about],
    queryFn: ({ pageParam }) => client.staff.actions({ about, limit: 50, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const rows = actions.data?.pages.flatMap(({ data }) => data)
  const text = useStaffWords()
  if (actions.error && !rows) return <Failure error={actions.error} retry={() => void actions.refetch()} />
  if (!rows) return <Waiting className="h-64" />
  return (
    <Sheet flush {...(title !== undefined && { title })}>
      {rows.length === 0 ? (
        <Empty title={text.noActions} />
      ) : (
        <Table
          label={text.actions}
          rows={rows}
          keyOf={({ action_id }) => action_id}
          columns={[
            {
              title: words.expenses.when,
              cell: ({ at }) => <When at={at} />,
            },
            { title: text.who, cell: ({ key_name }) => <span dir="auto">{key_name}</span> },
            {
              title: text.did,
              cell: ({ route, code, request }) => (
                <>
                  <span className="font-mono text-tiny">{route}</span>
                  {code !== null && <span className="ml-2 text-owed">{code}</span>}
                  {/* On a phone there is no column for it. */}
                  <span className="line-clamp-2 font-mono text-tiny break-all text-soft sm:hidden">
                    {JSON.stringify(request)}
                  </span>
                </>
              ),
            },
            {
              title: text.about,
              wide: true,
              cell: ({ about: id }) => <span className="font-mono text-tiny break-all">{id ?? '–'}</span>,
            },
            {
              title: text.request,
              wide: true,
              cell: ({ request }) => (
                <span className="line-clamp-2 font-mono text-tiny break-all text-soft">{JSON.stringify(request)}</span>
              ),
            },
          ]}
        />
      )}
      <More of={actions} />
    </Sheet>
  )
}
