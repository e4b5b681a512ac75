import { Combobox } from '@base-ui/react/combobox'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../words/index.tsx'
import { SELECT } from './Field.tsx'
import { Name } from './Name.tsx'
import type { SeekProps } from './Seek.tsx'

type Item = { key: string; name: string }

/** Chooses one of however many: the server searches. It opens when it comes, since it is loaded when it is wanted. */
export default function Picker({ label, all, shown, hint, what, find, onChange }: SeekProps) {
  const { common, failure } = useWords()
  const [search, setSearch] = useState('')
  const found = useQuery({
    queryKey: [...what, search],
    queryFn: ({ signal }) => find(search, signal),
    placeholderData: keepPreviousData,
  })
  const none: Item = { key: '', name: all }
  const items: Item[] = [...(search === '' ? [none] : []), ...(found.data?.items ?? [])]
  return (
    <Combobox.Root
      defaultOpen
      items={items}
      filter={null}
      value={null}
      itemToStringLabel={({ name }: Item) => name}
      onValueChange={(next: Item | null) => next && onChange(next.key || undefined)}
      inputValue={search}
      onInputValueChange={(next) => setSearch(next.trim())}
    >
      <Combobox.Trigger aria-label={`${label}: ${shown ?? all}`} className={`${SELECT} text-left truncate`}>
        <bdi>{shown ?? all}</bdi>
      </Combobox.Trigger>
      <Combobox.Portal container={document.getElementById('content')}>
        <Combobox.Positioner sideOffset={4} align="start" className="z-50">
          <Combobox.Popup
            aria-label={label}
            className="w-72 max-w-[calc(100vw-2rem)] rounded-sheet border border-line bg-sheet p-1.5 shadow-float outline-none"
          >
            <Combobox.Input
              placeholder={hint}
              className="mb-1 min-h-9 w-full rounded-field border border-edge bg-sheet px-3 text-small placeholder:text-soft"
            />
            <Combobox.Status className="px-3 text-tiny text-soft">
              {found.isPending ? common.loading : found.data?.isMore ? common.moreFound : null}
              {found.isError && failure.title}
            </Combobox.Status>
            <Combobox.Empty className="px-3 text-small text-soft not-empty:py-2">
              {found.isSuccess && common.noneFound}
            </Combobox.Empty>
            <Combobox.List className="max-h-72 overflow-y-auto">
              {(item: Item) => (
                <Combobox.Item
                  key={item.key}
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
