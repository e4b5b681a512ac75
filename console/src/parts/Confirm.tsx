import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useWords } from '../words/index.tsx'
import { Button } from './Button.tsx'
import { Failure } from './States.tsx'

type Props = {
  open: boolean
  title: string
  /** What comes of it. */
  hint: string
  /** What is pressed to do it. */
  yes: string
  busy?: boolean
  error?: unknown
  /** Where the focus goes then, if not to where it was asked from: that may be gone. */
  finalFocus?: AlertDialog.Popup.Props['finalFocus']
  onYes(): void
  onNo(): void
}

/** Asks before what can't be undone. Escape, and the focus goes back to where it was asked from. */
export function Confirm({ open, title, hint, yes, busy = false, error, finalFocus, onYes, onNo }: Props) {
  const { common } = useWords()
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onNo()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <AlertDialog.Popup
          finalFocus={finalFocus}
          className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-1/2 rounded-sheet border border-line bg-sheet p-6 shadow-float"
        >
          <AlertDialog.Title dir="auto" className="text-lead font-semibold wrap-anywhere">
            {title}
          </AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-small text-soft">{hint}</AlertDialog.Description>
          {error != null && (
            <div className="mt-4">
              <Failure error={error} />
            </div>
          )}
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close className="inline-flex min-h-10 items-center rounded-field px-4 text-small font-medium text-soft hover:bg-wash">
              {common.cancel}
            </AlertDialog.Close>
            <Button look="danger" busy={busy} onPress={onYes}>
              {yes}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
