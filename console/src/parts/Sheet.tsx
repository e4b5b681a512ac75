import type { ReactNode } from 'react'

/** A part of a page, with its heading and what can be done with it. */
export function Sheet(props: {
  title?: string
  hint?: string
  actions?: ReactNode
  children: ReactNode
  /** Without room around what it holds, for tables. */
  flush?: boolean
  className?: string
}) {
  const { title, hint, actions, children, flush = false, className = '' } = props
  return (
    <section
      aria-label={title}
      className={`rounded-sheet border border-line bg-sheet shadow-sheet print:shadow-none ${className}`}
    >
      {(title ?? actions) !== undefined && (
        <header className="flex flex-wrap items-start justify-between gap-3 px-5 pt-5 pb-3 sm:px-6">
          <div>
            {title !== undefined && <h2 className="text-lead font-semibold">{title}</h2>}
            {hint !== undefined && <p className="mt-0.5 max-w-prose text-small text-soft">{hint}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={flush ? '' : `px-5 pb-5 sm:px-6 sm:pb-6 ${title === undefined ? 'pt-5 sm:pt-6' : ''}`}>
        {children}
      </div>
    </section>
  )
}

/** The head of a page: its name, a line about it, and what can be done. */
export function PageHead({ title, lead, actions }: { title: string; lead?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 dir="auto" className="text-title font-semibold tracking-tight wrap-anywhere">
          {title}
        </h1>
        {lead !== undefined && <div className="mt-1 max-w-prose text-soft">{lead}</div>}
      </div>
      {actions !== undefined && <div className="no-print flex flex-wrap gap-2">{actions}</div>}
    </header>
  )
}
