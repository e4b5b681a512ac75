import type { ReactNode } from 'react'
import { Sheet } from '../../parts/Sheet.tsx'

/** A page with one thing to do, in the middle. */
export function Door({
  title,
  lead,
  children,
  below,
}: {
  title: string
  lead?: string
  children: ReactNode
  below?: ReactNode
}) {
  return (
    <div className="mx-auto max-w-sm py-6 sm:py-12">
      <h1 className="text-title font-semibold tracking-tight">{title}</h1>
      {lead !== undefined && <p className="mt-1 text-soft">{lead}</p>}
      <Sheet className="mt-6">{children}</Sheet>
      {below !== undefined && <div className="mt-4 grid gap-1 text-small text-soft">{below}</div>}
    </div>
  )
}

export const LINK = 'font-medium text-pine underline underline-offset-4'
