import { showDate, showInstant, showSecond } from '../books/time.ts'
import { useLanguage } from '../words/index.tsx'

/** A day and a time, which stand under each other where a column is narrow. */
export function When({ at }: { at: string }) {
  const { language } = useLanguage()
  return (
    <time dateTime={at} title={showInstant(at, language)} className="figures">
      <span className="whitespace-nowrap">{showDate(at, language)}</span>{' '}
      <span className="whitespace-nowrap">{showSecond(at, language)}</span>
    </time>
  )
}
