import { useState, type FormEvent } from 'react'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { More } from '../../parts/More.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { KeyTable } from '../keys/KeyTable.tsx'
import { Lasts, validDays, type Days } from '../keys/Lasts.tsx'
import { Secret } from '../keys/Secret.tsx'
import { useKeys, useMakeKey } from '../keys/useKeys.ts'

/** Keys with which programs act for this account; those that are revoked are gone. */
export function Keys() {
  const { keys: text } = useWords()
  const keys = useKeys({ revoked: false })
  const rows = keys.data?.pages.flatMap(({ data }) => data)
  return (
    <Sheet title={text.title} hint={text.hint} flush className="lg:col-span-2">
      <Make />
      <div className="border-t border-line">
        {keys.error && !rows && (
          <div className="p-5 sm:px-6">
            <Failure error={keys.error} retry={() => void keys.refetch()} />
          </div>
        )}
        {!rows && !keys.error && <Waiting className="m-6 h-24" />}
        {rows && (
          <KeyTable
            rows={rows}
            may={({ scope }) => <span className="text-soft">{text.mays[scope]}</span>}
            mayTitle={text.may}
            revokes
            none={<Empty title={text.none} hint={text.noneHint} />}
          />
        )}
        <More of={keys} />
      </div>
    </Sheet>
  )
}

function Make() {
  const { keys: text, settings } = useWords()
  const [name, setName] = useState('')
  const [days, setDays] = useState<Days>('')
  const asked = { name: name.trim(), valid_days: validDays(days) }
  const { make, isMaking, error, made, putAway } = useMakeKey(asked, () => setName(''))
  const isReady = asked.name !== ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) make()
  }
  return (
    <form onSubmit={submit} className="grid gap-3 px-5 pb-5 sm:px-6">
      <div className="grid items-end gap-3 sm:grid-cols-[minmax(0,1fr)_11rem_auto]">
        <Field label={text.purpose} maxLength={200} value={name} onChange={({ target }) => setName(target.value)} />
        <Lasts value={days} onChange={setDays} />
        <Button type="submit" look="main" busy={isMaking} disabled={!isReady}>
          {text.make}
        </Button>
      </div>
      {error && <Failure error={error} title={settings.notSaved} />}
      <Secret of={made} onDone={putAway} />
    </form>
  )
}
