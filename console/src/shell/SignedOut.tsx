import { Dialog } from '@base-ui/react/dialog'
import { SignInForm } from '../pages/signin/SignInForm.tsx'
import { useWords } from '../words/index.tsx'

/** The session ended while a page was open: it stays as it is, with all that was typed, until one is signed in again. */
export function SignedOut({ open }: { open: boolean }) {
  const { signIn: text } = useWords()
  return (
    <Dialog.Root open={open} modal>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <Dialog.Popup className="fixed top-1/2 left-1/2 z-50 w-[min(24rem,calc(100vw-2rem))] -translate-1/2 rounded-sheet border border-line bg-sheet p-6 shadow-float">
          <Dialog.Title className="text-lead font-semibold">{text.ended}</Dialog.Title>
          <Dialog.Description className="mt-1 mb-4 text-small text-soft">{text.endedHint}</Dialog.Description>
          <SignInForm />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
