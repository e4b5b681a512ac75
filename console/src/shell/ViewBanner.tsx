import { CorehourError } from '@corehour/sdk'
import { showTime } from '../books/time.ts'
import { useMe } from '../books/useBooks.ts'
import { LOOKS_ONLY } from '../books/view.ts'
import { useLanguage } from '../words/index.tsx'

/** Over every page of a view: whose it is, why it is looked at, and the way out; also when its time is over. */
export function ViewBanner() {
  const { language, words } = useLanguage()
  const { data: me, error } = useMe()
  if (!LOOKS_ONLY) return null
  const text = words.view
  const isOver = error instanceof CorehourError && (error.code === 'view_over' || error.status === 404)
  // The books of the view are forgotten with the page.
  const account = me?.account_id
  return (
    <aside aria-label={text.title} className="border-b border-amber/30 bg-amber-wash text-small">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-2.5 sm:px-6">
        <p role="status" className="min-w-0">
          {isOver ? (
            <span className="font-medium text-amber">{error.message}</span>
          ) : (
            me?.view && (
              <>
                <span className="font-medium text-amber">
                  {text.of} <bdi>{me.view.account_name}</bdi>
                </span>{' '}
                <span className="text-ink">
                  {text.readOnly(showTime(me.view.expires_at, language))} {text.why}: <bdi>{me.view.reason}</bdi>
                </span>
              </>
            )
          )}
        </p>
        <a
          href={account ? `/staff/accounts/${account}` : '/staff/accounts'}
          className="rounded-field border border-amber/40 bg-sheet px-3 py-1.5 font-medium whitespace-nowrap hover:border-amber"
        >
          {text.leave}
        </a>
      </div>
    </aside>
  )
}
