import { bucketOf, type Tx } from '../base/index.ts'
import { readMemberships } from './billStore.ts'

/**
 * Which lines of which bills. `of`: all of a paying account; or, as a user sees them, the projects this user created or joined.
 * In a joined project its admins see all lines and members their own; who was removed still sees what they used themselves.
 * Days are the operator's, from `from` up to `to` and not with it. A list that is left out excludes nothing.
 */
export type BillFilter = {
  of: { accountId: string } | { userId: string; tab: 'created' | 'joined' }
  from?: Temporal.PlainDate
  to?: Temporal.PlainDate
  kinds?: readonly string[]
  projectIds?: readonly string[]
  userIds?: readonly string[]
  skus?: readonly string[]
}

/** One account whose lines may be seen, and which of them; each is asked with its bucket, account and projects. */
export type BillSource = {
  bucket: number
  accountId: string
  /** Projects seen whole. Left out: all of the account. */
  projectIds?: readonly string[]
  /** Projects of which one user's use alone is seen. */
  own?: { userId: string; projectIds: readonly string[] }
}

/** Where the lines of a filter lie, in order of account. */
export async function findSources(tx: Tx, { of }: BillFilter): Promise<BillSource[]> {
  if ('accountId' in of) return [{ bucket: bucketOf(of.accountId), accountId: of.accountId }]
  const seen = (await readMemberships(tx, of.userId)).filter(
    ({ role }) => (role === 'creator') === (of.tab === 'created'),
  )
  // They come in order of account.
  return [...Map.groupBy(seen, ({ accountId }) => accountId)].map(([accountId, memberships]) => {
    const whole = memberships.filter(({ role, removed }) => role !== 'member' && !removed)
    const own = memberships.filter((membership) => !whole.includes(membership))
    return {
      bucket: bucketOf(accountId),
      accountId,
      projectIds: whole.map(({ projectId }) => projectId),
      ...(own.length > 0 && { own: { userId: of.userId, projectIds: own.map(({ projectId }) => projectId) } }),
    }
  })
}
