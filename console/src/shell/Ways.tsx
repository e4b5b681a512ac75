import { Link } from '@tanstack/react-router'
import type { Me } from '../books/useBooks.ts'
import { useWords } from '../words/index.tsx'

const OF_CUSTOMERS = ['bill', 'running', 'projects', 'pricing'] as const
const OF_NOBODY = ['pricing'] as const
const PATHS = { bill: '/bill', running: '/running', projects: '/projects', pricing: '/pricing' } as const
const LOOK =
  'rounded-field px-3 py-2 text-small whitespace-nowrap text-soft transition-colors hover:bg-wash hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink'

/** Where one can go from everywhere. */
export function Ways({ me }: { me: Me | null | undefined }) {
  const words = useWords()
  return (me?.account_id == null ? OF_NOBODY : OF_CUSTOMERS).map((way) => (
    <Link key={way} to={PATHS[way]} className={LOOK}>
      {words.nav[way]}
    </Link>
  ))
}
