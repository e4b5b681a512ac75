import { Link, Navigate, Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { loadPatiently } from '../books/reach.ts'
import { useIsOut, useMe } from '../books/useBooks.ts'
import { LOOKS_ONLY } from '../books/view.ts'
import mark from '../mark.svg'
import { NotFound } from '../parts/NotFound.tsx'
import { useWords } from '../words/index.tsx'
import { Away } from './Away.tsx'
import { Bell } from './Bell.tsx'
import { LookMenu } from './LookMenu.tsx'
import { PersonMenu } from './PersonMenu.tsx'
import { Purse } from './Purse.tsx'
import { ViewBanner } from './ViewBanner.tsx'
import { Ways } from './Ways.tsx'

const SignedOut = lazy(() =>
  loadPatiently(() => import('./SignedOut.tsx')).then((part) => ({ default: part.SignedOut })),
)

/** Pages for everybody. */
const PUBLIC = ['/pricing', '/sign-in', '/sign-up', '/confirm', '/reset-password']

/** Pages that do nothing but show: the only ones within a view. */
const SHOWN_IN_VIEW = /^\/($|bill|deductions|postings|running|projects|pricing)/

/** What stands around every page: where one is, where one can go, what is left, and who one is. */
export function Shell() {
  const words = useWords()
  const me = useMe()
  useTitle()
  useFocus()
  return (
    <>
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-field bg-pine px-4 py-2 text-on-pine focus:translate-y-0"
      >
        {words.nav.skip}
      </a>
      <header className="no-print sticky top-0 z-40 border-b border-line bg-paper">
        <div className="mx-auto flex h-16 max-w-6xl items-center gap-1 px-3 sm:gap-2 sm:px-6">
          <Link
            to="/"
            className="flex max-lg:mr-auto lg:mr-2 items-center gap-2.5 rounded-field py-1 pr-2 font-semibold tracking-tight"
          >
            <img src={mark} alt="" width="28" height="28" />
            <span className="max-sm:sr-only">Corehour</span>
          </Link>
          <nav aria-label={words.nav.main} className="mr-auto flex gap-0.5 overflow-x-auto max-lg:hidden">
            <Ways me={me.data} />
          </nav>
          <div className="contents">
            {me.data?.account_id != null && <Purse accountId={me.data.account_id} />}
            {me.data?.scope === 'customer' && !LOOKS_ONLY && <Bell />}
            <LookMenu />
            {!LOOKS_ONLY && <PersonMenu me={me.data} />}
          </div>
        </div>
        <nav
          aria-label={words.nav.main}
          className="flex min-h-11.25 flex-wrap gap-y-0.5 border-t border-line px-2 py-1 sm:gap-x-0.5 sm:px-3 lg:hidden"
        >
          <Ways me={me.data} />
        </nav>
      </header>
      <Away />
      <ViewBanner />
      <main id="content" tabIndex={-1} className="mx-auto max-w-6xl px-4 py-8 outline-none sm:px-6 sm:py-10">
        <Page />
      </main>
    </>
  )
}

/** The page itself; without a session the way in, and over a page whose session has ended the same in a dialog. */
function Page() {
  const { data: me } = useMe()
  const isOut = useIsOut()
  const { pathname, href } = useRouterState({ select: ({ location }) => location })
  const isPublic = PUBLIC.some((path) => pathname.startsWith(path))
  if (me === null && !isPublic) return <Navigate to="/sign-in" search={href === '/' ? {} : { next: href }} />
  if (LOOKS_ONLY && !SHOWN_IN_VIEW.test(pathname)) return <NotFound />
  return (
    <>
      <Outlet />
      {!isPublic && isOut && (
        <Suspense>
          <SignedOut />
        </Suspense>
      )}
    </>
  )
}

const TITLES = {
  '/bill': 'bill',
  '/top-up': 'topUp',
  '/running': 'running',
  '/projects': 'projects',
  '/pricing': 'pricing',
  '/messages': 'messages',
  '/settings': 'settings',
  '/staff': 'staff',
  '/sign-in': 'signIn',
  '/sign-up': 'signUp',
} as const

/** Whoever goes to another page by the keyboard goes on at its beginning, and hears of it. */
function useFocus() {
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  const before = useRef(path)
  useEffect(() => {
    if (before.current !== undefined && before.current !== path)
      document.getElementById('content')?.focus({ preventScroll: true })
    before.current = path
  }, [path])
}

function useTitle() {
  const words = useWords()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => {
    const title = Object.entries(TITLES).find(([start]) => path.startsWith(start))?.[1] ?? 'expenses'
    document.title = `${words.nav[title]} · Corehour`
  }, [path, words])
}
