import { DEFAULT_CURRENCY, type Routes } from '@corehour/contract'
import { newId, Refusal, type Tx } from '../../../base/index.ts'
import {
  createUser,
  findAccount,
  findUser,
  searchUsers,
  setStaffRole,
  sharedRoles,
  usersOf,
  type User,
} from '../../../identity/index.ts'
import { openAccount } from '../../../wallet/index.ts'
import type { Call, Caller, HandlersOf } from '../call.ts'
import { BadRequest } from '../problem.ts'
import type { Services } from '../services.ts'
import { instant } from '../show.ts'

/** More people of one name are not told apart by a list. */
const MOST_FOUND = 100

export function userHandlers({ keyring }: Services): HandlersOf<'users'> {
  return {
    create: {
      async act(tx, { body }) {
        const { name, email } = body
        const accountId = await accountFor(tx, body)
        return show(
          await createUser(tx, {
            accountId,
            userId: newId('user', tx.now),
            name,
            ...(email !== undefined && { email }),
          }),
        )
      },
    },
    find: {
      async read(tx, { query }) {
        return { data: (await findThem(tx, query)).map((user) => show(user)) }
      },
    },
    get: {
      async read(tx, { caller, params }) {
        const user = await findUser(tx, params.user_id)
        const seen = user && (await howSeen(tx, caller, user))
        if (!seen) throw new Refusal('not_found', { value: params.user_id })
        return show(seen === 'by name' ? { ...user, email: null, staffRole: null } : user)
      },
    },
    setStaffRole: {
      async act(tx, { params, body }) {
        if (!(await findUser(tx, params.user_id))) throw new Refusal('not_found', { value: params.user_id })
        return show(await setStaffRole(tx, params.user_id, body.staff_role))
      },
      done: () => keyring.forget(),
    },
  }
}

async function findThem(tx: Tx, { search, account_id }: Call<Routes['users']['find']>['query']): Promise<User[]> {
  if ((search === undefined) === (account_id === undefined))
    throw new BadRequest('search', 'users are found by search or by account_id: name one')
  return search === undefined ? usersOf(tx, account_id!, MOST_FOUND) : searchUsers(tx, search, MOST_FOUND)
}

/** The account that is named, or a new one of the user's own. */
async function accountFor(tx: Tx, body: Call<Routes['users']['create']>['body']): Promise<string> {
  const { name, account_id: named, currency } = body
  if (named === undefined) {
    const opened = { accountId: newId('acct', tx.now), name, currency: currency ?? DEFAULT_CURRENCY }
    return (await openAccount(tx, opened)).accountId
  }
  const account = await findAccount(tx, named)
  if (!account) throw new Refusal('unknown_account', { value: named })
  if (currency !== undefined && currency !== account.currency)
    throw new Refusal('wrong_currency', { expected: account.currency, value: currency })
  return named
}

/** How much of a user a caller sees. Customers see the whole of those whom they pay with, or whose project they manage. */
async function howSeen(tx: Tx, caller: Caller, user: User): Promise<'whole' | 'by name' | undefined> {
  if (caller.scope !== 'customer' || user.accountId === caller.accountId) return 'whole'
  const roles = await sharedRoles(tx, caller.userId!, user.userId)
  if (roles.length === 0) return undefined
  return roles.some((role) => role !== 'member') ? 'whole' : 'by name'
}

function show(user: User) {
  return {
    user_id: user.userId,
    account_id: user.accountId,
    name: user.name,
    email: user.email,
    staff_role: user.staffRole,
    created_at: instant(user.createdAt),
  }
}
