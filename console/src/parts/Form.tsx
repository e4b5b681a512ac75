import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { Failure } from './States.tsx'

/** What is done with what was typed; as a mutation of TanStack Query has it. */
type Act = { isPending: boolean; error: unknown; mutate(): void }

/** A form with one thing to do: the browser checks its fields, and while it is being done it takes no second press. */
export function Form(props: { act: Act; send: string; refused: string; children: ReactNode }) {
  const { act, send, refused, children } = props
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!act.isPending) act.mutate()
      }}
      className="grid gap-4"
    >
      {children}
      {act.error != null && <Failure error={act.error} title={refused} />}
      <Button type="submit" look="main" busy={act.isPending}>
        {send}
      </Button>
    </form>
  )
}
