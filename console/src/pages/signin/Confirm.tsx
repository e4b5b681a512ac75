import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Field } from '../../parts/Field.tsx'
import { Form } from '../../parts/Form.tsx'
import { useWords } from '../../words/index.tsx'
import { Door, LINK } from './Door.tsx'

/** Where the mailed link leads: the password says that it is the same person. */
export function Confirm() {
  const { signIn: text } = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const token = location.hash.slice(1)
  const [password, setPassword] = useState('')
  const confirm = useMutation({
    mutationFn: () => client.signUp.confirm({ token, password }),
    onSuccess: async () => {
      await queries.resetQueries()
      await navigate({ to: '/' })
    },
  })
  if (token === '')
    return (
      <Door title={text.noLink} lead={text.noLinkHint}>
        <Link to="/sign-in" className={LINK}>
          {text.signIn}
        </Link>
      </Door>
    )
  return (
    <Door title={text.confirmTitle} lead={text.confirmLead}>
      <Form act={confirm} send={text.confirm} refused={text.refused}>
        <Field
          label={text.password}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </Form>
    </Door>
  )
}
