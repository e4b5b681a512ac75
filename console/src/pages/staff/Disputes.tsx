import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { showInstant } from '../../books/time.ts'
import { useAccount, useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { More } from '../../parts/More.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

type Dispute = Awaited<ReturnType<ReturnType<typeof useClient>['disputes']['list']>>['data'][number]
const STATES = ['open', 'credited', 'rejected'] as const

/** Payments that fit no order, for people to settle. */
export function Disputes() {
  const client = useClient()
  const [state, setState] = useState<(typeof STATES)[number]>('open')
  const disputes = useInfiniteQuery({
    queryKey: ['disputes', state],
    queryFn: ({ pageParam }) => client.disputes.list({ state, limit: 20, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const rows = disputes.data?.pages.flatMap(({ data }) => data)
  const text = useStaffWords()
  return (
    <>
      <PageHead title={text.disputes} lead={text.disputesLead} />
      <Segments
        label={text.disputes}
        value={state}
        options={STATES.map((value) => ({ value, text: text.disputeStates[value] }))}
        onChange={(value) => setState(value)}
      />
      <div className="mt-5 grid gap-4 *:min-w-0">
        {disputes.error && !rows && <Failure error={disputes.error} retry={() => void disputes.refetch()} />}
        {!rows && !disputes.error && <Waiting className="h-64" />}
        {rows?.length === 0 && (
          <Sheet>
            <Empty title={text.noDisputes} />
          </Sheet>
        )}
        {rows?.map((dispute) => (
          <One key={dispute.dispute_id} dispute={dispute} />
        ))}
        <More of={disputes} />
      </div>
    </>
  )
}

function One({ dispute }: { dispute: Dispute }) {
  const { language, words } = useLanguage()
  const text = useStaffWords()
  const facts = [
    [words.topUp.channel, words.topUp.channels[dispute.channel]],
    [text.paid, dispute.paid === null ? '–' : `${dispute.paid.amount} ${dispute.paid.currency}`],
    [text.paymentId, <span className="font-mono text-tiny break-all">{dispute.payment_id}</span>],
    [words.topUp.order, <span className="font-mono text-tiny break-all">{dispute.order_id ?? '–'}</span>],
    [text.account, dispute.account_id === null ? '–' : <AccountLink id={dispute.account_id} />],
    [text.opened, showInstant(dispute.opened_at, language)],
  ] as const
  return (
    <Sheet title={text.reasons[dispute.reason]}>
      <dl className="grid gap-x-6 gap-y-3 text-small sm:grid-cols-3">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-soft">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {dispute.state === 'open' ? (
        <Settle dispute={dispute} />
      ) : (
        <p className="mt-4 border-t border-line pt-3 text-small">
          {text.disputeStates[dispute.state]}: {dispute.note} {dispute.credited && <Money of={dispute.credited} />}
        </p>
      )}
    </Sheet>
  )
}

function AccountLink({ id }: { id: string }) {
  const { data } = useAccount(id)
  return (
    <Link to="/staff/accounts/$account" params={{ account: id }} dir="auto" className={LEADS}>
      {data?.name ?? id}
    </Link>
  )
}

function Settle({ dispute }: { dispute: Dispute }) {
  const text = useStaffWords()
  const client = useClient()
  const queries = useQueryClient()
  const [note, setNote] = useState('')
  const [accountId, setAccountId] = useState('')
  const [amount, setAmount] = useState('')
  const key = useKey(note, accountId, amount)
  const settle = useMutation({
    mutationFn: (decision: 'credit' | 'reject') =>
      client.disputes.settle(
        {
          dispute_id: dispute.dispute_id,
          decision,
          note,
          account_id: accountId.trim() || undefined,
          amount: amount.trim() || undefined,
        },
        { idempotencyKey: `${key}-${decision}` },
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['disputes'] }),
  })
  const ready = note.trim() !== '' && !settle.isPending
  return (
    <div className="mt-4 grid gap-3 border-t border-line pt-4">
      <div className="grid gap-3 sm:grid-cols-3">
        {dispute.kind === 'payment' && dispute.account_id === null && (
          <Field
            label={text.account}
            placeholder="acct_…"
            value={accountId}
            onChange={({ target }) => setAccountId(target.value)}
          />
        )}
        {dispute.kind === 'payment' && dispute.reason === 'wrong_currency' && (
          <Field
            label={text.creditAmount}
            inputMode="decimal"
            value={amount}
            onChange={({ target }) => setAmount(target.value)}
          />
        )}
        <Field
          label={text.note}
          hint={text.noteHint}
          className="sm:col-span-full"
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
      </div>
      {settle.error && <Failure error={settle.error} title={text.notDone} />}
      <div className="flex gap-2">
        {dispute.kind === 'payment' && (
          <Button look="main" disabled={!ready} busy={settle.isPending} onPress={() => settle.mutate('credit')}>
            {text.credit}
          </Button>
        )}
        <Button look="danger" disabled={!ready} onPress={() => settle.mutate('reject')}>
          {text.reject}
        </Button>
      </div>
    </div>
  )
}
