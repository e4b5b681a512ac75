import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Confirm } from '../../parts/Confirm.tsx'
import { Field } from '../../parts/Field.tsx'
import { Money } from '../../parts/Money.tsx'
import { More } from '../../parts/More.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { readAmount } from '../topup/amount.ts'

/** Experience cards as batches of codes. */
export function Cards() {
  const text = useStaffWords()
  return (
    <>
      <PageHead title={text.cards} lead={text.cardsLead} />
      <div className="grid items-start gap-6 *:min-w-0 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <Issue />
        <Batches />
      </div>
    </>
  )
}

/** The codes are in the one answer: they are saved as a file at once. */
function Issue() {
  const text = useStaffWords()
  const client = useClient()
  const queries = useQueryClient()
  const [asked, setAsked] = useState({ amount: '', count: '10', days: '90', note: '' })
  const key = useKey(asked)
  const issue = useMutation({
    mutationFn: () =>
      client.cardBatches.create(
        {
          amount: readAmount(asked.amount)!,
          count: Number(asked.count),
          valid_days: Number(asked.days),
          note: asked.note.trim() || undefined,
        },
        { idempotencyKey: key },
      ),
    onSuccess: ({ batch, codes }) => {
      // Asked for a second time, they are not in the answer.
      if (codes) save(`${batch.batch_id}.csv`, `code\r\n${codes.join('\r\n')}\r\n`)
      setAsked((last) => ({ ...last, amount: '', note: '' }))
      return queries.invalidateQueries({ queryKey: ['card-batches'] })
    },
  })
  const field = (name: keyof typeof asked) => ({
    value: asked[name],
    onChange: ({ target }: { target: { value: string } }) => setAsked({ ...asked, [name]: target.value }),
  })
  const ready =
    readAmount(asked.amount) !== undefined && /^[1-9]\d{0,4}$/.test(asked.count) && /^[1-9]\d{0,3}$/.test(asked.days)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready && !issue.isPending) issue.mutate()
  }
  return (
    <Sheet title={text.issue} hint={text.issueHint}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={text.cardAmount} inputMode="decimal" placeholder="100.00" {...field('amount')} />
        <Field label={text.cardCount} inputMode="numeric" {...field('count')} />
        <Field label={text.cardDays} inputMode="numeric" {...field('days')} />
        <Field label={text.note} maxLength={1000} {...field('note')} />
        {issue.error && <Failure error={issue.error} title={text.notDone} />}
        {issue.data && (
          <p role="status" className="text-small text-pine">
            {text.codesSaved}
          </p>
        )}
        <Button type="submit" look="main" busy={issue.isPending} disabled={!ready}>
          {text.issue}
        </Button>
      </form>
    </Sheet>
  )
}

function save(name: string, body: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([body], { type: 'text/csv' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

function Batches() {
  const { language, words } = useLanguage()
  const client = useClient()
  const batches = useInfiniteQuery({
    queryKey: ['card-batches'],
    queryFn: ({ pageParam }) => client.cardBatches.list({ limit: 50, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const rows = batches.data?.pages.flatMap(({ data }) => data)
  const { error } = batches
  const text = useStaffWords()
  return (
    <Sheet flush>
      {error && <Failure error={error} retry={() => void batches.refetch()} />}
      {!rows && !error && <Waiting className="m-6 h-64" />}
      {rows?.length === 0 && <Empty title={text.noBatches} />}
      {rows && rows.length > 0 && (
        <Table
          label={text.cards}
          rows={rows}
          keyOf={({ batch_id }) => batch_id}
          columns={[
            {
              title: text.issued,
              cell: ({ created_at, note }) => (
                <>
                  <When at={created_at} />
                  {note !== null && <span className="block text-soft">{note}</span>}
                </>
              ),
            },
            { title: words.expenses.amount, right: true, cell: ({ amount }) => <Money of={amount} /> },
            {
              title: text.redeemedOf,
              right: true,
              cell: ({ redeemed, count }) => <span className="figures">{`${redeemed} / ${count}`}</span>,
            },
            {
              title: words.keys.revoke,
              untitled: true,
              right: true,
              cell: ({ batch_id, revoked_at, note, created_at }) =>
                revoked_at === null ? (
                  <Revoke batchId={batch_id} name={note ?? showInstant(created_at, language)} />
                ) : (
                  <span className="text-soft">{text.revoked}</span>
                ),
            },
          ]}
        />
      )}
      <More of={batches} />
    </Sheet>
  )
}

/** Voids what is not redeemed of a batch, after asking. */
function Revoke({ batchId, name }: { batchId: string; name: string }) {
  const { keys } = useLanguage().words
  const text = useStaffWords()
  const client = useClient()
  const queries = useQueryClient()
  const [asks, setAsks] = useState(false)
  const revoke = useMutation({
    mutationFn: () => client.cardBatches.revoke({ batch_id: batchId }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['card-batches'] }),
  })
  return (
    <>
      <Button
        look="bare"
        className="-my-2.5 -mr-4 max-sm:-mr-2 max-sm:px-2"
        label={`${keys.revoke}: ${name}`}
        onPress={() => setAsks(true)}
      >
        {keys.revoke}
      </Button>
      <Confirm
        open={asks}
        title={text.revokeTitle}
        hint={text.revokeHint}
        yes={keys.revoke}
        busy={revoke.isPending}
        error={revoke.error}
        onYes={() => revoke.mutate()}
        onNo={() => setAsks(false)}
      />
    </>
  )
}
