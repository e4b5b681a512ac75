import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ofGrains } from '../../books/money.ts'
import { nameSku } from '../../books/sku.ts'
import { useClient, useMe } from '../../books/useBooks.ts'
import { showDuration, showInstant } from '../../books/time.ts'
import { Money } from '../../parts/Money.tsx'
import { More } from '../../parts/More.tsx'
import { Name } from '../../parts/Name.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table, type Column } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useNames } from '../expenses/useNames.ts'
import { isAsked, useAsk, type Span } from './Ask.tsx'

const LOOK_MS = 10_000
/** While something is asked: people wait for it. */
const LOOK_SOON_MS = 2000
/** Each page is looked at again. */
const PAGE = 200
const RUNNING = ['running']

/** What runs now in what this account pays for. */
export function Running() {
  const { words } = useLanguage()
  const client = useClient()
  const { data: me } = useMe()
  const running = useInfiniteQuery({
    queryKey: [...RUNNING, me?.account_id],
    queryFn: ({ pageParam, signal }) =>
      client.spans.list({ running: true, limit: PAGE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some(({ data }) => data.some(isAsked)) ? LOOK_SOON_MS : LOOK_MS),
    enabled: me != null,
  })
  // What starts between two pages moves those that follow.
  const spans = running.data?.pages.flatMap(({ data }) => data.map((span) => [span.span_id, span] as const))
  const rows = spans && [...new Map(spans).values()]
  const text = words.running
  return (
    <>
      <PageHead title={text.title} lead={text.lead} />
      {running.error && !rows && <Failure error={running.error} retry={() => void running.refetch()} />}
      {!rows && !running.error && <Waiting className="h-96" />}
      {rows && (
        <Spans rows={rows} isAll={!running.hasNextPage}>
          <More of={running} />
        </Spans>
      )}
    </>
  )
}

function Spans({ rows, isAll, children }: { rows: readonly Span[]; isAll: boolean; children: ReactNode }) {
  const { language, words } = useLanguage()
  const { names: projects } = useNames('project', [...new Set(rows.map(({ project_id }) => project_id))])
  const { names: users } = useNames('user', [...new Set(rows.map(({ user_id }) => user_id))])
  const ask = useAsk(RUNNING)
  const text = words.running
  const columns: Column<Span>[] = [
    {
      title: text.name,
      cell: (span) => (
        <Started of={span} project={projects.get(span.project_id)}>
          {ask.cell(span)}
        </Started>
      ),
      foot: isAll ? text.total(rows.length) : text.first(rows.length),
    },
    {
      title: text.project,
      widest: true,
      cell: ({ project_id }) => <Name of={projects.get(project_id) ?? project_id} />,
    },
    { title: text.user, widest: true, cell: ({ user_id }) => <Name of={users.get(user_id) ?? user_id} /> },
    {
      title: text.sku,
      wide: true,
      cell: (span) => <Sku of={span} />,
    },
    {
      title: text.since,
      right: true,
      wide: true,
      cell: ({ seconds, started_at }) => (
        <span className="figures whitespace-nowrap" title={showInstant(started_at, language)}>
          {showDuration(seconds, language, 'short')}
        </span>
      ),
    },
    {
      title: text.perHour,
      right: true,
      cell: ({ per_hour }) => <Money of={per_hour} />,
      foot: isAll && <Sum of={rows} part="per_hour" />,
    },
    {
      title: text.soFar,
      right: true,
      cell: ({ cost }) => <Money of={cost} />,
      foot: isAll && <Sum of={rows} part="cost" />,
    },
    { title: text.action, right: true, widest: true, cell: ask.cell },
  ]
  return (
    <>
      {ask.error && <Failure error={ask.error} title={text.notAsked} />}
      <Sheet flush>
        {rows.length === 0 ? (
          <Empty title={text.empty} hint={text.emptyHint} />
        ) : (
          <Table label={text.title} rows={rows} keyOf={({ span_id }) => span_id} columns={columns} />
        )}
        {children}
      </Sheet>
      {ask.dialog}
    </>
  )
}

function Started({ of: span, project, children }: { of: Span; project: string | undefined; children: ReactNode }) {
  const { running: text } = useLanguage().words
  return (
    <>
      <bdi className="font-medium wrap-anywhere">{span.subject}</bdi>
      <span className="block text-tiny text-soft">{text.kinds[span.kind]}</span>
      <span className="block text-soft lg:hidden">
        <Name of={project ?? span.project_id} />
      </span>
      {/* Where there is no room for a column, what people come for is not left outside. */}
      <div className="mt-1 -ml-4 lg:hidden">{children}</div>
    </>
  )
}

/** Of all that runs: a sum of what happens to be shown would say little. */
function Sum({ of, part }: { of: readonly Span[]; part: 'per_hour' | 'cost' }) {
  const sum = of.reduce((all, span) => all + BigInt(span[part].grains), 0n)
  return of.length > 0 && <Money of={ofGrains(sum, of[0]!.cost.currency)} />
}

function Sku({ of: { sku, quantity } }: { of: Span }) {
  return (
    <>
      <span className="whitespace-nowrap">{nameSku(sku)}</span>
      <span className="block text-tiny whitespace-nowrap text-soft">{sizeOf(quantity)}</span>
    </>
  )
}

/** `8 CPU, 1 GPU`. */
function sizeOf(quantity: Readonly<Record<string, string>>): string {
  return Object.entries(quantity)
    .filter(([name, count]) => name !== 'count' && /[1-9]/.test(count))
    .map(([name, count]) => `${count} ${name.toUpperCase()}`)
    .join(', ')
}
