import { Link } from '@tanstack/react-router'
import type { Me } from '../books/useBooks.ts'
import { useWords } from '../words/index.tsx'

const OF_CUSTOMERS = [
  ['/bill', 'bill'],
  ['/running', 'running'],
  ['/projects', 'projects'],
  ['/pricing', 'pricing'],
] as const
const OF_NOBODY = [['/pricing', 'pricing']] as const
const OF_STAFF = [
  ['/staff', 'overview'],
  ['/staff/accounts', 'accounts'],
  ['/staff/disputes', 'disputes'],
  ['/staff/cards', 'cards'],
  ['/staff/prices', 'prices'],
  ['/staff/keys', 'keys'],
  ['/staff/health', 'health'],
  ['/staff/actions', 'actions'],
] as const
const LOOK =
  'rounded-field px-2 py-2 sm:px-3 text-small whitespace-nowrap text-soft transition-colors hover:bg-wash hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink'

/** Where one can go from everywhere. */
export function Ways({ me }: { me: Me | null | undefined }) {
  const { nav, staffWays } = useWords()
  if (me?.scope === 'staff')
    return OF_STAFF.map(([to, name]) => (
      <Link key={to} to={to} activeOptions={{ exact: to === '/staff' }} className={LOOK}>
        {staffWays[name]}
      </Link>
    ))
  // Who it is will be known in a moment: what stands here by then must not move.
  if (me === undefined) return null
  return (me ? OF_CUSTOMERS : OF_NOBODY).map(([to, name]) => (
    <Link key={to} to={to} className={LOOK}>
      {nav[name]}
    </Link>
  ))
}
