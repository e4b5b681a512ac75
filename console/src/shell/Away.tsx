import { useAway } from '../books/reach.ts'
import { showSecond } from '../books/time.ts'
import { useLanguage } from '../words/index.tsx'

/** Says that the server can't be reached, and as of when what is shown stands; over the page, so that nothing on it moves. */
export function Away() {
  const { language, words } = useLanguage()
  const heardAt = useAway()
  return (
    <div role="status" className="no-print pointer-events-none fixed inset-x-4 bottom-4 z-40 flex justify-center">
      {heardAt !== undefined && (
        <p className="max-w-xl rounded-field border border-amber bg-amber-wash px-4 py-2.5 text-small text-amber shadow-float">
          {words.failure.away(showSecond(heardAt, language))}
        </p>
      )}
    </div>
  )
}
