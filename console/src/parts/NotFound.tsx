import { CorehourError } from '@corehour/sdk'
import { ButtonLink } from './Button.tsx'
import { Empty, Failure } from './States.tsx'
import { useWords } from '../words/index.tsx'

/** The address leads to nothing, or to nothing that one may see: which of the two is not said. */
export function NotFound() {
  const words = useWords()
  return (
    <Empty as="h1" title={words.failure.notFoundTitle} hint={words.failure.notFound}>
      <ButtonLink to="/">{words.failure.home}</ButtonLink>
    </Empty>
  )
}

/** A page's own thing was not loaded: what is not there for the reader is plainly not found. */
export function PageFailure({ error, retry }: { error: unknown; retry: () => void }) {
  const hidden = error instanceof CorehourError && [403, 404].includes(error.status)
  return hidden ? <NotFound /> : <Failure error={error} retry={retry} />
}
