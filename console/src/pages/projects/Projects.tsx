import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { lastDays, showInstant } from '../../books/time.ts'
import { useClient, useMe, useTotals } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { LOOKS_ONLY } from '../../books/view.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { More } from '../../parts/More.tsx'
import { Money } from '../../parts/Money.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'

const route = getRouteApi('/projects')

/** Projects that the reader created or takes part in, with what each has spent. */
export function Projects() {
  const { words } = useLanguage()
  const client = useClient()
  const { view = 'created', deleted } = route.useSearch()
  const navigate = route.useNavigate()
  const projects = useInfiniteQuery({
    queryKey: ['projects', view],
    queryFn: ({ pageParam }) => client.projects.list({ view, limit: 100, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const all = projects.data?.pages.flatMap(({ data }) => data)
  const rows = all?.filter(({ deleted_at }) => deleted === true || deleted_at === null)
  const text = words.projects
  return (
    <>
      <PageHead title={text.title} lead={text.lead} />
      <div className="grid gap-6 *:min-w-0">
        <div className="flex flex-wrap items-end justify-between gap-4">
          <Segments
            label={text.title}
            value={view}
            options={[
              { value: 'created', text: text.created },
              { value: 'joined', text: text.joined },
            ]}
            onChange={(next) => void navigate({ search: { view: next } })}
          />
          {!LOOKS_ONLY && <Create />}
        </div>
        {projects.error && !rows && <Failure error={projects.error} retry={() => void projects.refetch()} />}
        {!rows && !projects.error && <Waiting className="h-64" />}
        {rows && (
          <Sheet flush>
            {rows.length === 0 ? (
              <Empty title={view === 'created' ? text.empty : text.noneJoined} hint={text.emptyHint} />
            ) : (
              <Listed rows={rows} view={view} />
            )}
          </Sheet>
        )}
        {all && (deleted || all.length > rows!.length) && (
          <label className="flex w-fit items-center gap-2 text-small text-soft">
            <input
              type="checkbox"
              className="size-4 accent-pine"
              checked={deleted ?? false}
              onChange={({ target }) =>
                void navigate({ search: target.checked ? { view, deleted: true } : { view }, replace: true })
              }
            />
            {text.showDeleted}
          </label>
        )}
        <More of={projects} />
      </div>
    </>
  )
}

type Listed = Awaited<ReturnType<ReturnType<typeof useClient>['projects']['list']>>['data']

function Listed({ rows, view }: { rows: Listed; view: 'created' | 'joined' }) {
  const { language, words } = useLanguage()
  const zone = useMe().data?.time_zone
  const spent = useTotals({ view, ...lastDays(30, new Date().toISOString(), zone) }, 'project')
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
              <Link
                to="/projects/$project"
                params={{ project: project_id }}
                dir="auto"
                className="font-medium wrap-anywhere underline decoration-line underline-offset-4 hover:decoration-ink"
              >
                {name}
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
            const total = spent.data?.data.find(({ key }) => key === project_id)
            return total ? <Money of={total.amount} /> : <span className="text-soft">–</span>
          },
        },
      ]}
    />
  )
}

function Create() {
  const { words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const key = useKey(name)
  const create = useMutation({
    mutationFn: () => client.projects.create({ name: name.trim() }, { idempotencyKey: key }),
    onSuccess: () => {
      setName('')
      return queries.invalidateQueries({ queryKey: ['projects'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '' && !create.isPending) create.mutate()
  }
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <Field
        label={words.projects.create}
        value={name}
        maxLength={200}
        onChange={({ target }) => setName(target.value)}
      />
      <Button type="submit" look="main" busy={create.isPending} disabled={name.trim() === ''}>
        {words.projects.create}
      </Button>
      {create.error && <Failure error={create.error} />}
    </form>
  )
}
