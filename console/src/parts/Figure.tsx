import type { ReactNode } from 'react'
import type { Shown } from '../books/money.ts'
import { Money } from './Money.tsx'

/** One of several figures beside each other, under its name; for a `dl`. */
export function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-soft">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  )
}

/** An amount among them. */
export function Amount({ name, of }: { name: string; of: Shown }) {
  return (
    <Figure name={name}>
      <Money of={of} size="strong" />
    </Figure>
  )
}
