import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Shown } from '../../books/money.ts'
import { lastDays, showInstant } from '../../books/time.ts'
import { useClient, useMe } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { Name } from '../../parts/Name.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'

/** As many projects as a filter of the bill takes. */
export const PAGE = 100

type Projects = Awaited<ReturnType<ReturnType<typeof useClient>['projects']['list']>>['data']

/** Projects with what each has spent. */
export function List({ rows, view }: { rows: Projects; view: 'created' | 'joined' }) {
  const { language, words } = useLanguage()
  const spent = useSpent(
    view,
    rows.map(({ project_id }) => project_id),
  )
  const text = words.projects
  return (
    <Table
      label={text.title}
      rows={rows}
      keyOf={({ project_id }) => project_id}
      columns={[
        {
          title: text.name,
          cell: ({ project_id, name, deleted_at }) => (
            <>
              <Link to="/projects/$project" params={{ project: project_id }} className={`font-medium ${LEADS}`}>
                <Name of={name} />
              </Link>
              {deleted_at !== null && <span className="ml-2 text-soft">{text.deleted}</span>}
            </>
          ),
        },
        { title: text.role, wide: true, cell: ({ role }) => role && text.roles[role] },
        { title: text.createdAt, wide: true, cell: ({ created_at }) => showInstant(created_at, language) },
        {
          title: text.spent,
          right: true,
          cell: ({ project_id }) => {
            const amount = spent.get(project_id)
            return amount ? <Money of={amount} /> : <span className="text-soft">–</span>
          },
        },
      ]}
    />
  )
}

/** What each of the listed projects spent in 30 days: asked for by the page, since nobody reads ten thousand sums. */
function useSpent(view: 'created' | 'joined', projectIds: readonly string[]): Map<string, Shown> {
  const client = useClient()
  const days = lastDays(30, new Date().toISOString(), useMe().data?.time_zone)
  const pages = Array.from({ length: Math.ceil(projectIds.length / PAGE) }, (_, n) =>
    projectIds.slice(n * PAGE, (n + 1) * PAGE),
  )
  const sums = useQueries({
    queries: pages.map((project_id) => {
      const asked = { view, ...days, project_id, group_by: 'project' as const }
      return { queryKey: ['totals', asked], queryFn: () => client.bills.totals(asked) }
    }),
  })
  return new Map(sums.flatMap(({ data }) => data?.data.map(({ key, amount }) => [key, amount] as const) ?? []))
}
