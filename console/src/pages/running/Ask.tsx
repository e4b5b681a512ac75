import { ACTIONS, type Action } from '@corehour/contract'
import type { Client } from '@corehour/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { LOOKS_ONLY } from '../../books/view.ts'
import { Button } from '../../parts/Button.tsx'
import { Confirm } from '../../parts/Confirm.tsx'
import { useWords } from '../../words/index.tsx'

export type Span = Awaited<ReturnType<Client['spans']['list']>>['data'][number]

/** Whether the platform was asked something that it has not refused, and the books don't say yet that it is done. */
export function isAsked({ command }: Span): boolean {
  return command !== null && command.state !== 'refused'
}

/** What people ask of what runs: a cell for each span, a question before a node is deleted, and why something was not asked. */
export function useAsk(queryKey: readonly string[]) {
  const client = useClient()
  const queries = useQueryClient()
  const { running: text } = useWords()
  const [toDelete, setToDelete] = useState<Span>()
  const ask = useMutation({
    mutationFn: ({ span, action }: { span: Span; action: Action }) =>
      client.commands.ask({ span_id: span.span_id, action }),
    // Nothing is shown before the books say it. Where it was refused, what runs may have ended.
    onSettled: () => queries.invalidateQueries({ queryKey }),
  })
  const busyWith = ({ span_id }: Span) =>
    ask.isPending && ask.variables.span.span_id === span_id ? ask.variables.action : undefined
  const choose = (span: Span, action: Action) =>
    action === 'delete' ? setToDelete(span) : ask.mutate({ span, action })
  return {
    error: ask.error,
    cell: (span: Span) => <Ask span={span} busy={busyWith(span)} onAsk={(action) => choose(span, action)} />,
    dialog: (
      <Confirm
        open={toDelete !== undefined}
        title={text.deleteTitle(toDelete?.subject ?? '')}
        hint={text.deleteHint}
        yes={text.ask.delete}
        onNo={() => setToDelete(undefined)}
        onYes={() => {
          setToDelete(undefined)
          if (toDelete) ask.mutate({ span: toDelete, action: 'delete' })
        }}
      />
    ),
  }
}

/** What the platform may be asked to do with what runs, and what it was asked or would not do. */
function Ask({ span, busy, onAsk }: { span: Span; busy: Action | undefined; onAsk(action: Action): void }) {
  const { running: text } = useWords()
  const { command, kind, subject } = span
  const labels = kind === 'job' ? { ...text.ask, stop: text.ask.cancel } : text.ask
  const asked = kind === 'job' ? { ...text.asked, stop: text.asked.cancel } : text.asked
  // Who has asked it to stop may still want it gone.
  const possible: readonly Action[] = LOOKS_ONLY ? [] : ACTIONS[kind]
  const left = possible.filter((action) => !isAsked(span) || (command?.action === 'stop' && action === 'delete'))
  return (
    <div className="flex flex-wrap items-center gap-x-1 lg:flex-nowrap lg:justify-end">
      {command && (
        <span className="text-soft max-lg:px-4" title={isAsked(span) ? text.chargedUntil : undefined}>
          {isAsked(span) ? asked[command.action] : text.refused(command.note ?? '')}
        </span>
      )}
      {left.map((action) => (
        <Button
          key={action}
          look="bare"
          className="-my-2.5 max-lg:my-0 lg:last:-mr-4"
          label={`${labels[action]}: ${subject}`}
          busy={busy === action}
          {...(action === 'delete' && { popup: 'dialog' })}
          onPress={() => onAsk(action)}
        >
          {labels[action]}
        </Button>
      ))}
    </div>
  )
}
