import type { ReactNode } from 'react'
import { sayError } from '../books/client.ts'
import { useWords } from '../words/index.tsx'
import { Button } from './Button.tsx'

/** Room for what is on its way, of the height that it will have, so that nothing moves when it comes. */
export function Waiting({ className = 'h-24' }: { className?: string }) {
  const words = useWords()
  return (
    <div
      role="status"
      aria-label={words.common.loading}
      className={`animate-pulse rounded-field bg-wash ${className}`}
    />
  )
}

/** Nothing is here yet, and what to do about it. */
export function Empty(props: { title: string; hint?: string; children?: ReactNode; as?: 'p' | 'h1' }) {
  const { title, hint, children, as: Title = 'p' } = props
  return (
    <div className="px-6 py-12 text-center">
      <svg aria-hidden viewBox="0 0 48 48" className="mx-auto mb-4 size-11 text-edge" fill="none" stroke="currentColor">
        <circle cx="24" cy="24" r="17" strokeWidth="2" strokeDasharray="3 5" />
        <path d="M24 15v9l6 4" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      <Title className="font-medium">{title}</Title>
      {hint !== undefined && <p className="mx-auto mt-1 max-w-sm text-small text-soft">{hint}</p>}
      {children !== undefined && <div className="mt-4 flex justify-center gap-2">{children}</div>}
    </div>
  )
}

/** Something was not loaded, where it can be tried again, or else not done: why, and what to do. */
export function Failure({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  const words = useWords()
  const { text, requestId } = sayError(error)
  const { title: notLoaded, unreachable, notDone, noAnswer, unknown } = words.failure
  // Of what was asked for and not answered it is not known whether it was done.
  const [head, why] = retry ? [notLoaded, text ?? unreachable] : text ? [notDone, text] : [noAnswer, unknown]
  return (
    <div role="alert" className="rounded-field bg-owed-wash px-4 py-3 text-small text-ink">
      <p className="font-medium text-owed">{(text && title) ?? head}</p>
      <p className="mt-0.5">{why}</p>
      {requestId !== undefined && <p className="mt-0.5 text-soft">{words.failure.request(requestId)}</p>}
      {retry && (
        <Button className="mt-3" onPress={retry}>
          {words.common.tryAgain}
        </Button>
      )}
    </div>
  )
}
