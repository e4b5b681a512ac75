import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useClient } from '../books/useBooks.ts'
import { useWords } from '../words/index.tsx'

const LOOK_MS = 60_000
/** More than these are `9+`. */
const MOST = 9

/** The way to messages, with how many nobody has read. */
export function Bell() {
  const words = useWords()
  const client = useClient()
  const { data: unread = 0 } = useQuery({
    queryKey: ['unread'],
    queryFn: async ({ signal }) =>
      (await client.messages.list({ unread: true, limit: MOST + 1 }, { signal })).data.length,
    refetchInterval: LOOK_MS,
  })
  return (
    <Link
      to="/messages"
      aria-label={unread === 0 ? words.nav.messages : words.messages.unread(unread)}
      className="relative grid size-9 sm:size-10 place-items-center rounded-field text-soft hover:bg-wash hover:text-ink"
    >
      <svg aria-hidden viewBox="0 0 20 20" className="size-5" fill="none" stroke="currentColor" strokeWidth="1.6">
        <path strokeLinejoin="round" d="M5 13.5V9a5 5 0 0 1 10 0v4.5l1.2 1.5H3.8L5 13.5Z" />
        <path strokeLinecap="round" d="M8.5 17.3h3" />
      </svg>
      {unread > 0 && (
        <span
          aria-hidden
          className="figures absolute top-1 right-0.5 min-w-4 rounded-full bg-pine px-1 text-center text-[0.6875rem] leading-4 font-semibold text-on-pine"
        >
          {unread > MOST ? `${MOST}+` : unread}
        </span>
      )}
    </Link>
  )
}
