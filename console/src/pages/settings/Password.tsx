import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'

/** Another password ends every other session. */
export function Password() {
  const words = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const [typed, setTyped] = useState({ password: '', new_password: '' })
  const text = words.settings
  const change = useMutation({
    mutationFn: () => client.passwords.change(typed),
    onSuccess: () => {
      setTyped({ password: '', new_password: '' })
      return queries.invalidateQueries({ queryKey: ['sessions'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!change.isPending) change.mutate()
  }
  return (
    <Sheet title={text.password} hint={text.passwordHint}>
      <form onSubmit={submit} className="grid gap-4">
        <Field
          label={text.oldPassword}
          type="password"
          autoComplete="current-password"
          required
          value={typed.password}
          onChange={({ target }) => setTyped({ ...typed, password: target.value })}
        />
        <Field
          label={words.signIn.newPassword}
          type="password"
          autoComplete="new-password"
          hint={words.signIn.passwordHint}
          required
          value={typed.new_password}
          onChange={({ target }) => setTyped({ ...typed, new_password: target.value })}
        />
        {change.error && <Failure error={change.error} title={text.notSaved} />}
        {change.isSuccess && (
          <p role="status" className="text-small text-pine">
            {text.saved}
          </p>
        )}
        <Button type="submit" busy={change.isPending} className="justify-self-start">
          {words.signIn.setPassword}
        </Button>
      </form>
    </Sheet>
  )
}
