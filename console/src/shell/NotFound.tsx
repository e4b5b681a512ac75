import { ButtonLink } from '../parts/Button.tsx'
import { Empty } from '../parts/States.tsx'
import { useWords } from '../words/index.tsx'

export function NotFound() {
  const words = useWords()
  return (
    <Empty title={words.failure.notFoundTitle} hint={words.failure.notFound}>
      <ButtonLink to="/">{words.failure.home}</ButtonLink>
    </Empty>
  )
}
