import { Suspense, useState, type ReactNode } from 'react'
import { SELECT } from './Field.tsx'

/** A field of which only a button is there until it is pressed: what it opens is loaded once it is wanted, and is open when it comes. */
export function Opened(props: { label: string; shown: string; opens: 'dialog' | 'listbox'; children: ReactNode }) {
  const { label, shown, opens, children } = props
  const [wanted, setWanted] = useState(false)
  const closed = (
    <button
      type="button"
      aria-haspopup={opens}
      aria-label={`${label}: ${shown}`}
      className={`${SELECT} truncate text-left`}
      onClick={() => setWanted(true)}
    >
      <bdi>{shown}</bdi>
    </button>
  )
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <span aria-hidden className="text-small font-medium">
        {label}
      </span>
      {wanted ? <Suspense fallback={closed}>{children}</Suspense> : closed}
    </div>
  )
}
