import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { Field } from '../../parts/Field.tsx'
import { Form } from '../../parts/Form.tsx'
import { useLanguage } from '../../words/index.tsx'
import { Door, LINK } from './Door.tsx'

/** Asks to be taken in; a mail tells how it goes on. */
export function SignUp() {
  const { language, words } = useLanguage()
  const client = useClient()
  const [asked, setAsked] = useState({ name: '', email: '', password: '' })
  const text = words.signIn
  const signUp = useMutation({
    mutationFn: () => client.signUp.create({ ...asked, email: asked.email.trim(), language }),
  })
  const field = (name: keyof typeof asked) => ({
    value: asked[name],
    required: true,
    onChange: ({ target }: { target: { value: string } }) => setAsked({ ...asked, [name]: target.value }),
  })
  if (signUp.data)
    return (
      <Door title={text.mailed} lead={text.mailedTo(signUp.data.email)}>
        <p className="text-small">{text.mailedHint}</p>
      </Door>
    )
  return (
    <Door
      title={text.signUpTitle}
      lead={text.signUpLead}
      below={
        <p>
          {text.hasAccount}{' '}
          <Link to="/sign-in" className={LINK}>
            {text.signIn}
          </Link>
        </p>
      }
    >
      <Form act={signUp} send={text.signUp} refused={text.refused}>
        <Field label={text.name} autoComplete="name" maxLength={200} {...field('name')} />
        <Field label={text.email} type="email" autoComplete="email" {...field('email')} />
        <Field
          label={text.password}
          type="password"
          autoComplete="new-password"
          hint={text.passwordHint}
          {...field('password')}
        />
      </Form>
    </Door>
  )
}
