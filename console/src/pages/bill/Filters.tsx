import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { loadPatiently } from '../../books/reach.ts'
import { useTotals, type BillFilter } from '../../books/useBooks.ts'
import { Choice, Field, SELECT } from '../../parts/Field.tsx'
import { useWords } from '../../words/index.tsx'
import { useNames } from '../expenses/useNames.ts'
import type { BillChoice } from './choice.ts'

const route = getRouteApi('/bill')
const ProjectPicker = lazy(() => loadPatiently(() => import('./ProjectPicker.tsx')))
/** Of those who used the most: a longer list is none to choose from. */
const MOST_CHOICES = 100
const KINDS = ['job', 'node', 'storage'] as const

/** Which lines are shown. What can be chosen is what stands on the bill of these days. */
export function Filters({ choice, filter }: { choice: BillChoice; filter: BillFilter }) {
  const words = useWords()
  const navigate = route.useNavigate()
  const text = words.bill
  const change = (part: Partial<BillChoice>) =>
    void navigate({ search: (old) => clean({ ...old, ...part }), replace: true })
  const { view, from, to } = filter
  const days = { view, from, to }
  return (
    <div className="no-print grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
      <Field
        label={text.from}
        type="date"
        value={choice.from ?? ''}
        max={choice.through}
        onChange={({ target }) => change({ from: target.value })}
      />
      <Field
        label={text.to}
        type="date"
        value={choice.through ?? ''}
        min={choice.from}
        onChange={({ target }) => change({ through: target.value })}
      />
      <Choice
        label={text.kind}
        value={choice.kind ?? ''}
        onChange={({ target }) => change({ kind: target.value as 'job' })}
      >
        <option value="">{text.all}</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {words.kinds[kind]}
          </option>
        ))}
      </Choice>
      <ByProject choice={choice} onChange={(project) => change({ project })} />
      <Among days={days} group="user" value={choice.user} onChange={(user) => change({ user })} />
      <Among days={days} group="sku" value={choice.sku} onChange={(sku) => change({ sku })} />
    </div>
  )
}

/** People have thousands of projects: what finds one is loaded once it is wanted. */
function ByProject({ choice, onChange }: { choice: BillChoice; onChange(project: string | undefined): void }) {
  const { bill: text } = useWords()
  const [wanted, setWanted] = useState(false)
  const { project, view = 'created' } = choice
  const { names } = useNames('project', project === undefined ? [] : [project])
  const shown = project && (names.get(project) ?? project)
  const closed = (
    <button
      type="button"
      aria-haspopup="listbox"
      aria-label={`${text.project}: ${shown ?? text.all}`}
      className={`${SELECT} truncate text-left`}
      onClick={() => setWanted(true)}
    >
      <bdi>{shown ?? text.all}</bdi>
    </button>
  )
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <span aria-hidden className="text-small font-medium">
        {text.project}
      </span>
      {wanted ? (
        <Suspense fallback={closed}>
          <ProjectPicker view={view} shown={shown} onChange={onChange} />
        </Suspense>
      ) : (
        closed
      )}
    </div>
  )
}

function Among(props: {
  days: BillFilter
  group: 'user' | 'sku'
  value: string | undefined
  onChange(value: string): void
}) {
  const { days, group, value, onChange } = props
  const words = useWords()
  const { data } = useTotals(days, group)
  const ranked = data?.data.toSorted((a, b) => (BigInt(a.amount.grains) > BigInt(b.amount.grains) ? -1 : 1)) ?? []
  const keys = ranked.slice(0, MOST_CHOICES).map(({ key }) => key)
  const { names } = useNames(group, value === undefined || keys.includes(value) ? keys : [...keys, value])
  return (
    <Choice label={words.bill[group]} value={value ?? ''} onChange={({ target }) => onChange(target.value)}>
      <option value="">{words.bill.all}</option>
      {value !== undefined && !keys.includes(value) && <option value={value}>{names.get(value) ?? value}</option>}
      {keys.map((key) => (
        <option key={key} value={key}>
          {names.get(key) ?? key}
        </option>
      ))}
    </Choice>
  )
}

function clean(choice: Partial<BillChoice>): BillChoice {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined && value !== ''))
}
