import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { keep } from '../books/kept.ts'
import { loadPatiently } from '../books/reach.ts'
import type { Words } from './en.ts'

export type { Words } from './en.ts'
export type Language = 'en' | 'zh'

type Spoken = { language: Language; words: Words }
const Context = createContext<(Spoken & { speak(language: Language): void }) | undefined>(undefined)

/** Loads the texts of a language: nobody reads two at once. */
export function loadWords(language: Language): Promise<Spoken> {
  return loadPatiently(async () => {
    const words = language === 'zh' ? (await import('./zh.ts')).zh : (await import('./en.ts')).en
    return { language, words }
  })
}

/** Texts in one language, until another is chosen and there. */
export function WordsProvider({ first, children }: { first: Spoken; children: ReactNode }) {
  const [spoken, setSpoken] = useState(first)
  useEffect(() => {
    document.documentElement.lang = spoken.language
    keep('language', spoken.language)
  }, [spoken])
  const speak = (language: Language) => void loadWords(language).then(setSpoken)
  return <Context value={{ ...spoken, speak }}>{children}</Context>
}

export function useLanguage(): Spoken & { speak(language: Language): void } {
  const spoken = use(Context)
  if (!spoken) throw new Error('there are no words outside WordsProvider')
  return spoken
}

export function useWords(): Words {
  return useLanguage().words
}
