import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { loadPatiently } from '../books/reach.ts'
import type { Me } from '../books/useBooks.ts'
import { useWords } from '../words/index.tsx'

// A menu is much that nobody waits for: a page stands before it is there.
const OwnMenu = lazy(() => loadPatiently(() => import('./OwnMenu.tsx')).then((part) => ({ default: part.OwnMenu })))

/** Who is signed in, with a menu; for nobody the way in. */
export function PersonMenu({ me }: { me: Me | null | undefined }) {
  const words = useWords()
  const room = <span aria-hidden className="size-9 rounded-full bg-wash" />
  if (me === undefined) return room
  if (me === null)
    return (
      <Link to="/sign-in" className="rounded-field px-3 py-2 text-small font-medium text-pine hover:bg-wash">
        {words.nav.signIn}
      </Link>
    )
  return (
    <Suspense fallback={room}>
      <OwnMenu me={me} />
    </Suspense>
  )
}
