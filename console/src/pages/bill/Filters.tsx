import type { Client } from '@corehour/sdk'
import { getRouteApi } from '@tanstack/react-router'
import { nameOf } from '../../books/names.ts'
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
      <ByUser filter={ofDays} chosen={choice.user} onChange={(user) => change({ user })} />
      <BySku filter={ofDays} chosen={choice.sku} onChange={(sku) => change({ sku })} />
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

/** Of those who stand on the bill of these days, whoever used the most first. */
function ByUser({ filter, chosen, onChange }: Chosen) {
  const { bill: text } = useWords()
  const client = useClient()
  return (
    <Seek
      label={text.user}
      all={text.all}
      shown={useNameOf('user', chosen)}
      hint={text.findUser}
      what={['totals', filter, 'user found']}
      find={async (search, signal) => {
        const { keys, isMore } = await findOn(client, { ...filter, group_by: 'user' }, search, signal)
        const names = await Promise.all(keys.map((key) => nameOf(client, 'user', key)))
        return { items: keys.map((key, n) => ({ key, name: names[n] ?? key })), isMore }
      }}
      onChange={onChange}
    />
  )
}

function BySku({ filter, chosen, onChange }: Chosen) {
  const { bill: text } = useWords()
  const client = useClient()
  return (
    <Seek
      label={text.sku}
      all={text.all}
      shown={useNameOf('sku', chosen)}
      hint={text.findSku}
      what={['totals', filter, 'sku found']}
      find={async (search, signal) => {
        const { keys, isMore } = await findOn(client, { ...filter, group_by: 'sku' }, search, signal)
        return { items: keys.map((key) => ({ key, name: key.replace(/^(queue|machine):/, '') })), isMore }
      }}
      onChange={onChange}
    />
  )
}

function useNameOf(group: 'project' | 'user' | 'sku', key: string | undefined): string | undefined {
  const { names } = useNames(group, key === undefined ? [] : [key])
  return key && (names.get(key) ?? key)
}

/** Keys of a bill's totals that are called so, the largest first. One that is used in two currencies stands there twice. */
async function findOn(
  client: Client,
  of: BillFilter & { group_by: 'user' | 'sku' },
  search: string,
  signal: AbortSignal,
) {
  const asked = { ...of, limit: MOST_FOUND, ...(search !== '' && { search }) }
  const { data, rest } = await client.bills.totals(asked, { signal })
  return { keys: [...new Set(data.map(({ key }) => key))], isMore: rest.length > 0 }
}

function clean(choice: Partial<BillChoice>): BillChoice {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined && value !== ''))
}
