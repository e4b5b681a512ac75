import { getRouteApi, Link } from '@tanstack/react-router'
import { useAccount } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Explained } from '../expenses/Posting.tsx'

const route = getRouteApi('/staff/accounts/$account/postings/$seq')

/** One posting of a customer's account: of which use a deduction is made. */
export function Posting() {
  const { account, seq } = route.useParams()
  const { data } = useAccount(account)
  return (
    <>
      <p className="mb-2 min-h-5 text-small text-soft">
        <Link to="/staff/accounts/$account" params={{ account }} dir="auto" className={LEADS}>
          {data?.name}
        </Link>
      </p>
      <Explained accountId={account} seq={seq} />
    </>
  )
}
