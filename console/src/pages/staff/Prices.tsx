import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { lastDays, showInstant, ZONE } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Confirm } from '../../parts/Confirm.tsx'
import { DayField } from '../../parts/DayField.tsx'
import { Field } from '../../parts/Field.tsx'
import { LEADS } from '../../parts/leads.ts'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { namePriced, PriceFields } from './PriceFields.tsx'
import { compareLists, isWhole, readList, type PriceChange, type PriceDocument } from './priceList.ts'

type Published = Awaited<ReturnType<ReturnType<typeof useClient>['priceLists']['list']>>['data']

/** The last price list to be changed, as fields or as text; what the change does, and when it takes effect: published for good. */
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
      {lists.data && (
        <div className="grid gap-6 *:min-w-0">
          <Editor key={latest?.price_list_id} before={latest?.document} />
          {lists.data.data.length > 0 && <Lists of={lists.data.data} />}
        </div>
      )}
    </>
  )
}

const EMPTY: PriceDocument = { currency: 'CNY', effective_at: '', machines: {}, queues: {}, storage: {} }

function Editor({ before = EMPTY }: { before: PriceDocument | undefined }) {
  const text = useStaffWords()
  const [way, setWay] = useState<'fields' | 'text'>('fields')
  const { effective_at: _, ...prices } = before
  const [typed, setTyped] = useState(() => JSON.stringify(prices, null, 2))
  const list = readList(typed)
  return (
    <>
      <div>
        <Segments
          label={text.document}
          value={way}
          options={(['fields', 'text'] as const).map((value) => ({ value, text: text.ways[value] }))}
          onChange={(next) => setWay(next)}
        />
      </div>
      <div className="grid items-start gap-6 *:min-w-0 lg:grid-cols-[minmax(0,1fr)_24rem]">
        {way === 'fields' && list ? (
          <PriceFields of={list} onChange={(next) => setTyped(JSON.stringify(next, null, 2))} />
        ) : (
          <Sheet title={text.document}>
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
        )}
        <Publish before={before} typed={typed} />
      </div>
    </>
  )
}

/** What a list changes, and from when on; asked once more, since it can't be taken back. */
function Publish({ before, typed }: { before: PriceDocument; typed: string }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const text = useStaffWords()
  const [day, setDay] = useState<string>()
  const [time, setTime] = useState('00:00')
  const [asks, setAsks] = useState(false)
  const at = day === undefined || !isTime(time) ? undefined : new Date(`${day}T${time.padStart(5, '0')}`).toISOString()
  const key = useKey(typed, at)
  const { from: today } = lastDays(1, new Date().toISOString(), ZONE)
  const list = readList(typed)
  const changes = list === undefined ? [] : compareLists(before, list)
  const isReady = list !== undefined && isWhole(list) && changes.length > 0 && at !== undefined
  const publish = useMutation({
    mutationFn: () => client.priceLists.publish({ ...list!, effective_at: at! }, { idempotencyKey: key }),
    onSuccess: () => {
      setAsks(false)
      return queries.invalidateQueries({ queryKey: ['price-lists'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) setAsks(true)
  }
  return (
    <Sheet title={text.changes} flush className="lg:sticky lg:top-20">
      <Changes of={changes} />
      <form onSubmit={submit} className="grid gap-4 border-t border-line p-5 sm:p-6">
        <div className="grid grid-cols-[minmax(0,1fr)_7rem] items-start gap-3">
          <DayField label={text.effective} none={text.chooseDay} value={day} min={today} onChange={setDay} />
          <Field
            label={text.time}
            placeholder="00:00"
            value={time}
            error={isTime(time) ? undefined : text.noTime}
            onChange={({ target }) => setTime(target.value.normalize('NFKC').trim())}
          />
          <p className="col-span-2 text-tiny text-soft">
            {text.effectiveHint} {words.common.zone(ZONE)}
          </p>
        </div>
        {list !== undefined && !isWhole(list) && <p className="text-small text-owed">{text.notPrices}</p>}
        <Button type="submit" look="main" disabled={!isReady}>
          {text.publish}
        </Button>
      </form>
      <Confirm
        open={asks}
        title={text.publishTitle(changes.length)}
        hint={text.publishHint(at === undefined ? '' : showInstant(at, language))}
        yes={text.publish}
        busy={publish.isPending}
        error={publish.error}
        onYes={() => publish.mutate()}
        onNo={() => setAsks(false)}
      />
    </Sheet>
  )
}

/** A time of day as people write it: `9:30` or `09:30`. */
function isTime(text: string): boolean {
  return /^([01]?\d|2[0-3]):[0-5]\d$/.test(text)
}

function Changes({ of }: { of: readonly PriceChange[] }) {
  const { pricing } = useLanguage().words
  const text = useStaffWords()
  if (of.length === 0) return <p className="px-5 pb-5 text-small text-soft sm:px-6">{text.noChanges}</p>
  return (
    <Table
      label={text.changes}
      rows={of}
      keyOf={({ part, name, unit }) => `${part} ${name} ${unit}`}
      columns={[
        {
          title: pricing.name,
          cell: ({ part, name, unit }) => (
            <>
              <span className="font-medium wrap-anywhere">{namePriced(part, name, { pricing, text })}</span>{' '}
              <span className="text-soft">{pricing.units[unit as keyof typeof pricing.units] ?? unit}</span>
            </>
          ),
        },
        { title: text.before, right: true, cell: ({ was }) => <span className="figures text-soft">{was ?? '–'}</span> },
        { title: text.after, right: true, cell: ({ is }) => <span className="figures font-medium">{is ?? '–'}</span> },
      ]}
    />
  )
}

/** Every list that was published, the last to take effect first. */
function Lists({ of }: { of: Published }) {
  const { pricing } = useLanguage().words
  const text = useStaffWords()
  const now = new Date().toISOString()
  const inForce = of.find(({ effective_at }) => Date.parse(effective_at) <= Date.parse(now))
  return (
    <Sheet title={text.lists} flush>
      <Table
        label={text.lists}
        rows={of}
        keyOf={({ price_list_id }) => price_list_id}
        columns={[
          {
            title: text.effective,
            cell: ({ effective_at }) => (
              <Link to="/pricing" search={{ at: effective_at }} className={LEADS}>
                <When at={effective_at} />
              </Link>
            ),
          },
          {
            title: text.state,
            cell: (list) =>
              list === inForce ? (
                <span className="font-medium text-pine">{pricing.current}</span>
              ) : (
                Date.parse(list.effective_at) > Date.parse(now) && <span className="text-amber">{text.planned}</span>
              ),
          },
          { title: text.published, right: true, wide: true, cell: ({ published_at }) => <When at={published_at} /> },
        ]}
      />
    </Sheet>
  )
}
