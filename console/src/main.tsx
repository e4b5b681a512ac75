import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { startTransition, StrictMode, useMemo } from 'react'
import { createRoot } from 'react-dom/client'
import { openClient, openQueries } from './books/client.ts'
import { takeFirst } from './books/first.ts'
import { ClientContext } from './books/useBooks.ts'
import { openRouter } from './router.tsx'
import './theme.css'
import { loadWords, useLanguage, WordsProvider } from './words/index.tsx'

const queries = openQueries()
const language = document.documentElement.lang === 'zh' ? 'zh' : 'en'

function App({ router }: { router: ReturnType<typeof openRouter> }) {
  const { language } = useLanguage()
  const client = useMemo(() => openClient(language), [language])
  return (
    <ClientContext value={client}>
      <RouterProvider router={router} />
    </ClientContext>
  )
}

/**
 * Until there is a page to show, the frame that the document brought stands. What is done first is done in steps: in one go a phone would not
 * scroll for a third of a second.
 */
async function begin(): Promise<void> {
  await pause()
  const router = openRouter()
  await pause()
  const client = openClient(language)
  const path = router.state.location.pathname
  const [words] = await Promise.all([loadWords(language), router.load(), takeFirst({ queries, client, path })])
  await pause()
  const root = createRoot(document.getElementById('root')!)
  // As a transition it is drawn in slices, between which a phone scrolls and answers.
  startTransition(() =>
    root.render(
      <StrictMode>
        <CSPProvider disableStyleElements>
          <QueryClientProvider client={queries}>
            <WordsProvider first={words}>
              <App router={router} />
            </WordsProvider>
          </QueryClientProvider>
        </CSPProvider>
      </StrictMode>,
    ),
  )
}

/** Lets the browser do first what else there is. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

void begin()
