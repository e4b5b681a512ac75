import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { LOOKS_ONLY } from '../../books/view.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { More } from '../../parts/More.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { List, PAGE } from './List.tsx'

const route = getRouteApi('/projects')

/** Projects that the reader created or takes part in, with what each has spent. */
export function Projects() {
  const { words } = useLanguage()
  const { view = 'created', deleted, search } = route.useSearch()
  const navigate = route.useNavigate()
  const projects = useProjects(view, search)
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
        {(search !== undefined || projects.hasNextPage) && (
          <Field
            label={text.find}
            type="search"
            className="max-w-md"
            maxLength={200}
            defaultValue={search ?? ''}
            onChange={({ target }) =>
              void navigate({ search: (old) => ({ ...old, search: target.value.trim() || undefined }), replace: true })
            }
          />
        )}
        {projects.error && !rows && <Failure error={projects.error} retry={() => void projects.refetch()} />}
        {!rows && !projects.error && <Waiting className="h-64" />}
        {rows && (
          <Sheet flush>
            {rows.length === 0 ? (
              <Empty
                title={search !== undefined ? text.noneFound : view === 'created' ? text.empty : text.noneJoined}
                hint={search !== undefined ? text.noneFoundHint : text.emptyHint}
              />
            ) : (
              <List rows={rows} view={view} />
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

function useProjects(view: 'created' | 'joined', search: string | undefined) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: ['projects', view, search],
    queryFn: ({ pageParam, signal }) =>
      client.projects.list({ view, search, limit: PAGE, cursor: pageParam }, { signal }),
    placeholderData: keepPreviousData,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
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
        className="grow"
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
