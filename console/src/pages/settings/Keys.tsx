import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'

/** Keys with which programs act for this account. A secret is shown once. */
export function Keys() {
  const { language, words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const keys = useQuery({ queryKey: ['keys'], queryFn: () => client.keys.list({ limit: 100 }) })
  const again = () => queries.invalidateQueries({ queryKey: ['keys'] })
  const revoke = useMutation({ mutationFn: (id: string) => client.keys.revoke({ key_id: id }), onSuccess: again })
  const text = words.settings
  const rows = keys.data?.data.filter(({ revoked_at }) => revoked_at === null)
  return (
    <Sheet title={text.keys} hint={text.keysHint}>
      <Make onMade={again} />
      <div className="mt-5 empty:hidden">
        {revoke.error && <Failure error={revoke.error} />}
        {keys.error && !rows && <Failure error={keys.error} retry={() => void keys.refetch()} />}
        {!rows && !keys.error && <Waiting className="h-24" />}
      </div>
      <ul className="mt-5 grid gap-3 text-small">
        {rows?.map((key) => (
          <li
            key={key.key_id}
            className="flex items-start justify-between gap-4 border-b border-line pb-3 last:border-0 last:pb-0"
          >
            <div className="min-w-0">
              <p dir="auto" className="truncate font-medium" title={key.name}>
                {key.name}
              </p>
              <p className="text-soft">
                {key.last_used_at === null ? text.neverUsed : text.lastUsed(showInstant(key.last_used_at, language))}
              </p>
            </div>
            <Button look="bare" label={`${text.revoke}: ${key.name}`} onPress={() => revoke.mutate(key.key_id)}>
              {text.revoke}
            </Button>
          </li>
        ))}
      </ul>
    </Sheet>
  )
}

function Make({ onMade }: { onMade: () => Promise<unknown> }) {
  const { words } = useLanguage()
  const client = useClient()
  const [name, setName] = useState('')
  const [secret, setSecret] = useState<string>()
  const [copied, setCopied] = useState(false)
  const text = words.settings
  const key = useKey(name)
  const make = useMutation({
    mutationFn: () => client.keys.create({ name: name.trim() }, { idempotencyKey: key }),
    onSuccess: (made) => {
      // Pressed twice, the second answer has none.
      if (made.secret !== null) setSecret(made.secret)
      setName('')
      setCopied(false)
      return onMade()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '' && !make.isPending) make.mutate()
  }
  const copy = async () => {
    await navigator.clipboard.writeText(secret!)
    setCopied(true)
  }
  return (
    <form onSubmit={submit} className="grid gap-3">
      <div className="flex flex-wrap items-end gap-2">
        <Field
          label={text.keyName}
          className="grow"
          maxLength={200}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Button type="submit" busy={make.isPending} disabled={name.trim() === ''}>
          {text.makeKey}
        </Button>
      </div>
      {make.error && <Failure error={make.error} title={text.notSaved} />}
      {secret !== undefined && (
        <div role="status" className="rounded-field bg-pine-wash px-4 py-3 text-small">
          <p className="font-medium">{text.secretOnce}</p>
          <p className="mt-1 font-mono text-tiny break-all select-all">{secret}</p>
          <Button look="bare" className="-ml-4" onPress={() => void copy()}>
            {copied ? words.common.copied : words.common.copy}
          </Button>
        </div>
      )}
    </form>
  )
}
