import { Dialog } from '@base-ui/react/dialog'
import { useQueryClient } from '@tanstack/react-query'
import { useClient, useMe } from '../books/useBooks.ts'
import { SignInForm } from '../pages/signin/SignInForm.tsx'
import { useWords } from '../words/index.tsx'

/** The session of a user ended while a page was open: it stays as it is, with all that was typed, until they are signed in again. */
export function SignedOut() {
  const { signIn: text } = useWords()
  const client = useClient()
  const { data: person } = useMe()
  const queries = useQueryClient()
  const goOn = async () => {
    const { me } = await client.sessions.current()
    // What stands on the page is not for another one's eyes.
    if (me?.user_id !== person?.user_id) return location.assign('/')
    await queries.invalidateQueries()
  }
  return (
    <Dialog.Root open modal>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <Dialog.Popup className="fixed top-1/2 left-1/2 z-50 w-[min(24rem,calc(100vw-2rem))] -translate-1/2 rounded-sheet border border-line bg-sheet p-6 shadow-float">
          <Dialog.Title className="text-lead font-semibold">{text.ended}</Dialog.Title>
          <Dialog.Description className="mt-1 mb-4 text-small text-soft">{text.endedHint}</Dialog.Description>
          <SignInForm onDone={goOn} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
