import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useAccount, useMe } from '../books/useBooks.ts'
import { Money } from '../parts/Money.tsx'
import { useWords } from '../words/index.tsx'
import { LookMenu } from './LookMenu.tsx'

const WAYS = ['bill', 'running', 'projects', 'pricing'] as const
const PATHS = { bill: '/bill', running: '/running', projects: '/projects', pricing: '/pricing' } as const

/** What stands around every page: where one is, where one can go, and what is left. */
export function Shell() {
  const words = useWords()
  useTitle()
  return (
    <>
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-field bg-pine px-4 py-2 text-on-pine focus:translate-y-0"
      >
        {words.nav.skip}
      </a>
      <header className="no-print sticky top-0 z-40 border-b border-line bg-paper/90 backdrop-blur">
        <div className="mx-auto flex h-16 max-w-6xl items-center gap-2 px-4 sm:px-6">
          <Link to="/" className="mr-2 flex items-center gap-2.5 rounded-field py-1 pr-2 font-semibold tracking-tight">
            <img src="/mark.svg" alt="" width="28" height="28" />
            Corehour
          </Link>
          <nav aria-label={words.nav.main} className="flex gap-0.5 overflow-x-auto max-sm:hidden">
            <Ways />
          </nav>
          <div className="ml-auto flex items-center gap-1">
            <Purse />
            <LookMenu />
          </div>
        </div>
        <nav
          aria-label={words.nav.main}
          className="flex gap-0.5 overflow-x-auto border-t border-line px-3 py-1 sm:hidden"
        >
          <Ways />
        </nav>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto max-w-6xl px-4 py-8 outline-none sm:px-6 sm:py-10">
        <Outlet />
      </main>
    </>
  )
}

function Ways() {
  const words = useWords()
  const look =
    'rounded-field px-3 py-2 text-small whitespace-nowrap text-soft transition-colors hover:bg-wash hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink'
  return WAYS.map((way) => (
    <Link key={way} to={PATHS[way]} className={look}>
      {words.nav[way]}
    </Link>
  ))
}

/** The account's name with what may still be spent: the way to Expenses. */
function Purse() {
  const words = useWords()
  const { data: me } = useMe()
  const { data: account } = useAccount(me?.account_id)
  if (!account) return null
  const empty = BigInt(account.balance.available.grains) <= 0n
  return (
    <Link
      to="/"
      title={words.nav.toExpenses}
      className="flex min-h-10 items-center gap-3 rounded-field border border-line bg-sheet px-3 text-small hover:border-edge"
    >
      <span className="max-w-40 truncate max-sm:hidden">{account.name}</span>
      <span className={`font-medium ${empty ? 'text-owed' : ''}`}>
        <Money of={account.balance.settled} />
      </span>
    </Link>
  )
}

const TITLES = {
  '/bill': 'bill',
  '/top-up': 'topUp',
  '/running': 'running',
  '/projects': 'projects',
  '/pricing': 'pricing',
} as const

function useTitle() {
  const words = useWords()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => {
    const title = Object.entries(TITLES).find(([start]) => path.startsWith(start))?.[1] ?? 'expenses'
    document.title = `${words.nav[title]} · Corehour`
  }, [path, words])
}
