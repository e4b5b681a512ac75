import { bucketOf, type Tx } from '../base/index.ts'
import type { Account } from './people.ts'
import { ACCOUNT } from './store.ts'

/** Where a list of accounts in order of name goes on: after this one. */
export type AccountPosition = { name: string; accountId: string }

/**
 * Accounts in the order of their names, small and capital letters alike: all, or those whose name holds a text, whose id it is, or that
 * have a user of that id or e-mail address.
 */
export function searchAccounts(
  tx: Tx,
  search: string | undefined,
  after: AccountPosition | undefined,
  limit: number,
): Promise<Account[]> {
  const place = [after?.name ?? '', after?.accountId ?? '', limit]
  if (search === undefined) return tx.query<Account>({ text: ALL }, place)
  return tx.query<Account>({ text: FOUND }, [...place, search, bucketOf(search)])
}

const PAGE = `(lower(name) collate "C", account_id) > (lower($1) collate "C", $2)`
const ORDER = `order by lower(name) collate "C", account_id limit $3`
const ALL = `select ${ACCOUNT} from account where ${PAGE} ${ORDER}`
const FOUND = `select ${ACCOUNT} from account
  where (bucket, account_id) in (
      (select bucket, account_id from account where ${PAGE} and strpos(lower(name) collate "C", lower($4)) > 0 ${ORDER})
      union select $5::int, $4
      union select bucket, account_id from users where user_id = $4 or lower(email) = lower($4))
    and ${PAGE} ${ORDER}`
