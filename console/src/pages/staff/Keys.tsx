import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useMe } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { LEADS } from '../../parts/leads.ts'
import { More } from '../../parts/More.tsx'
import { Name } from '../../parts/Name.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { useNames } from '../expenses/useNames.ts'
import { KeyTable } from '../keys/KeyTable.tsx'
import { useKeys, type ApiKey } from '../keys/useKeys.ts'
import { KEY_SCOPES } from './keyChoice.ts'
import { MakeKey } from './MakeKey.tsx'

const route = getRouteApi('/staff/keys')

/** Every key with which programs act here; operators make and revoke them. */
export function Keys() {
  const text = useStaffWords()
  const { bill, common, keys } = useWords()
  const { scope } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: me } = useMe()
  const [makes, setMakes] = useState(false)
  const isOperator = me?.staff_role === 'operator'
  const options = [
    { value: 'all', text: bill.all } as const,
    ...KEY_SCOPES.map((value) => ({ value, text: text.keysOf[value] })),
  ]
  return (
    <>
      <PageHead
        title={text.keys}
        lead={text.keysLead}
        actions={
          isOperator && (
            <Button look={makes ? 'quiet' : 'main'} expanded={makes} onPress={() => setMakes(!makes)}>
              {makes ? common.close : keys.make}
            </Button>
          )
        }
      />
      <div className="grid gap-6 *:min-w-0">
        {!isOperator && me && <p className="text-small text-soft">{text.keysByOperators}</p>}
        {/* Closed, it keeps what was typed. */}
        {isOperator && (
          <div hidden={!makes}>
            <MakeKey />
          </div>
        )}
        <div>
          <Segments
            label={text.fields.scope}
            value={scope ?? 'all'}
            options={options}
            onChange={(next) => void navigate({ search: next === 'all' ? {} : { scope: next }, replace: true })}
          />
        </div>
        <List scope={scope} revokes={isOperator} />
      </div>
    </>
  )
}

function List({ scope, revokes }: { scope: ApiKey['scope'] | undefined; revokes: boolean }) {
  const text = useStaffWords()
  const keys = useKeys({ scope })
  const rows = keys.data?.pages.flatMap(({ data }) => data)
  if (keys.error && !rows) return <Failure error={keys.error} retry={() => void keys.refetch()} />
  if (!rows) return <Waiting className="h-96" />
  return (
    <Named rows={rows}>
      {(names) => (
        <Sheet flush>
          <KeyTable
            rows={rows}
            may={(key) => <Scope of={key} name={names.get(key.user_id ?? '')} />}
            mayTitle={text.fields.scope}
            revokes={revokes}
            none={<Empty title={text.noKeys} hint={text.noKeysHint} />}
          />
          <More of={keys} />
        </Sheet>
      )}
    </Named>
  )
}

/** What people are called to whom keys belong: it waits for the names, which would widen the table later. */
function Named({ rows, children }: { rows: readonly ApiKey[]; children(names: Map<string, string>): ReactNode }) {
  const ids = new Set(rows.flatMap(({ user_id }) => user_id ?? []))
  const { names, settled } = useNames('user', [...ids])
  const [shown, setShown] = useState(false)
  if (settled && !shown) setShown(true)
  return settled || shown ? children(names) : <Waiting className="h-96" />
}

/** What a key may act for: one person's account, a platform's sources, or all. */
function Scope({ of: { scope, account_id, user_id, sources }, name }: { of: ApiKey; name: string | undefined }) {
  const { keys: text } = useWords()
  const { everyAccount } = useStaffWords()
  return (
    <>
      <span className="block">{text.scopes[scope]}</span>
      <span className="block text-soft">
        {scope === 'customer' && (
          <Link to="/staff/accounts/$account" params={{ account: account_id! }} className={`block w-fit ${LEADS}`}>
            <Name of={name ?? user_id!} />
          </Link>
        )}
        {scope === 'platform' && <Name of={sources.join(', ')} />}
        {scope === 'staff' && everyAccount}
      </span>
    </>
  )
}
