import { CorehourError, createClient, Unreachable, type Client } from '@corehour/sdk'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { reach } from './reach.ts'
import { VIEW_ID } from './view.ts'

/** The API of the server that this page came from, with the session's cookie. Texts of refusals come in the page's language. */
export function openClient(language: 'en' | 'zh'): Client {
  // Reads are tried again by the queries, which show it meanwhile; what a person asked for is theirs to ask again: nobody waits a minute for a
  // sign-in because it was tried too often.
  return createClient({
    url: location.origin,
    language,
    retries: 0,
    timeout: 15_000,
    fetch: VIEW_ID ? reachInView : reach,
  })
}

/** Every request of a view names it. */
const reachInView: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers)
  headers.set('x-corehour-view', VIEW_ID!)
  return reach(input, { ...init, headers })
}

/**
 * What was read stays for five seconds; what the server refuses is not asked again. Where it says that nobody is signed in, who is signed
 * in is looked at again.
 */
export function openQueries(): QueryClient {
  const onError = (error: unknown) => {
    if (isUnauthorized(error)) void queries.invalidateQueries({ queryKey: ['me'] })
  }
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5000,
        retry: (count, error) => !(error instanceof CorehourError && error.status < 500) && count < 3,
        refetchOnReconnect: 'always',
        // A server on this machine answers without a network.
        networkMode: 'always',
      },
      // What can't be asked now is not asked later behind somebody's back.
      mutations: { networkMode: 'always' },
    },
  })
  return queries
}

/** Whether the server says that nobody is signed in. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof CorehourError && error.status === 401
}

/** What an error says to whoever reads it, and under which number the server knows it. */
export function sayError(error: unknown): { text: string | undefined; requestId: string | undefined } {
  if (error instanceof CorehourError) return { text: error.detail, requestId: error.requestId }
  return { text: error instanceof Unreachable ? undefined : String(error), requestId: undefined }
}
