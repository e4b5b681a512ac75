import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { isUnauthorized } from './client.ts'
import { useClient, useIsOut, type Account } from './useBooks.ts'

/** A line that broke, or could not be opened, is tried again after this; until then what is shown is looked at by itself, as without a stream. */
const AGAIN_MS = 5000
/** What a posting changes, beside the account. */
const OF_POSTINGS = ['postings', 'lots', 'totals', 'lines', 'unread', 'top-up-options', 'top-up-orders']

/** Keeps what a page shows of an account at what its books say: one stream a page, while somebody looks at it. */
export function useNews(accountId: string | null | undefined): void {
  const client = useClient()
  const queries = useQueryClient()
  const isOut = useIsOut()
  useEffect(() => {
    if (!accountId || isOut) return
    // What the page stands on, which is older than the first that is told: what was booked between the two is news.
    let stands = queries.getQueryData<Account>(['account', accountId])
    let told = false
    const take = (account: Account) => {
      queries.setQueryData(['account', accountId], account)
      const keys = [...(stands && hasMoved(stands, account) ? OF_POSTINGS : []), ...(told ? ['running'] : [])]
      for (const key of keys) void queries.invalidateQueries({ queryKey: [key] })
      stands = account
      told = true
    }
    const follow = async (signal: AbortSignal) => {
      for await (const account of client.accounts.events({ account_id: accountId }, { signal })) take(account)
    }
    return whileVisible(async (signal) => {
      await follow(signal).catch((error: unknown) => {
        if (isUnauthorized(error)) void queries.invalidateQueries({ queryKey: ['me'] })
      })
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    })
  }, [client, queries, accountId, isOut])
}

/** Whether there are postings that were not there before: a start or a stop makes none. */
function hasMoved({ balance: before }: Account, { balance: now }: Account): boolean {
  return (
    before.settled.grains !== now.settled.grains ||
    before.settled_at !== now.settled_at ||
    before.attributed_at !== now.attributed_at
  )
}

/** Does something again and again while the page is in sight: browsers open six lines to a server, whoever has however many pages. */
function whileVisible(work: (signal: AbortSignal) => Promise<void>): () => void {
  let stop: AbortController | undefined
  const go = async ({ signal }: AbortController) => {
    while (!signal.aborted) await work(signal)
  }
  const look = () => {
    if (document.visibilityState !== 'visible') leave()
    else if (!stop) void go((stop = new AbortController()))
  }
  const leave = () => {
    stop?.abort()
    stop = undefined
  }
  look()
  document.addEventListener('visibilitychange', look)
  return () => {
    document.removeEventListener('visibilitychange', look)
    leave()
  }
}
