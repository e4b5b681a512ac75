import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Choice, Field, Lines } from '../../parts/Field.tsx'
import { Options } from '../../parts/Options.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { Lasts, validDays, type Days } from '../keys/Lasts.tsx'
import { Secret } from '../keys/Secret.tsx'
import { useMakeKey, type KeyScope } from '../keys/useKeys.ts'
import { AccountSeek } from './AccountSeek.tsx'
import { KEY_SCOPES } from './keyChoice.ts'

/** The API takes no more sources, and tells of no more users. */
const MOST_SOURCES = 20
const MOST_USERS = 100
type Typed = { name: string; sources: string; account: string | undefined; user: string | undefined }
const NOTHING: Typed = { name: '', sources: '', account: undefined, user: undefined }

/** Makes a key of any scope: for whom, and until when. */
export function MakeKey() {
  const { keys: shared } = useWords()
  const text = useStaffWords()
  const [scope, setScope] = useState<KeyScope>('platform')
  const [days, setDays] = useState<Days>('')
  const [typed, setTyped] = useState(NOTHING)
  const change = (part: Partial<Typed>) => setTyped((last) => ({ ...last, ...part }))
  const sources = readSources(typed.sources)
  const whose = useWhose(typed.account, typed.user)
  const asked = {
    name: typed.name.trim(),
    scope,
    valid_days: validDays(days),
    ...(scope === 'customer' && { user_id: whose.user }),
    ...(scope === 'platform' && { sources }),
  }
  const { make, isMaking, error, made, putAway } = useMakeKey(asked, () => setTyped(NOTHING))
  const isWhole = { customer: whose.user !== undefined, platform: isFew(sources), staff: true }[scope]
  const isReady = asked.name !== '' && isWhole
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) make()
  }
  return (
    <Sheet title={shared.make}>
      <form onSubmit={submit} className="grid gap-5">
        <Options
          label={text.fields.scope}
          value={scope}
          options={KEY_SCOPES.map((value) => ({ value, text: shared.scopes[value], about: shared.mays[value] }))}
          onChange={(next) => setScope(next)}
        />
        <div className="grid items-start gap-x-4 gap-y-5 *:min-w-0 sm:grid-cols-2">
          <Field
            label={shared.purpose}
            maxLength={200}
            value={typed.name}
            onChange={({ target }) => change({ name: target.value })}
          />
          <Lasts value={days} onChange={setDays} />
          {scope === 'customer' && <Whose of={whose} onChange={change} />}
          {scope === 'platform' && (
            <Sources typed={typed.sources} read={sources} onChange={(next) => change({ sources: next })} />
          )}
        </div>
        {error && <Failure error={error} title={text.notDone} />}
        <Button type="submit" look="main" className="justify-self-start" busy={isMaking} disabled={!isReady}>
          {shared.make}
        </Button>
      </form>
      <Secret of={made} onDone={putAway} />
    </Sheet>
  )
}

function isFew(sources: readonly string[]): boolean {
  return sources.length > 0 && sources.length <= MOST_SOURCES
}

/** Sources as people write several: under or behind each other. */
function readSources(typed: string): string[] {
  return [...new Set(typed.split(/[\s,;，；、]+/).filter((each) => each !== ''))]
}

function Sources(props: { typed: string; read: readonly string[]; onChange(typed: string): void }) {
  const { typed, read, onChange } = props
  const text = useStaffWords()
  return (
    <>
      <Lines
        label={text.sources}
        hint={text.sourcesHint}
        rows={2}
        spellCheck={false}
        value={typed}
        error={read.length > MOST_SOURCES ? text.manySources(MOST_SOURCES) : undefined}
        onChange={({ target }) => onChange(target.value)}
      />
      {read.length > 0 && (
        <ul aria-label={text.sources} className="flex flex-wrap gap-1.5 text-tiny sm:pt-6.5">
          {read.map((each) => (
            <li key={each} className="max-w-full rounded-field bg-wash px-2.5 py-1 font-mono wrap-anywhere">
              <bdi>{each}</bdi>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** For whom a customer's key will act: the one user of an account, or who of several is chosen. */
function useWhose(accountId: string | undefined, chosen: string | undefined) {
  const client = useClient()
  const found = useQuery({
    queryKey: ['users of', accountId],
    queryFn: ({ signal }) => client.users.find({ account_id: accountId! }, { signal }),
    enabled: accountId !== undefined,
  })
  const users = found.data?.data
  const user = users?.length === 1 ? users[0]!.user_id : chosen
  return { accountId, user, users, error: found.error, retry: () => void found.refetch() }
}

function Whose(props: { of: ReturnType<typeof useWhose>; onChange(chosen: Pick<Typed, 'account' | 'user'>): void }) {
  const { of, onChange } = props
  const { accountId: account, user, users, error, retry } = of
  const { bill } = useWords()
  const text = useStaffWords()
  const [only, another] = users ?? []
  return (
    <>
      <AccountSeek
        all={text.chooseAccount}
        chosen={account}
        onChange={(next) => onChange({ account: next, user: undefined })}
      />
      {account !== undefined &&
        !users &&
        (error ? <Failure error={error} retry={retry} /> : <Waiting className="h-16" />)}
      {only && !another && (
        <p className="text-small wrap-anywhere sm:pt-6.5">
          {text.actsAs} <bdi className="font-medium">{only.name}</bdi>
          {only.email !== null && <bdi className="block text-soft">{only.email}</bdi>}
        </p>
      )}
      {another && (
        <Choice
          label={bill.user}
          hint={users!.length === MOST_USERS ? text.firstUsers(MOST_USERS) : undefined}
          value={user ?? ''}
          onChange={({ target }) => onChange({ account, user: target.value })}
        >
          <option value="" disabled />
          {users!.map(({ user_id, name, email }) => (
            <option key={user_id} value={user_id}>
              {email === null ? name : `${name} · ${email}`}
            </option>
          ))}
        </Choice>
      )}
      {users?.length === 0 && <p className="text-small text-soft sm:pt-6.5">{text.noUsers}</p>}
    </>
  )
}
