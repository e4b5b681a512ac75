import { lazy } from 'react'
import { loadPatiently } from '../books/reach.ts'
import { Opened } from './Opened.tsx'

const Picker = lazy(() => loadPatiently(() => import('./Picker.tsx')))

export type Found = { items: { key: string; name: string }[]; isMore: boolean }

export type SeekProps = {
  label: string
  /** What stands there where none is chosen. */
  all: string
  /** What the chosen one is called. */
  shown: string | undefined
  /** Where one types. */
  hint: string
  /** Under what is kept what was found, with the words that were looked for. */
  what: readonly unknown[]
  find(search: string, signal: AbortSignal): Promise<Found>
  onChange(key: string | undefined): void
}

/** A field that chooses one of however many by its name: what finds it is loaded once it is wanted. */
export function Seek(props: SeekProps) {
  const { label, all, shown } = props
  return (
    <Opened label={label} shown={shown ?? all} opens="listbox">
      <Picker {...props} />
    </Opened>
  )
}
