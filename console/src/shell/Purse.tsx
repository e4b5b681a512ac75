import { Link } from '@tanstack/react-router'
import { useAccount } from '../books/useBooks.ts'
import { useNews } from '../books/useNews.ts'
import { Money } from '../parts/Money.tsx'
import { useWords } from '../words/index.tsx'

/** The account's name with its balance: the way to Expenses. */
export function Purse({ accountId }: { accountId: string }) {
  const words = useWords()
  const { data: account } = useAccount(accountId)
  useNews(accountId)
  if (!account) return <span aria-hidden className="h-10 w-40 animate-pulse rounded-field bg-wash" />
  const empty = BigInt(account.balance.available.grains) <= 0n
  return (
    <Link
      to="/"
      title={words.nav.toExpenses}
      className="flex min-h-10 items-center gap-3 rounded-field border border-line bg-sheet px-2 sm:px-3 text-small hover:border-edge"
    >
      <span dir="auto" className="max-w-40 truncate max-sm:hidden">
        {account.name}
      </span>
      <span className={`font-medium ${empty ? 'text-owed' : ''}`}>
        <Money of={account.balance.settled} />
      </span>
    </Link>
  )
}
