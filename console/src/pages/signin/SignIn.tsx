import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useWords } from '../../words/index.tsx'
import { Door, LINK } from './Door.tsx'
import { SignInForm } from './SignInForm.tsx'

const route = getRouteApi('/sign-in')

export function SignIn() {
  const { signIn: text } = useWords()
  const { next } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const enter = async () => {
    await queries.resetQueries()
    await navigate({ href: next ?? '/' })
  }
  return (
    <Door
      title={text.title}
      below={
        <>
          <p>
            {text.noAccount}{' '}
            <Link to="/sign-up" className={LINK}>
              {text.signUp}
            </Link>
          </p>
          <p>
            <Link to="/reset-password" className={LINK}>
              {text.forgot}
            </Link>
          </p>
        </>
      }
    >
      <SignInForm onDone={enter} />
    </Door>
  )
}
