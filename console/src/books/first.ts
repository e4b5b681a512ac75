import type { Client } from '@corehour/sdk'
import type { QueryClient } from '@tanstack/react-query'
import {
  askAccount,
  askBillLines,
  askPriceLists,
  askPrices,
  askTopUpOptions,
  askTopUpOrders,
  askTotals,
  askVisitor,
} from './asks.ts'
import { dropBrought, isBrought } from './brought.ts'

/** What the document brought is there at once; what it did not is waited for no longer before the page is shown. */
const AT_MOST_MS = 1000

type Asking = { queries: QueryClient; client: Client; accountId: string }
export type First = {
  /** A path of router.tsx; `*`: every page. */
  on: string
  of: 'anybody' | 'customer'
  ask(asking: Asking): Promise<unknown>[]
}

/**
 * What pages ask, beside who they are for, before they show what people came for. The server answers it within the document, so a page has
 * it when its scripts come; what is missing here the page asks itself, a round trip later. What may take long (reports, charts) or is looked
 * at later (what lies below the fold) does not belong here.
 */
export const FIRST: readonly First[] = [
  {
    on: '*',
    of: 'customer',
    ask: ({ queries, client, accountId }) => [queries.prefetchQuery(askAccount(client, accountId))],
  },
  {
    on: '/bill',
    of: 'customer',
    ask: ({ queries, client }) => [
      queries.prefetchQuery(askTotals(client, { view: 'created' }, 'none')),
      queries.prefetchInfiniteQuery(askBillLines(client, { view: 'created' })),
    ],
  },
  {
    on: '/pricing',
    of: 'anybody',
    ask: ({ queries, client }) => [
      queries.prefetchQuery(askPrices(client)),
      queries.prefetchQuery(askPriceLists(client)),
    ],
  },
  {
    on: '/top-up',
    of: 'customer',
    ask: ({ queries, client, accountId }) => [
      queries.prefetchQuery(askTopUpOptions(client, accountId)),
      queries.prefetchInfiniteQuery(askTopUpOrders(client, accountId)),
    ],
  },
]

/** Takes up what the document brought, before anything is shown: so that it is there with the page, and nothing moves for it. */
export async function takeFirst(on: { queries: QueryClient; client: Client; path: string }): Promise<void> {
  const { queries, client, path } = on
  const known = isBrought()
  const visitor = queries.prefetchQuery(askVisitor(client))
  if (!known) return
  const taken = visitor.then(() => {
    const { person } = queries.getQueryData(askVisitor(client).queryKey) ?? { person: null }
    const asks = FIRST.filter(({ on, of }) => (on === '*' || on === path) && (of === 'anybody' || of === person?.scope))
    return Promise.all(asks.flatMap(({ ask }) => ask({ queries, client, accountId: person?.account_id ?? '' })))
  })
  await Promise.race([taken, new Promise((resolve) => setTimeout(resolve, AT_MOST_MS))])
  dropBrought()
}
