import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { showDay, ZONE } from '../../books/time.ts'
import { nameSku } from '../../books/sku.ts'
import { useClient, useMe, type LineDetail, type WholeLine } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { Name } from '../../parts/Name.tsx'
import { More } from '../../parts/More.tsx'
import { PageFailure } from '../../parts/NotFound.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useNames } from '../expenses/useNames.ts'
import { PriceVersion } from './PriceVersion.tsx'

const route = getRouteApi('/bill/$line')

/** One bill line: who paid it, and the jobs and nodes that it is made of. */
export function Line() {
  const { language, words } = useLanguage()
  const { line: lineId } = route.useParams()
  const client = useClient()
  const me = useMe()
  const line = useQuery({
    queryKey: ['line', lineId],
    queryFn: ({ signal }) => client.bills.line({ line_id: lineId }, { signal }),
    enabled: me.data != null,
  })
  const { project_id: projectId, user_id: userId } = line.data ?? {}
  const { names: projects } = useNames('project', projectId === undefined ? [] : [projectId])
  const { names: users } = useNames('user', userId === undefined ? [] : [userId])
  if (line.error && !line.data) return <PageFailure error={line.error} retry={() => void line.refetch()} />
  if (!line.data) return <Waiting className="h-96" />
  const { account_id, day, kind, sku, project_id, user_id } = line.data
  return (
    <>
      <PageHead
        title={`${showDay(day, language, 'long')}, ${nameSku(sku)}`}
        lead={[words.kinds[kind], projects.get(project_id), users.get(user_id)].filter(Boolean).join(' · ')}
      />
      <div className="grid gap-6 *:min-w-0">
        <Paid line={line.data} />
        <Details lineId={lineId} own={account_id === me.data?.account_id} />
      </div>
      <p className="mt-6 text-tiny text-soft">
        {words.bill.detailsAdd} {words.common.zone(ZONE)}
      </p>
    </>
  )
}

/** The amount, and by what it was paid. */
function Paid({ line }: { line: WholeLine }) {
  const { bill: text } = useLanguage().words
  const parts = line.paid_by?.map(({ lot_id: lotId, kind, channel, amount }) => ({
    key: lotId ?? '',
    name: kind === null ? text.unpaid : kind === 'cash' ? text.cash : text.granted,
    channel,
    amount,
  }))
  // Whose lots are another's sees only of which kind they were.
  const shown =
    parts ??
    (['granted', 'cash', 'unpaid'] as const)
      .map((part) => ({ key: part, name: text[part], channel: null, amount: line[part] }))
      .filter(({ amount }) => amount.grains !== '0')
  return (
    <Sheet title={text.whoPaid} flush>
      <Table
        label={text.whoPaid}
        rows={shown}
        keyOf={({ key }) => key}
        columns={[
          {
            title: text.paidWith,
            foot: text.amount,
            cell: ({ name, channel }) => (
              <>
                {name} {channel !== null && <span className="text-soft">{channelName(channel, text.channels)}</span>}
              </>
            ),
          },
          {
            title: text.amount,
            right: true,
            foot: <Money of={line.amount} align />,
            cell: ({ amount }) => <Money of={amount} align />,
          },
        ]}
      />
    </Sheet>
  )
}

/** Of a channel that an operator named the name is all there is. */
function channelName(channel: string, names: Record<string, string>): string {
  return names[channel] ?? channel
}

/** `own`: the reader's account pays, and so its journal is the reader's to see. */
function Details({ lineId, own }: { lineId: string; own: boolean }) {
  const { words } = useLanguage()
  const client = useClient()
  const details = useInfiniteQuery({
    queryKey: ['line-details', lineId],
    queryFn: ({ pageParam, signal }) =>
      client.bills.details({ line_id: lineId, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const rows = details.data?.pages.flatMap(({ data }) => data)
  const text = words.bill
  if (details.error && !rows) return <Failure error={details.error} retry={() => void details.refetch()} />
  if (!rows) return <Waiting className="h-64" />
  const when = (at: string | null) => (at === null ? '–' : <When at={at} />)
  return (
    <Sheet title={text.details} flush>
      <Table
        label={text.details}
        rows={rows}
        keyOf={({ type, id }) => `${type} ${id}`}
        columns={[
          {
            title: text.what,
            cell: (row) => (
              <>
                <Name of={row.subject ?? text.types[row.type]} />
                {/* On a phone there are no columns for them. */}
                <span className="mt-0.5 grid gap-0.5 text-tiny text-soft sm:hidden">
                  {row.billed_from !== null && <span>{when(row.billed_from)} –</span>}
                  {row.billed_to !== null && when(row.billed_to)}
                  <PriceOf row={row} />
                </span>
                {own && <DeductionsOf row={row} />}
              </>
            ),
          },
          { title: text.from, wide: true, cell: ({ billed_from }) => when(billed_from) },
          { title: text.until, wide: true, cell: ({ billed_to }) => when(billed_to) },
          { title: text.seconds, right: true, cell: ({ seconds }) => <span className="figures">{seconds}</span> },
          { title: words.pricing.price, wide: true, cell: (row) => <PriceOf row={row} /> },
          { title: text.amount, right: true, cell: ({ amount }) => <Money of={amount} align /> },
        ]}
      />
      <More of={details} />
    </Sheet>
  )
}

/** Leads from a span to the deductions that charged it. It is high enough, and far enough from the price, for a finger. */
function DeductionsOf({ row: { type, billed_from: from, billed_to: to } }: { row: LineDetail }) {
  const { expenses } = useLanguage().words
  if (type !== 'use' || from === null || to === null || from === to) return null
  return (
    <Link to="/deductions" search={{ from, to }} className={`mt-1 block w-fit py-1 text-tiny text-soft ${LEADS}`}>
      {expenses.deductions}
    </Link>
  )
}

function PriceOf({ row }: { row: LineDetail }) {
  return row.per_hour === null || row.price_list_id === null ? (
    '–'
  ) : (
    <PriceVersion perHour={row.per_hour} listId={row.price_list_id} />
  )
}
