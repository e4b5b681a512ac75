import { Button as Base } from '@base-ui/react/button'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

type Look = 'main' | 'quiet' | 'danger' | 'bare'
const LOOKS: Record<Look, string> = {
  main: 'bg-pine text-on-pine hover:bg-pine-strong',
  quiet: 'border border-line bg-sheet text-ink hover:border-edge hover:bg-wash',
  danger: 'border border-line bg-sheet text-owed hover:border-owed hover:bg-owed-wash',
  bare: 'text-soft hover:bg-wash hover:text-ink',
}
const SHAPE =
  'inline-flex min-h-10 items-center justify-center gap-2 rounded-field px-4 text-small font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50 select-none'

type Props = {
  children: ReactNode
  look?: Look
  type?: 'button' | 'submit'
  /** While it works it takes no second press and says so. */
  busy?: boolean
  disabled?: boolean
  label?: string
  /** It opens one. */
  popup?: 'dialog'
  /** It opens and closes a part of the page. */
  expanded?: boolean
  className?: string
  onPress?: () => void
}

export function Button({ children, look = 'quiet', type = 'button', busy = false, ...rest }: Props) {
  const { disabled = false, label, popup, expanded, className = '', onPress } = rest
  return (
    <Base
      type={type}
      className={`${SHAPE} ${LOOKS[look]} ${className}`}
      disabled={disabled || busy}
      focusableWhenDisabled={busy}
      aria-busy={busy}
      aria-label={label}
      aria-haspopup={popup}
      aria-expanded={expanded}
      onClick={onPress}
    >
      {busy && <Spinner />}
      {children}
    </Base>
  )
}

/** A way to another page that looks like a button. */
export function ButtonLink({
  children,
  look = 'quiet',
  className = '',
  ...to
}: { children: ReactNode; look?: Look; className?: string } & Pick<LinkProps, 'to' | 'search' | 'params'>) {
  return (
    <Link {...to} className={`${SHAPE} ${LOOKS[look]} ${className}`}>
      {children}
    </Link>
  )
}

function Spinner() {
  return (
    <span
      aria-hidden
      className="size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent opacity-80"
    />
  )
}
