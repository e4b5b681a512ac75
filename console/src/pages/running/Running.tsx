import { useQuery } from '@tanstack/react-query'
import { useClient, useMe } from '../../books/useBooks.ts'
import { showDuration, showInstant } from '../../books/time.ts'
import { Money } from '../../parts/Money.tsx'
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
const MOST = 200
const RUNNING = ['running']

/** What runs now in what this account pays for. */
export function Running() {
  const { words } = useLanguage()
  const client = useClient()
  const { data: me } = useMe()
  const running = useQuery({
    queryKey: [...RUNNING, me?.account_id],
    queryFn: () => client.spans.list({ running: true, limit: MOST }),
    refetchInterval: ({ state }) => (state.data?.data.some(isAsked) ? LOOK_SOON_MS : LOOK_MS),
    enabled: me != null,
  })
  const rows = running.data?.data
  const text = words.running
  return (
    <>
      <PageHead title={text.title} lead={text.lead} />
      {running.error && !rows && <Failure error={running.error} retry={() => void running.refetch()} />}
      {!rows && !running.error && <Waiting className="h-96" />}
      {rows && <Spans rows={rows} />}
    </>
  )
}

function Spans({ rows }: { rows: readonly Span[] }) {
  const { language, words } = useLanguage()
  const { names: projects } = useNames('project', [...new Set(rows.map(({ project_id }) => project_id))])
  const { names: users } = useNames('user', [...new Set(rows.map(({ user_id }) => user_id))])
  const ask = useAsk(RUNNING)
  const text = words.running
  const columns: Column<Span>[] = [
    {
      title: text.name,
      cell: (span) => (
        <>
          <bdi className="font-medium wrap-anywhere">{span.subject}</bdi>
          <span className="block text-tiny text-soft">{text.kinds[span.kind]}</span>
          <span className="block text-soft sm:hidden">
            <Name of={projects.get(span.project_id) ?? span.project_id} />
          </span>
          {/* Where there is no room for a column, what people come for is not left outside. */}
          <div className="mt-1 -ml-4 sm:hidden">{ask.cell(span)}</div>
        </>
      ),
      foot: text.total(rows.length),
    },
    { title: text.project, wide: true, cell: ({ project_id }) => <Name of={projects.get(project_id) ?? project_id} /> },
    { title: text.user, wide: true, cell: ({ user_id }) => <Name of={users.get(user_id) ?? user_id} /> },
    {
      title: text.sku,
      wide: true,
      cell: ({ sku, quantity }) => (
        <>
          <span className="whitespace-nowrap">{sku.replace(/^(queue|machine):/, '')}</span>
          <span className="block text-tiny whitespace-nowrap text-soft">{sizeOf(quantity)}</span>
        </>
      ),
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
    { title: text.perHour, right: true, cell: ({ per_hour }) => <Money of={per_hour} /> },
    { title: text.soFar, right: true, cell: ({ cost }) => <Money of={cost} /> },
    { title: text.action, right: true, wide: true, cell: ask.cell },
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
      </Sheet>
      {ask.dialog}
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
