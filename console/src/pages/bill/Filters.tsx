import { getRouteApi } from '@tanstack/react-router'
import { nameOf } from '../../books/names.ts'
import { nameSku } from '../../books/sku.ts'
import { useClient, type BillFilter } from '../../books/useBooks.ts'
import { DayField } from '../../parts/DayField.tsx'
import { Choice } from '../../parts/Field.tsx'
import { Seek } from '../../parts/Seek.tsx'
import { useWords } from '../../words/index.tsx'
import { useNames } from '../expenses/useNames.ts'
import type { BillChoice } from './choice.ts'

const route = getRouteApi('/bill')
/** More are found by typing: people have thousands of projects, and clusters of users. */
const MOST_FOUND = 30
const KINDS = ['job', 'node', 'storage'] as const

/** Which lines are shown. What can be chosen is what stands on the bill of these days. */
export function Filters({ choice, filter }: { choice: BillChoice; filter: BillFilter }) {
  const words = useWords()
  const navigate = route.useNavigate()
  const text = words.bill
  const change = (part: Partial<BillChoice>) =>
    void navigate({ search: (old) => clean({ ...old, ...part }), replace: true })
  const { view, from, to } = filter
  const ofDays = { view, from, to }
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
      <ByProject filter={ofDays} chosen={choice.project} onChange={(project) => change({ project })} />
      <Among
        group="user"
        hint={text.findUser}
        filter={ofDays}
        chosen={choice.user}
        onChange={(user) => change({ user })}
      />
      <Among group="sku" hint={text.findSku} filter={ofDays} chosen={choice.sku} onChange={(sku) => change({ sku })} />
    </div>
  )
}

type Chosen = { filter: BillFilter; chosen: string | undefined; onChange(key: string | undefined): void }

function ByProject({ filter: { view }, chosen, onChange }: Chosen) {
  const { bill: text } = useWords()
  const client = useClient()
  return (
    <Seek
      label={text.project}
      all={text.all}
      shown={useNameOf('project', chosen)}
      hint={text.findProject}
      what={['projects', view, 'found']}
      find={async (search, signal) => {
        const asked = { view: view as 'created', search: search || undefined, limit: MOST_FOUND }
        const { data, has_more: isMore } = await client.projects.list(asked, { signal })
        return { items: data.map(({ project_id: key, name }) => ({ key, name })), isMore }
      }}
      onChange={onChange}
    />
  )
}

/** Of the users or SKUs that stand on the bill of these days, those that used the most first. */
function Among({ group, hint, filter, chosen, onChange }: Chosen & { group: 'user' | 'sku'; hint: string }) {
  const { bill: text } = useWords()
  const client = useClient()
  return (
    <Seek
      label={text[group]}
      all={text.all}
      shown={useNameOf(group, chosen)}
      hint={hint}
      what={['totals', filter, group, 'found']}
      find={async (search, signal) => {
        const asked = { ...filter, group_by: group, limit: MOST_FOUND, ...(search !== '' && { search }) }
        const { data, rest } = await client.bills.totals(asked, { signal })
        // One that is used in two currencies stands there twice.
        const keys = [...new Set(data.map(({ key }) => key))]
        const names =
          group === 'sku' ? keys.map(nameSku) : await Promise.all(keys.map((key) => nameOf(client, group, key)))
        return { items: keys.map((key, n) => ({ key, name: names[n] ?? key })), isMore: rest.length > 0 }
      }}
      onChange={onChange}
    />
  )
}

function useNameOf(group: 'project' | 'user' | 'sku', key: string | undefined): string | undefined {
  const { names } = useNames(group, key === undefined ? [] : [key])
  return key && (names.get(key) ?? key)
}

function clean(choice: Partial<BillChoice>): BillChoice {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined && value !== ''))
}
