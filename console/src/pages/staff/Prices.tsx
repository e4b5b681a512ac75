import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { compareLists, readList, type PriceChange, type PriceDocument } from './priceList.ts'

/** The price list in force as a text to change, what the change does, and when it takes effect: published for good. */
export function Prices() {
  const text = useStaffWords()
  const client = useClient()
  const lists = useQuery({ queryKey: ['price-lists'], queryFn: () => client.priceLists.list({ limit: 50 }) })
  const latest = lists.data?.data[0]
  return (
    <>
      <PageHead title={text.prices} lead={text.pricesLead} />
      {lists.error && <Failure error={lists.error} retry={() => void lists.refetch()} />}
      {!lists.data && !lists.error && <Waiting className="h-96" />}
      {lists.data && <Editor key={latest?.price_list_id} before={latest?.document} />}
    </>
  )
}

const EMPTY: PriceDocument = { currency: 'CNY', effective_at: '', machines: {}, queues: {}, storage: {} }

function Editor({ before = EMPTY }: { before: PriceDocument | undefined }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const { effective_at: since, ...prices } = before
  const [typed, setTyped] = useState(() => JSON.stringify(prices, null, 2))
  const [at, setAt] = useState('')
  const list = readList(typed)
  const changes = list === undefined ? [] : compareLists(before, list)
  const text = useStaffWords()
  const key = useKey(typed, at)
  const publish = useMutation({
    mutationFn: () =>
      client.priceLists.publish({ ...list!, effective_at: new Date(at).toISOString() }, { idempotencyKey: key }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['price-lists'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (list && at !== '' && changes.length > 0 && !publish.isPending) publish.mutate()
  }
  return (
    <form onSubmit={submit} className="grid items-start gap-6 *:min-w-0 lg:grid-cols-2">
      <Sheet title={text.document} {...(since !== '' && { hint: words.pricing.inForce(showInstant(since, language)) })}>
        <textarea
          aria-label={text.document}
          aria-invalid={list === undefined}
          spellCheck={false}
          rows={28}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className="w-full rounded-field border border-edge bg-sheet p-3 font-mono text-tiny"
        />
        {list === undefined && <p className="mt-2 text-small text-owed">{text.notJson}</p>}
      </Sheet>
      <Sheet title={text.changes} flush>
        <Changes of={changes} />
        <div className="grid gap-4 border-t border-line p-6">
          <Field
            label={text.effective}
            type="datetime-local"
            required
            value={at}
            hint={text.effectiveHint}
            onChange={({ target }) => setAt(target.value)}
          />
          {publish.error && <Failure error={publish.error} title={text.notDone} />}
          <Button type="submit" look="main" busy={publish.isPending} disabled={changes.length === 0 || at === ''}>
            {text.publish}
          </Button>
        </div>
      </Sheet>
    </form>
  )
}

function Changes({ of }: { of: readonly PriceChange[] }) {
  const { pricing } = useLanguage().words
  const text = useStaffWords()
  if (of.length === 0) return <p className="px-6 pb-5 text-small text-soft">{text.noChanges}</p>
  return (
    <Table
      label={text.changes}
      rows={of}
      keyOf={({ name }) => name}
      columns={[
        { title: pricing.name, cell: ({ name }) => <span className="font-medium">{name}</span> },
        { title: text.before, right: true, cell: ({ was }) => <span className="figures text-soft">{was ?? '–'}</span> },
        { title: text.after, right: true, cell: ({ is }) => <span className="figures font-medium">{is ?? '–'}</span> },
      ]}
    />
  )
}
