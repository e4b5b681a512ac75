import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { More } from '../../parts/More.tsx'
import { LEADS } from '../../parts/leads.ts'
import { Name } from '../../parts/Name.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

type Client = ReturnType<typeof useClient>
type ActionFilter = NonNullable<Parameters<Client['staff']['actions']>[0]>
type Action = Awaited<ReturnType<Client['staff']['actions']>>['data'][number]

/** What an act is called; one that has no name here by what the API calls it. */
export function nameAct({ acts }: ReturnType<typeof useStaffWords>, route: string): string {
  return acts[route as keyof typeof acts] ?? route
}

/** Actions of the staff, the newest first; on a phone each in one cell. */
export function Actions({ filter, title }: { filter: ActionFilter; title?: string }) {
  const words = useWords()
  const text = useStaffWords()
  const client = useClient()
  const actions = useInfiniteQuery({
    queryKey: ['actions', filter],
    queryFn: ({ pageParam, signal }) => client.staff.actions({ ...filter, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    // Whoever comes from what they did looks for it here.
    staleTime: 0,
  })
  const rows = actions.data?.pages.flatMap(({ data }) => data)
  if (actions.error && !rows) return <Failure error={actions.error} retry={() => void actions.refetch()} />
  if (!rows) return <Waiting className="h-64" />
  const isAll = title !== undefined || Object.values(filter).every((value) => value === undefined)
  return (
    <Sheet flush {...(title !== undefined && { title })}>
      {rows.length === 0 ? (
        isAll ? (
          <Empty title={text.noActions} />
        ) : (
          <Empty title={text.noSuchActions} hint={words.bill.emptyHint} />
        )
      ) : (
        <Table
          label={text.actions}
          rows={rows}
          keyOf={({ action_id }) => action_id}
          columns={[
            { title: words.expenses.when, wide: true, cell: ({ at }) => <When at={at} /> },
            { title: text.who, wide: true, cell: ({ key_name }) => <Name of={key_name} /> },
            { title: text.did, cell: (action) => <Done action={action} /> },
            { title: text.about, wide: true, cell: ({ about }) => <About id={about} /> },
            { title: text.request, wide: true, cell: ({ request }) => <Request of={request} /> },
          ]}
        />
      )}
      <More of={actions} />
    </Sheet>
  )
}

function Done({ action }: { action: Action }) {
  const { at, key_name, route, code, about, request } = action
  const text = useStaffWords()
  return (
    <>
      <span className="font-medium" title={route}>
        {nameAct(text, route)}
      </span>
      {code !== null && <span className="block text-owed">{text.refusedAs(code)}</span>}
      <span className="mt-0.5 grid gap-1 sm:hidden">
        <span className="flex flex-wrap gap-x-2 text-soft">
          <Name of={key_name} /> <When at={at} />
        </span>
        {about !== null && <About id={about} />}
        <Request of={request} />
      </span>
    </>
  )
}

function About({ id }: { id: string | null }): ReactNode {
  if (id === null) return <span className="text-soft">–</span>
  const shown = <span className="font-mono text-tiny break-all">{id}</span>
  if (!id.startsWith('acct_')) return shown
  return (
    <Link to="/staff/accounts/$account" params={{ account: id }} className={LEADS}>
      {shown}
    </Link>
  )
}

function sayValue(value: unknown): string {
  if (typeof value === 'string') return value
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string')
  return isList ? value.join(', ') : JSON.stringify(value)
}

/** More than this is folded. */
const MOST_SHOWN = 160

/** What was asked, a field after the other. */
function Request({ of }: { of: unknown }): ReactNode {
  const { whole, fields: names } = useStaffWords()
  const fields = typeof of === 'object' && of !== null ? Object.entries(of) : []
  const text = fields
    .map(([name, value]) => `${names[name as keyof typeof names] ?? name}: ${sayValue(value)}`)
    .join('\n')
  if (text === '') return null
  const shown = <span className="block text-tiny whitespace-pre-line text-soft wrap-anywhere">{text}</span>
  if (text.length <= MOST_SHOWN) return shown
  return (
    <details>
      <summary className="w-fit cursor-pointer rounded-field text-tiny text-soft hover:text-ink">{whole}</summary>
      {shown}
    </details>
  )
}
