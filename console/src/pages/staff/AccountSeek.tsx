import { useAccount, useClient } from '../../books/useBooks.ts'
import { Seek } from '../../parts/Seek.tsx'
import { useStaffWords } from '../../words/staff.ts'

/** More are found by typing. */
const MOST_FOUND = 30

/** Chooses an account by its name, its id or an e-mail address. */
export function AccountSeek(props: {
  /** What stands there where none is chosen. */
  all: string
  chosen: string | undefined
  onChange(accountId: string | undefined): void
}) {
  const { all, chosen, onChange } = props
  const text = useStaffWords()
  const client = useClient()
  const account = useAccount(chosen)
  return (
    <Seek
      label={text.account}
      all={all}
      shown={account.data?.name ?? chosen}
      hint={text.search}
      what={['accounts', 'found']}
      find={async (search, signal) => {
        const asked = { search: search || undefined, limit: MOST_FOUND }
        const { data, has_more: isMore } = await client.accounts.list(asked, { signal })
        return { items: data.map(({ account_id: key, name }) => ({ key, name })), isMore }
      }}
      onChange={onChange}
    />
  )
}
