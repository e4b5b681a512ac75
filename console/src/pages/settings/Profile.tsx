import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useClient, type Me, type Visitor } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'

/** Name and address. A new address counts once its own mail is confirmed. */
export function Profile({ me }: { me: Me }) {
  const words = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const [name, setName] = useState(me.name)
  const [email, setEmail] = useState(me.email ?? '')
  const [password, setPassword] = useState('')
  const text = words.settings
  const moves = email.trim() !== (me.email ?? '')
  const save = useMutation({
    mutationFn: () => client.me.update({ name: name.trim(), ...(moves && { email: email.trim(), password }) }),
    onSuccess: (now) => {
      queries.setQueryData<Visitor>(['me'], { person: now, isIn: true })
      setPassword('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!save.isPending) save.mutate()
  }
  return (
    <Sheet title={text.profile}>
      <form onSubmit={submit} className="grid gap-4">
        <Field
          label={text.name}
          autoComplete="name"
          maxLength={200}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Field
          label={words.signIn.email}
          type="email"
          autoComplete="email"
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        {moves && (
          <Field
            label={words.signIn.password}
            hint={text.passwordForEmail}
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={({ target }) => setPassword(target.value)}
          />
        )}
        {save.error && <Failure error={save.error} title={text.notSaved} />}
        {save.isSuccess && (
          <p role="status" className="text-small text-pine">
            {moves ? text.emailMailed : text.saved}
          </p>
        )}
        <Button type="submit" look="main" busy={save.isPending} className="justify-self-start">
          {words.common.save}
        </Button>
      </form>
    </Sheet>
  )
}
