import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Field } from '../../parts/Field.tsx'
import { Form } from '../../parts/Form.tsx'
import { useWords } from '../../words/index.tsx'

/** Address and password, and what is done once they were right. */
export function SignInForm({ onDone }: { onDone: () => Promise<void> }) {
  const { signIn: text } = useWords()
  const client = useClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () => client.sessions.create({ email: email.trim(), password }),
    onSuccess: onDone,
  })
  return (
    <Form act={signIn} send={text.signIn} refused={text.refused}>
      <Field
        label={text.email}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <Field
        label={text.password}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
    </Form>
  )
}
