import { getRouteApi } from '@tanstack/react-router'
import { lazy } from 'react'
import { loadPatiently } from '../../books/reach.ts'
import { useTotals, type BillFilter } from '../../books/useBooks.ts'
import { DayField } from '../../parts/DayField.tsx'
import { Choice } from '../../parts/Field.tsx'
import { Opened } from '../../parts/Opened.tsx'
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
      <DayField
        label={text.from}
        none={text.firstDay}
        value={choice.from}
        max={choice.through}
        onChange={(day) => change({ from: day })}
      />
      <DayField
        label={text.to}
        none={text.lastDay}
        value={choice.through}
        min={choice.from}
        onChange={(day) => change({ through: day })}
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
  const { project, view = 'created' } = choice
  const { names } = useNames('project', project === undefined ? [] : [project])
  const shown = project && (names.get(project) ?? project)
  return (
    <Opened label={text.project} shown={shown ?? text.all} opens="listbox">
      <ProjectPicker view={view} shown={shown} onChange={onChange} />
    </Opened>
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
