import type { LinkProps } from '@tanstack/react-router'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { loadPatiently } from '../books/reach.ts'

const OpenMenu = lazy(() => loadPatiently(() => import('./OpenMenu.tsx')))

/** Leads somewhere, or does something. */
type Item = { text: string; to?: LinkProps['to']; onPress?: () => void }
export type MenuProps = {
  /** What stands on the button; where that says nothing to who can't see it, `label` does. */
  face: ReactNode
  label?: string
  look: string
  disabled?: boolean
  /** Above the items. */
  head: ReactNode
  items: readonly Item[]
}

/** A button with a menu, of which only the button is there until it is pressed: the rest is a fifth of the scripts of a first page. */
export function MenuButton(props: MenuProps) {
  const { face, label, look, disabled } = props
  const [wanted, setWanted] = useState(false)
  const closed = (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={false}
      aria-label={label}
      disabled={disabled}
      className={look}
      onClick={() => setWanted(true)}
    >
      {face}
    </button>
  )
  if (!wanted) return closed
  return (
    <Suspense fallback={closed}>
      <OpenMenu {...props} />
    </Suspense>
  )
}
