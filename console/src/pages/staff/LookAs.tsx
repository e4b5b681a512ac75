import { Dialog } from '@base-ui/react/dialog'
import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

/** Asks why, and opens the customer's own pages, in which nothing can be changed. */
export function LookAs({ accountId }: { accountId: string }) {
  const { common } = useWords()
  const text = useStaffWords()
  const client = useClient()
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const key = useKey(reason)
  const look = useMutation({
    mutationFn: () => client.accounts.view({ account_id: accountId, reason: reason.trim() }, { idempotencyKey: key }),
  })
  // Pressed twice, the last alone opens it: a second load would end the first.
  const isBusy = look.isPending || look.isSuccess
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // A load of the page: what was read as staff is not mixed with what the customer sees.
    const enter = ({ view_id }: { view_id: string }) => location.assign(`/view/${view_id}/`)
    if (reason.trim() !== '' && !isBusy) look.mutate(undefined, { onSuccess: enter })
  }
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Button onPress={() => setOpen(true)}>{text.lookAs}</Button>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <Dialog.Popup className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-1/2 rounded-sheet border border-line bg-sheet p-6 shadow-float">
          <Dialog.Title className="text-lead font-semibold">{text.lookAs}</Dialog.Title>
          <Dialog.Description className="mt-1 text-small text-soft">{text.lookAsHint}</Dialog.Description>
          <form onSubmit={submit} className="mt-4 grid gap-4">
            <Field
              label={text.lookAsReason}
              maxLength={500}
              value={reason}
              onChange={({ target }) => setReason(target.value)}
            />
            {look.error && <Failure error={look.error} title={text.notDone} />}
            <div className="flex justify-end gap-2">
              <Button look="bare" onPress={() => setOpen(false)}>
                {common.cancel}
              </Button>
              <Button type="submit" look="main" busy={isBusy} disabled={reason.trim() === ''}>
                {text.lookAsOpen}
              </Button>
            </div>
          </form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
