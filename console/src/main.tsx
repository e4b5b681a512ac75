import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useMemo } from 'react'
import { createRoot } from 'react-dom/client'
import { openClient, openQueries } from './books/client.ts'
import { ClientContext } from './books/useBooks.ts'
import { router } from './router.tsx'
import './theme.css'
import { useLanguage, WordsProvider } from './words/index.tsx'

const queries = openQueries()

function App() {
  const { language } = useLanguage()
  const client = useMemo(() => openClient(language), [language])
  return (
    <ClientContext value={client}>
      <RouterProvider router={router} />
    </ClientContext>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <WordsProvider>
          <App />
        </WordsProvider>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)
