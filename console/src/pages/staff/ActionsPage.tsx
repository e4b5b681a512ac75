import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { dayAfter } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { DayField } from '../../parts/DayField.tsx'
import { Choice } from '../../parts/Field.tsx'
import { PageHead } from '../../parts/Sheet.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { AccountSeek } from './AccountSeek.tsx'
import { Actions, nameAct } from './Actions.tsx'
import type { LogChoice } from './logChoice.ts'

const route = getRouteApi('/staff/actions')

/** What staff did, and what they were refused, the newest first; filters live in the address. */
export function ActionsPage() {
  const { bill } = useWords()
  const text = useStaffWords()
  const choice = route.useSearch()
  const navigate = route.useNavigate()
  const { who, did, account, from, through } = choice
  return (
    <>
      <PageHead
        title={text.actions}
        lead={text.actionsLead}
        actions={
          Object.keys(choice).length > 0 && (
            <Button look="bare" onPress={() => void navigate({ search: {} })}>
              {bill.reset}
            </Button>
          )
        }
      />
      <div className="grid gap-5 *:min-w-0">
        <Filters choice={choice} />
        <Actions filter={{ key_id: who, route: did, about: account, from, to: through && dayAfter(through, 1) }} />
      </div>
    </>
  )
}

function Filters({ choice }: { choice: LogChoice }) {
  const { bill } = useWords()
  const text = useStaffWords()
  const client = useClient()
  const navigate = route.useNavigate()
  const actors = useQuery({ queryKey: ['actors'], queryFn: ({ signal }) => client.staff.actors({}, { signal }) })
  const change = (part: LogChoice) =>
    void navigate({
      search: (old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value)),
      replace: true,
    })
  const { who = '', did = '', from, through } = choice
  const known = actors.data?.data ?? []
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
      <DayField
        label={bill.from}
        none={bill.firstDay}
        value={from}
        max={through}
        onChange={(day) => change({ from: day })}
      />
      <DayField
        label={bill.to}
        none={bill.lastDay}
        value={through}
        min={from}
        onChange={(day) => change({ through: day })}
      />
      <Choice label={text.who} value={who} onChange={({ target }) => change({ who: target.value })}>
        <option value="">{bill.all}</option>
        {who !== '' && !known.some(({ key_id }) => key_id === who) && <option value={who}>{who}</option>}
        {known.map(({ key_id, key_name }) => (
          <option key={key_id} value={key_id}>
            {key_name}
          </option>
        ))}
      </Choice>
      <Choice label={text.did} value={did} onChange={({ target }) => change({ did: target.value })}>
        <option value="">{bill.all}</option>
        {did !== '' && !(did in text.acts) && <option value={did}>{did}</option>}
        {Object.keys(text.acts).map((name) => (
          <option key={name} value={name}>
            {nameAct(text, name)}
          </option>
        ))}
      </Choice>
      <AccountSeek all={bill.all} chosen={choice.account} onChange={(account) => change({ account })} />
    </div>
  )
}
