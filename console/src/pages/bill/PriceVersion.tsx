import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Shown } from '../../books/money.ts'
import { useClient } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { useWords } from '../../words/index.tsx'

/** What something costs an hour; leads to the published list in which its price stands. */
export function PriceVersion({ perHour, listId }: { perHour: Shown; listId: string }) {
  const { common } = useWords()
  const client = useClient()
  const list = useQuery({
    queryKey: ['price-list', listId],
    queryFn: () => client.priceLists.get({ price_list_id: listId }),
    // It never changes.
    staleTime: Infinity,
  })
  const text = (
    <>
      <Money of={perHour} /> {common.perHour}
    </>
  )
  // Until it is known which list that is, a link would lead to another one.
  if (!list.data) return <span className="whitespace-nowrap">{text}</span>
  return (
    <Link to="/pricing" search={{ at: list.data.effective_at }} className={`whitespace-nowrap ${LEADS}`}>
      {text}
    </Link>
  )
}
