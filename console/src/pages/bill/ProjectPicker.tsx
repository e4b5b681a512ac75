import { Combobox } from '@base-ui/react/combobox'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { SELECT } from '../../parts/Field.tsx'
import { Name } from '../../parts/Name.tsx'
import { useWords } from '../../words/index.tsx'

type Found = { project_id: string; name: string }
/** More are found by typing. */
const MOST = 30

/** Chooses one of however many projects: the server searches. It opens when it comes, since it is loaded when it is wanted. */
export default function ProjectPicker(props: {
  view: 'created' | 'joined'
  /** The name of the one that is chosen. */
  shown: string | undefined
  onChange(projectId: string | undefined): void
}) {
  const { view, shown, onChange } = props
  const { bill: text, common } = useWords()
  const client = useClient()
  const [search, setSearch] = useState('')
  const found = useQuery({
    queryKey: ['projects', view, 'found', search],
    queryFn: ({ signal }) => client.projects.list({ view, search: search || undefined, limit: MOST }, { signal }),
    placeholderData: keepPreviousData,
  })
  const all: Found = { project_id: '', name: text.all }
  const items: Found[] = [...(search === '' ? [all] : []), ...(found.data?.data ?? [])]
  return (
    <Combobox.Root
      defaultOpen
      items={items}
      filter={null}
      value={null}
      itemToStringLabel={({ name }: Found) => name}
      onValueChange={(next: Found | null) => next && onChange(next.project_id || undefined)}
      inputValue={search}
      onInputValueChange={(next) => setSearch(next.trim())}
    >
      <Combobox.Trigger aria-label={`${text.project}: ${shown ?? text.all}`} className={`${SELECT} text-left truncate`}>
        <bdi>{shown ?? text.all}</bdi>
      </Combobox.Trigger>
      <Combobox.Portal container={document.getElementById('content')}>
        <Combobox.Positioner sideOffset={4} align="start" className="z-50">
          <Combobox.Popup
            aria-label={text.project}
            className="w-72 max-w-[calc(100vw-2rem)] rounded-sheet border border-line bg-sheet p-1.5 shadow-float outline-none"
          >
            <Combobox.Input
              placeholder={text.findProject}
              className="mb-1 min-h-9 w-full rounded-field border border-edge bg-sheet px-3 text-small placeholder:text-soft"
            />
            <Combobox.Status className="px-3 text-tiny text-soft">
              {found.isPending ? common.loading : found.data?.has_more ? text.moreFound : null}
            </Combobox.Status>
            <Combobox.Empty className="px-3 text-small text-soft not-empty:py-2">
              {found.isPending ? null : text.noneFound}
            </Combobox.Empty>
            <Combobox.List className="max-h-72 overflow-y-auto">
              {(item: Found) => (
                <Combobox.Item
                  key={item.project_id}
                  value={item}
                  className="rounded-field px-3 py-2 text-small outline-none data-[highlighted]:bg-wash"
                >
                  <Name of={item.name} />
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  )
}
