import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useClient, type Me } from '../books/useBooks.ts'
import { MenuButton } from '../parts/MenuButton.tsx'
import { useWords } from '../words/index.tsx'

/** Who is signed in, with settings and the way out; for nobody the way in. */
export function PersonMenu({ me }: { me: Me | null | undefined }) {
  const words = useWords()
  const client = useClient()
  const signOut = useMutation({
    mutationFn: () => client.sessions.endCurrent(),
    onSuccess: () => {
      // A load of the page forgets all that was read and typed.
      location.assign('/sign-in')
    },
  })
  if (me === undefined) return <span aria-hidden className="size-9 rounded-full bg-wash" />
  if (me === null)
    return (
      <Link to="/sign-in" className="rounded-field px-3 py-2 text-small font-medium text-pine hover:bg-wash">
        {words.nav.signIn}
      </Link>
    )
  return (
    <MenuButton
      label={words.nav.account(me.name)}
      look="grid size-9 place-items-center rounded-full bg-pine-wash text-small font-semibold text-pine hover:bg-pine hover:text-on-pine"
      face={initialOf(me.name)}
      head={
        <>
          <p dir="auto" className="truncate text-small font-medium">
            {me.name}
          </p>
          {me.email !== null && <p className="truncate text-tiny text-soft">{me.email}</p>}
        </>
      }
      items={[
        { text: words.nav.settings, to: '/settings' },
        { text: words.nav.signOut, onPress: () => signOut.mutate() },
      ]}
    />
  )
}

/** The first letter as people count letters. */
function initialOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name)
  return first?.segment.toUpperCase() ?? ''
}
