import { useMe } from '../../books/useBooks.ts'
import { PageHead } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { Keys } from './Keys.tsx'
import { Password } from './Password.tsx'
import { Profile } from './Profile.tsx'
import { Sessions } from './Sessions.tsx'

/** Who one is here, where one is signed in, and the keys for one's programs. */
export function Settings() {
  const { settings: text } = useWords()
  const me = useMe()
  return (
    <>
      <PageHead title={text.title} />
      {me.error && !me.data && <Failure error={me.error} retry={() => void me.refetch()} />}
      {!me.data && !me.error && <Waiting className="h-96" />}
      {me.data && (
        <div className="grid items-start gap-6 *:min-w-0 lg:grid-cols-2">
          <Profile me={me.data} />
          <Password />
          <Sessions />
          {me.data.scope === 'customer' && <Keys />}
        </div>
      )}
    </>
  )
}
