import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { takeBrought } from './brought.ts'

/** So often a server that is away is asked whether it is back. */
const ASK_MS = 3000
/** What stands before a server that is away answers so, in words of its own. */
const OF_GATEWAYS = [502, 503, 504]

/** Since when the server is away, by the time of its last answer; undefined while it is there. */
let away: { heardAt: string } | undefined
let heardAt = new Date().toISOString()
const listeners = new Set<() => void>()

/** As the machine's own, but for what came with the document; notes whether the server is there. */
export async function reach(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const brought = takeBrought(input, init)
  if (brought) return brought
  try {
    // A stream lets go first what has an end: browsers open six lines to a server.
    const isStream = new Headers(init?.headers).get('accept') === 'text/event-stream'
    const response = await fetch(input, { ...init, ...(isStream && { priority: 'low' }) })
    const isOurs = !OF_GATEWAYS.includes(response.status) || response.headers.has('x-request-id')
    note(isOurs)
    return response
  } catch (error) {
    // Whoever leaves a page takes back what was asked; a server that is slow is away.
    const isTakenBack = init?.signal?.aborted && (init.signal.reason as Error | undefined)?.name !== 'TimeoutError'
    if (!isTakenBack) note(false)
    throw error
  }
}

function isThere(): Promise<boolean> {
  return reach('/healthz', { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Loads a part of the console; where the server is away, once it is back. What fails even then is of a console that is there no more. */
export async function loadPatiently<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch {
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, ASK_MS))
    return load()
  }
}

function note(isHeard: boolean): void {
  const changes = isHeard === (away !== undefined)
  if (isHeard) heardAt = new Date().toISOString()
  if (!changes) return
  away = isHeard ? undefined : { heardAt }
  for (const tell of listeners) tell()
}

function listen(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

/** When the server was heard last, while it is away. It is asked until it is back; then all that is shown is read again. */
export function useAway(): string | undefined {
  const queries = useQueryClient()
  const since = useSyncExternalStore(listen, () => away)
  useEffect(() => {
    if (!since) return
    const timer = setInterval(() => void isThere(), ASK_MS)
    return () => {
      clearInterval(timer)
      void queries.invalidateQueries()
    }
  }, [queries, since])
  return since?.heardAt
}
