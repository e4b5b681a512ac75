import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { Door, LINK } from './Door.tsx'

/** With the mailed link: a new password. Without one: asks for the link. */
export function ResetPassword() {
  const token = location.hash.slice(1)
  return token === '' ? <AskForLink /> : <SetPassword token={token} />
}

function AskForLink() {
  const { signIn: text } = useWords()
  const client = useClient()
  const [email, setEmail] = useState('')
  const ask = useMutation({ mutationFn: () => client.passwords.askReset({ email: email.trim() }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!ask.isPending) ask.mutate()
  }
  if (ask.data)
    return (
      <Door title={text.mailed} lead={text.mailedTo(ask.data.email)}>
        <p className="text-small">{text.resetMailedHint}</p>
      </Door>
    )
  return (
    <Door title={text.resetTitle} lead={text.resetLead}>
      <form onSubmit={submit} className="grid gap-4">
        <Field
          label={text.email}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        {ask.error && <Failure error={ask.error} title={text.refused} />}
        <Button type="submit" look="main" busy={ask.isPending}>
          {text.sendLink}
        </Button>
      </form>
    </Door>
  )
}

function SetPassword({ token }: { token: string }) {
  const { signIn: text } = useWords()
  const client = useClient()
  const [password, setPassword] = useState('')
  const reset = useMutation({ mutationFn: () => client.passwords.reset({ token, password }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!reset.isPending) reset.mutate()
  }
  if (reset.data)
    return (
      <Door title={text.passwordSet} lead={text.passwordSetLead}>
        <Link to="/sign-in" className={LINK}>
          {text.signIn}
        </Link>
      </Door>
    )
  return (
    <Door title={text.newPasswordTitle}>
      <form onSubmit={submit} className="grid gap-4">
        <Field
          label={text.newPassword}
          type="password"
          autoComplete="new-password"
          hint={text.passwordHint}
          required
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
        {reset.error && <Failure error={reset.error} title={text.refused} />}
        <Button type="submit" look="main" busy={reset.isPending}>
          {text.setPassword}
        </Button>
      </form>
    </Door>
  )
}
