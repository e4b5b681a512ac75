import type { Client } from '@corehour/sdk'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { BillFilter, Grouping, Visitor } from './useBooks.ts'

/** What several places ask, or a page asks first: each the same question wherever it is asked. */
const MINUTE = 60_000

export function askVisitor(client: Client) {
  return queryOptions({
    queryKey: ['me'],
    queryFn: async ({ signal, client: queries }): Promise<Visitor> => {
      const { me } = await client.sessions.current({}, { signal })
      // Whose session has ended is still whose page it is: nothing on it may go before they are back.
      const before = queries.getQueryData<Visitor>(['me'])?.person ?? null
      return { person: me ?? before, isIn: me !== null }
    },
    staleTime: MINUTE,
  })
}

export function askAccount(client: Client, accountId: string | null | undefined) {
  return queryOptions({
    queryKey: ['account', accountId],
    queryFn: ({ signal }) => client.accounts.get({ account_id: accountId! }, { signal }),
  })
}

export function askTotals(client: Client, filter: BillFilter, group: Grouping | 'none') {
  return queryOptions({
    queryKey: ['totals', filter, group],
    queryFn: ({ signal }) => client.bills.totals({ ...filter, group_by: group }, { signal }),
  })
}

export function askBillLines(client: Client, filter: BillFilter) {
  return infiniteQueryOptions({
    queryKey: ['lines', filter],
    queryFn: ({ pageParam, signal }) => client.bills.lines({ ...filter, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}

/** Prices in force now, or at another time. */
export function askPrices(client: Client, at?: string) {
  return queryOptions({ queryKey: ['prices', at], queryFn: () => client.prices.list({ at }) })
}

export function askPriceLists(client: Client) {
  return queryOptions({ queryKey: ['price-lists'], queryFn: () => client.priceLists.list({ limit: 50 }) })
}

export function askTopUpOptions(client: Client, accountId: string | null | undefined) {
  return queryOptions({
    queryKey: ['top-up-options', accountId],
    queryFn: () => client.topUps.options(accountId ? { account_id: accountId } : {}),
  })
}

export function askTopUpOrders(client: Client, accountId: string | null | undefined) {
  return infiniteQueryOptions({
    queryKey: ['top-up-orders', accountId],
    queryFn: ({ pageParam }) => client.topUps.list({ limit: 10, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}
