import { Field as Base } from '@base-ui/react/field'
import type { ComponentProps, ReactNode } from 'react'

const INPUT =
  'w-full min-h-10 rounded-field border border-edge bg-sheet px-3 text-body text-ink placeholder:text-soft data-[invalid]:border-owed'

/** With an arrow of ours in the place of the machine's. */
export const SELECT = `${INPUT} appearance-none bg-(image:--arrow) bg-[position:right_0.75rem_center] bg-no-repeat pr-9 text-ellipsis`

type Common = { label: string; hint?: ReactNode; error?: string | undefined; className?: string }

/** A labelled input, with its hint and what is wrong with it. */
export function Field({ label, hint, error, className = '', ...input }: Common & ComponentProps<'input'>) {
  return (
    <Labelled {...{ label, hint, error, className }}>
      <Base.Control className={INPUT} {...input} />
    </Labelled>
  )
}

/** A labelled input of several lines. */
export function Lines({ label, hint, error, className = '', ...input }: Common & ComponentProps<'textarea'>) {
  return (
    <Labelled {...{ label, hint, error, className }}>
      <Base.Control render={<textarea className={`${INPUT} py-2`} {...input} />} />
    </Labelled>
  )
}

/** A labelled choice among a few: the machine's own list, which every keyboard and phone knows. */
export function Choice({ label, hint, error, className = '', children, ...select }: Common & ComponentProps<'select'>) {
  return (
    <Labelled {...{ label, hint, error, className }}>
      <Base.Control
        render={
          <select className={SELECT} {...select}>
            {children}
          </select>
        }
      />
    </Labelled>
  )
}

function Labelled({ label, hint, error, className = '', children }: Common & { children: ReactNode }) {
  return (
    <Base.Root className={`flex min-w-0 flex-col gap-1.5 ${className}`} invalid={error !== undefined}>
      <Base.Label className="text-small font-medium">{label}</Base.Label>
      {children}
      {hint !== undefined && <Base.Description className="text-tiny text-soft">{hint}</Base.Description>}
      {error !== undefined && (
        <Base.Error match className="text-tiny text-owed">
          {error}
        </Base.Error>
      )}
    </Base.Root>
  )
}
