import { getRouteApi, Navigate } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { useAccount, useMe } from '../../books/useBooks.ts'
import { ZONE } from '../../books/time.ts'
import { LOOKS_ONLY } from '../../books/view.ts'
import { ButtonLink } from '../../parts/Button.tsx'
import { PageHead } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { BackToOrder } from './BackToOrder.tsx'
import { BalanceSheet } from './BalanceSheet.tsx'
import { Lots } from './Lots.tsx'
import { Moves } from './Moves.tsx'
import { Use } from './Use.tsx'

const route = getRouteApi('/')

/** What an account has, spends and last moved: where everything about money begins. */
export function Expenses() {
  const words = useWords()
  const { topup } = route.useSearch()
  const me = useMe()
  const account = useAccount(me.data?.account_id)
  const error = me.error ?? account.error
  // The balance stands first, alone.
  const rest = useDeferredValue(true, false)
  // Staff have no account: their first page is the overview.
  if (me.data?.scope === 'staff') return <Navigate to="/staff" />
  if (topup !== undefined && me.data) return <BackToOrder />
  return (
    <>
      <PageHead
        title={words.expenses.title}
        actions={
          <>
            <ButtonLink to="/bill" search={{}}>
              {words.expenses.bill}
            </ButtonLink>
            {!LOOKS_ONLY && (
              <ButtonLink to="/top-up" look="main">
                {words.expenses.topUp}
              </ButtonLink>
            )}
          </>
        }
      />
      {error && !account.data && <Failure error={error} retry={() => void (me.error ? me : account).refetch()} />}
      <div className="grid gap-6 *:min-w-0">
        {account.data ? <BalanceSheet account={account.data} /> : !error && <Waiting className="h-72 sm:h-64" />}
        {account.data && !rest && <Waiting className="h-[39rem] sm:h-[32.5rem]" />}
        {account.data && rest && (
          <>
            <Use own accountId={account.data.account_id} asOf={account.data.balance.as_of} />
            <Lots accountId={account.data.account_id} />
            <Moves accountId={account.data.account_id} own />
          </>
        )}
      </div>
      <p className="mt-6 text-tiny text-soft">{words.common.zone(ZONE)}</p>
    </>
  )
}
