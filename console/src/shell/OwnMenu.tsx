import { Menu } from '@base-ui/react/menu'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useClient, type Me } from '../books/useBooks.ts'
import { useWords } from '../words/index.tsx'

const ITEM = 'block w-full rounded-field px-3 py-2 text-left text-small outline-none data-[highlighted]:bg-wash'

/** Who is signed in, with settings and the way out. */
export function OwnMenu({ me }: { me: Me }) {
  const words = useWords()
  const client = useClient()
  const signOut = useMutation({
    mutationFn: () => client.sessions.endCurrent(),
    onSuccess: () => {
      // A load of the page forgets all that was read and typed.
      location.assign('/sign-in')
    },
  })
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label={words.nav.account(me.name)}
        className="grid size-9 place-items-center rounded-full bg-pine-wash text-small font-semibold text-pine hover:bg-pine hover:text-on-pine"
      >
        {initialOf(me.name)}
      </Menu.Trigger>
      <Menu.Portal container={document.getElementById('content')}>
        <Menu.Positioner sideOffset={8} align="end" className="z-50">
          <Menu.Popup className="w-60 rounded-sheet border border-line bg-sheet p-1.5 shadow-float outline-none">
            <p className="px-3 pt-1.5 pb-2">
              <span dir="auto" className="block truncate text-small font-medium">
                {me.name}
              </span>
              {me.email !== null && <span className="block truncate text-tiny text-soft">{me.email}</span>}
            </p>
            <Menu.Item render={<Link to="/settings" />} className={ITEM}>
              {words.nav.settings}
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => signOut.mutate()}>
              {words.nav.signOut}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

/** The first letter as people count letters. */
function initialOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name)
  return first?.segment.toUpperCase() ?? ''
}
