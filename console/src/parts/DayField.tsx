import { lazy } from 'react'
import { loadPatiently } from '../books/reach.ts'
import { showDay } from '../books/time.ts'
import { useLanguage } from '../words/index.tsx'
import { Opened } from './Opened.tsx'

const Calendar = lazy(() => loadPatiently(() => import('./Calendar.tsx')))

export type DayProps = {
  label: string
  /** Such as 2026-11-27. */
  value: string | undefined
  /** What stands there where none is chosen. */
  none: string
  min?: string | undefined
  max?: string | undefined
  onChange(day: string | undefined): void
}

/** A calendar day, shown and chosen in the reader's language: the browser's own field speaks the browser's. */
export function DayField(props: DayProps) {
  const { language } = useLanguage()
  const { label, value, none } = props
  const shown = value === undefined ? none : showDay(value, language, 'long')
  return (
    <Opened label={label} shown={shown} opens="dialog">
      <Calendar {...props} shown={shown} />
    </Opened>
  )
}
