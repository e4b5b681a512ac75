import type { Client } from '@corehour/sdk'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { askAccount, askBillLines, askTotals, askVisitor } from './asks.ts'

export const ClientContext = createContext<Client | undefined>(undefined)

export function useClient(): Client {
  const client = use(ClientContext)
  if (!client) throw new Error('there is no client outside ClientContext')
  return client
}

export type Account = Awaited<ReturnType<Client['accounts']['get']>>
export type Me = NonNullable<Awaited<ReturnType<Client['sessions']['current']>>['me']>
export type BillTotal = Awaited<ReturnType<Client['bills']['totals']>>['data'][number]
export type BillLine = Awaited<ReturnType<Client['bills']['lines']>>['data'][number]
export type WholeLine = Awaited<ReturnType<Client['bills']['line']>>
export type LineDetail = Awaited<ReturnType<Client['bills']['details']>>['data'][number]
export type UsedStretch = Awaited<ReturnType<Client['accounts']['explanation']>>['data'][number]
export type Posting = Awaited<ReturnType<Client['accounts']['postings']>>['data'][number]
export type BillFilter = NonNullable<Parameters<Client['bills']['lines']>[0]>
export type Grouping = 'day' | 'project' | 'user' | 'kind' | 'sku'

const MINUTE = 60_000

/** Who this page is for, and whether their session still holds. */
export type Visitor = { person: Me | null; isIn: boolean }

function useVisitor<T>(select: (visitor: Visitor) => T) {
  return useQuery({ ...askVisitor(useClient()), select })
}

/** Who is signed in, or was when the session ended; null: nobody. */
export function useMe() {
  return useVisitor(({ person }) => person)
}

/** Whether somebody's session has ended while the page was open. */
export function useIsOut(): boolean {
  return useVisitor(({ person, isIn }) => person !== null && !isIn).data ?? false
}

/** An account as its books say; looked at again right after each deduction, and every half minute for what is in flight. */
export function useAccount(accountId: string | null | undefined) {
  const client = useClient()
  return useQuery({
    ...askAccount(client, accountId),
    enabled: !!accountId,
    refetchInterval: ({ state }) => {
      const balance = state.data?.balance
      if (!balance) return MINUTE / 2
      const due = Date.parse(balance.next_deduction_at) - Date.parse(balance.as_of) + 2000
      return Math.min(MINUTE / 2, Math.max(1000, due))
    },
  })
}

export function usePostings(accountId: string | null | undefined, limit: number) {
  const client = useClient()
  return useQuery({
    queryKey: ['postings', accountId, limit],
    queryFn: ({ signal }) => client.accounts.postings({ account_id: accountId!, limit }, { signal }),
    enabled: !!accountId,
    refetchInterval: MINUTE,
  })
}

export function useTotals(filter: BillFilter, group: Grouping | 'none', enabled = true) {
  return useQuery({ ...askTotals(useClient(), filter, group), placeholderData: keepPreviousData, enabled })
}

export function useBillLines(filter: BillFilter, enabled = true) {
  return useInfiniteQuery({ ...askBillLines(useClient(), filter), placeholderData: keepPreviousData, enabled })
}
