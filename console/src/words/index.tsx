import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { keep } from '../books/kept.ts'
import { en, type Words } from './en.ts'
import { zh } from './zh.ts'

export type { Words } from './en.ts'
export type Language = 'en' | 'zh'
const LANGUAGES: Record<Language, Words> = { en, zh }

type Spoken = { language: Language; words: Words; speak(language: Language): void }
const Context = createContext<Spoken | undefined>(undefined)

/** Texts in the language that early.js found, until another is chosen. */
export function WordsProvider({ children }: { children: ReactNode }) {
  const [language, speak] = useState<Language>(document.documentElement.lang === 'zh' ? 'zh' : 'en')
  useEffect(() => {
    document.documentElement.lang = language
    keep('language', language)
  }, [language])
  return <Context value={{ language, words: LANGUAGES[language], speak }}>{children}</Context>
}

export function useLanguage(): Spoken {
  const spoken = use(Context)
  if (!spoken) throw new Error('there are no words outside WordsProvider')
  return spoken
}

export function useWords(): Words {
  return useLanguage().words
}
