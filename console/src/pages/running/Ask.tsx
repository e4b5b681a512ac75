import { AlertDialog } from '@base-ui/react/alert-dialog'
import { ACTIONS, type Action } from '@corehour/contract'
import type { Client } from '@corehour/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
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
      <ConfirmDelete
        span={toDelete}
        onNo={() => setToDelete(undefined)}
        onYes={(span) => {
          setToDelete(undefined)
          ask.mutate({ span, action: 'delete' })
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
  const possible: readonly Action[] = ACTIONS[kind]
  const left = possible.filter((action) => !isAsked(span) || (command?.action === 'stop' && action === 'delete'))
  return (
    <div className="flex flex-wrap items-center gap-x-1 sm:flex-nowrap sm:justify-end">
      {command && (
        <span className="text-soft max-sm:px-4" title={isAsked(span) ? text.chargedUntil : undefined}>
          {isAsked(span) ? asked[command.action] : text.refused(command.note ?? '')}
        </span>
      )}
      {left.map((action) => (
        <Button
          key={action}
          look="bare"
          className="-my-2.5 max-sm:my-0 sm:last:-mr-4"
          label={`${labels[action]}: ${subject}`}
          busy={busy === action}
          onPress={() => onAsk(action)}
        >
          {labels[action]}
        </Button>
      ))}
    </div>
  )
}

/** Asks before a node is deleted. */
function ConfirmDelete({ span, onNo, onYes }: { span: Span | undefined; onNo(): void; onYes(span: Span): void }) {
  const { common, running: text } = useWords()
  return (
    <AlertDialog.Root open={span !== undefined} onOpenChange={(open) => !open && onNo()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <AlertDialog.Popup className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-1/2 rounded-sheet border border-line bg-sheet p-6 shadow-float">
          <AlertDialog.Title className="text-lead font-semibold break-words">
            {text.deleteTitle(span?.subject ?? '')}
          </AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-small text-soft">{text.deleteHint}</AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close className="inline-flex min-h-10 items-center rounded-field px-4 text-small font-medium text-soft hover:bg-wash">
              {common.cancel}
            </AlertDialog.Close>
            <Button look="danger" onPress={() => span && onYes(span)}>
              {text.ask.delete}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
