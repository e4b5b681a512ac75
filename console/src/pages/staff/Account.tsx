import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useAccount, useClient, type Account as AccountOf } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { PageFailure } from '../../parts/NotFound.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { BalanceSheet } from '../expenses/BalanceSheet.tsx'
import { Lots } from '../expenses/Lots.tsx'
import { Moves } from '../expenses/Moves.tsx'
import { Use } from '../expenses/Use.tsx'
import { Actions } from './Actions.tsx'
import { LookAs } from './LookAs.tsx'

const route = getRouteApi('/staff/accounts/$account')

/** One account whole, as its owner sees it, with what staff may do. */
export function Account() {
  const text = useStaffWords()
  const { account: accountId } = route.useParams()
  const account = useAccount(accountId)
  if (account.error && !account.data) return <PageFailure error={account.error} retry={() => void account.refetch()} />
  if (!account.data) return <Waiting className="h-96" />
  return (
    <>
      <PageHead
        title={account.data.name}
        lead={<span className="font-mono text-tiny">{accountId}</span>}
        actions={<LookAs accountId={accountId} />}
      />
      <div className="grid gap-6 *:min-w-0">
        <BalanceSheet account={account.data} />
        <Lots accountId={accountId} />
        <Use accountId={accountId} asOf={account.data.balance.as_of} />
        <Moves accountId={accountId} />
        <Block account={account.data} />
        <Actions filter={{ about: accountId }} title={text.actionsHere} />
      </div>
    </>
  )
}

/** Lets an account start nothing new, or again. */
function Block({ account }: { account: AccountOf }) {
  const text = useStaffWords()
  const client = useClient()
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const done = {
    onSuccess: () =>
      Promise.all(
        [['account', account.account_id], ['actions']].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  }
  const block = useMutation({
    mutationFn: () => client.accounts.block({ account_id: account.account_id, reason }),
    ...done,
  })
  const lift = useMutation({ mutationFn: () => client.accounts.unblock({ account_id: account.account_id }), ...done })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (reason.trim() !== '' && !block.isPending) block.mutate()
  }
  const error = block.error ?? lift.error
  return (
    <Sheet title={text.block} hint={text.blockHint}>
      {error && <Failure error={error} title={text.notDone} />}
      {account.blocked ? (
        <Button busy={lift.isPending} onPress={() => lift.mutate()}>
          {text.unblock}
        </Button>
      ) : (
        <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
          <Field
            label={text.reason}
            className="grow"
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
          <Button type="submit" look="danger" busy={block.isPending} disabled={reason.trim() === ''}>
            {text.block}
          </Button>
        </form>
      )}
    </Sheet>
  )
}
