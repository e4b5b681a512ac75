import { useState } from 'react'
import { keep } from '../books/kept.ts'
import { useLanguage } from '../words/index.tsx'

const LOOK =
  'grid size-9 sm:size-10 place-items-center rounded-field text-small font-medium text-soft hover:bg-wash hover:text-ink'

/** The other language, and the other theme. */
export function LookMenu() {
  const { language, words, speak } = useLanguage()
  const [theme, setTheme] = useState(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')
  const other = theme === 'dark' ? 'light' : 'dark'
  const turn = () => {
    document.documentElement.dataset.theme = other
    keep('theme', other)
    setTheme(other)
  }
  return (
    <>
      <button
        type="button"
        lang={language === 'zh' ? 'en' : 'zh'}
        className={LOOK}
        onClick={() => speak(language === 'zh' ? 'en' : 'zh')}
      >
        {language === 'zh' ? 'EN' : '中'}
      </button>
      <button type="button" className={LOOK} aria-label={`${words.look.theme}: ${words.look[other]}`} onClick={turn}>
        <svg aria-hidden viewBox="0 0 20 20" className="size-5" fill="none" stroke="currentColor" strokeWidth="1.6">
          {theme === 'dark' ? (
            <path
              strokeLinecap="round"
              d="M10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M15.3 4.7l-1.4 1.4M6.1 13.9l-1.4 1.4M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z"
            />
          ) : (
            <path strokeLinejoin="round" d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z" />
          )}
        </svg>
      </button>
    </>
  )
}
