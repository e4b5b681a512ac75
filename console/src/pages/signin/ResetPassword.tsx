import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Field } from '../../parts/Field.tsx'
import { Form } from '../../parts/Form.tsx'
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
  if (ask.data)
    return (
      <Door title={text.mailed} lead={text.mailedTo(ask.data.email)}>
        <p className="text-small">{text.resetMailedHint}</p>
      </Door>
    )
  return (
    <Door title={text.resetTitle} lead={text.resetLead}>
      <Form act={ask} send={text.sendLink} refused={text.refused}>
        <Field
          label={text.email}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
      </Form>
    </Door>
  )
}

function SetPassword({ token }: { token: string }) {
  const { signIn: text } = useWords()
  const client = useClient()
  const [password, setPassword] = useState('')
  const reset = useMutation({ mutationFn: () => client.passwords.reset({ token, password }) })
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
      <Form act={reset} send={text.setPassword} refused={text.refused}>
        <Field
          label={text.newPassword}
          type="password"
          autoComplete="new-password"
          hint={text.passwordHint}
          required
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </Form>
    </Door>
  )
}
