import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { askPriceLists, askPrices } from '../../books/asks.ts'
import { nameSku } from '../../books/sku.ts'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Choice, Field } from '../../parts/Field.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { Estimator } from './Estimator.tsx'
import { UnitPrice } from './UnitPrice.tsx'

const route = getRouteApi('/pricing')
/** Kinds of SKU, by how their names begin. */
const SECTIONS = ['queue', 'machine', 'storage'] as const
const ESTIMATOR = 'estimator'

/** What everything costs, now or at another time, and what a job would: for everybody, signed in or not. */
export function Pricing() {
  const { language, words } = useLanguage()
  const client = useClient()
  const asked = route.useSearch()
  const navigate = route.useNavigate()
  const versions = useQuery(askPriceLists(client))
  const prices = useQuery(askPrices(client, asked.at))
  const text = words.pricing
  const needle = (asked.search ?? '').toLowerCase()
  const found = prices.data?.data.filter(({ sku }) => sku.toLowerCase().includes(needle)).toSorted(byName)
  const { effective_at: since, until } = prices.data ?? {}
  const skus = prices.data?.data.toSorted(byName).flatMap(({ sku }) => (sku.startsWith('storage') ? [] : sku))
  return (
    <>
      <PageHead title={text.title} lead={text.lead} />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 gap-6">
          <div className="flex flex-wrap items-end gap-3">
            <Field
              label={text.search}
              type="search"
              className="grow"
              defaultValue={asked.search ?? ''}
              onChange={({ target }) =>
                void navigate({ search: (old) => ({ ...old, search: target.value || undefined }), replace: true })
              }
            />
            <Choice
              label={text.versions}
              className="max-sm:grow"
              value={asked.at ?? ''}
              onChange={({ target }) => void navigate({ search: (old) => ({ ...old, at: target.value || undefined }) })}
            >
              <option value="">{text.current}</option>
              {versions.data?.data.map(({ price_list_id, effective_at }) => (
                <option key={price_list_id} value={effective_at}>
                  {showInstant(effective_at, language)}
                </option>
              ))}
            </Choice>
          </div>
          {prices.error && !prices.data && <Failure error={prices.error} retry={() => void prices.refetch()} />}
          {!found && !prices.error && <Waiting className="h-96" />}
          {since && (
            <p className="-my-2 text-tiny text-soft">
              {text.inForce(showInstant(since, language))}
              {until && `, ${text.until(showInstant(until, language))}`}
            </p>
          )}
          {prices.data && <List of={prices.data} found={found!} />}
        </div>
        <div id={ESTIMATOR} className="scroll-mt-32 lg:sticky lg:top-24">
          <Estimator skus={skus ?? []} />
        </div>
      </div>
    </>
  )
}

/** Of a list those that a search finds, by their kinds. */
function List({ of: { data, currency }, found }: { of: { data: Priced[]; currency: string }; found: Priced[] }) {
  const { pricing: text } = useLanguage().words
  if (found.length > 0)
    return SECTIONS.map((section) => <Section key={section} {...{ section, currency }} of={found} />)
  return (
    <Sheet>
      {data.length === 0 ? (
        <Empty title={text.noPrices} hint={text.noPricesHint} />
      ) : (
        <Empty title={text.empty} hint={text.emptyHint} />
      )}
    </Sheet>
  )
}

const NAMES = new Intl.Collator('en', { numeric: true })

/** c2 before c16, and every other queue after those that have a name. */
function byName(a: Priced, b: Priced): number {
  return Number(a.sku === 'queue:*') - Number(b.sku === 'queue:*') || NAMES.compare(a.sku, b.sku)
}

type Priced = { sku: string; unit_prices: Record<string, string> }

/** The prices of one kind of SKU; one that is chosen goes to the estimator. */
function Section({
  section,
  currency,
  of,
}: {
  section: (typeof SECTIONS)[number]
  currency: string
  of: readonly Priced[]
}) {
  const { words } = useLanguage()
  const asked = route.useSearch()
  const navigate = route.useNavigate()
  const text = words.pricing
  const rows = of.filter(({ sku }) => sku.startsWith(section))
  const [title, hint] = titlesOf(section, text)
  if (rows.length === 0) return null
  const choose = (sku: string) => {
    void navigate({ search: (old) => ({ ...old, sku }), replace: true, resetScroll: false })
    // On a phone it stands below all prices.
    document.getElementById(ESTIMATOR)?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <Sheet title={title} hint={hint} flush>
      <Table
        label={title}
        rows={rows}
        keyOf={({ sku }) => sku}
        columns={[
          {
            title: text.name,
            cell: ({ sku }) =>
              section === 'storage' ? (
                nameOf(sku, text.anyQueue)
              ) : (
                <button
                  type="button"
                  className={`text-left font-medium underline-offset-4 hover:underline ${asked.sku === sku ? 'text-pine' : ''}`}
                  onClick={() => choose(sku)}
                >
                  {nameOf(sku, text.anyQueue)}
                </button>
              ),
          },
          {
            title: text.price,
            right: true,
            cell: ({ unit_prices }) => <UnitPrice currency={currency} of={unit_prices} />,
          },
        ]}
      />
    </Sheet>
  )
}

function titlesOf(section: (typeof SECTIONS)[number], text: ReturnType<typeof useLanguage>['words']['pricing']) {
  if (section === 'queue') return [text.queues, text.queuesHint] as const
  if (section === 'machine') return [text.machines, text.machinesHint] as const
  return [text.storage, text.storageHint] as const
}

/** The part of a SKU that people know it by. */
export function nameOf(sku: string, anyQueue: string): string {
  return sku === 'queue:*' ? anyQueue : nameSku(sku)
}
