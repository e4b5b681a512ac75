import { getRouteApi } from '@tanstack/react-router'
import { useTotals, type BillFilter } from '../../books/useBooks.ts'
import { Choice, Field } from '../../parts/Field.tsx'
import { useWords } from '../../words/index.tsx'
import { useNames } from '../expenses/useNames.ts'
import type { BillChoice } from './choice.ts'

const route = getRouteApi('/bill')
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
      <Among days={days} group="project" value={choice.project} onChange={(project) => change({ project })} />
      <Among days={days} group="user" value={choice.user} onChange={(user) => change({ user })} />
      <Among days={days} group="sku" value={choice.sku} onChange={(sku) => change({ sku })} />
    </div>
  )
}

function Among(props: {
  days: BillFilter
  group: 'project' | 'user' | 'sku'
  value: string | undefined
  onChange(value: string): void
}) {
  const { days, group, value, onChange } = props
  const words = useWords()
  const { data } = useTotals(days, group)
  const keys = data?.data.map(({ key }) => key) ?? []
  const { names } = useNames(group, keys)
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
