import { newId, Refusal, type Tx } from '../base/index.ts'
import type { Account } from './people.ts'
import { insertView, readOwner, readView } from './viewStore.ts'

/** A look that staff take at an account as its owner sees it. */
export type View = {
  viewId: string
  /** The staff member, or the staff key. */
  keyId: string
  keyName: string
  accountId: string
  accountName: string
  /** As whom: the oldest user of the account. */
  userId: string
  reason: string
  openedAt: Temporal.Instant
  expiresAt: Temporal.Instant
}

/** As long as an idle session of staff's: whoever needs longer gives the reason again. */
const LASTS_HOURS = 1

/**
 * Opens a view of an account for a staff member.
 * @throws Refusal unknown_user where nobody belongs to the account.
 */
export async function openView(
  tx: Tx,
  { bucket, accountId, name }: Account,
  { keyId, keyName, reason }: Pick<View, 'keyId' | 'keyName' | 'reason'>,
): Promise<View> {
  const owner = await readOwner(tx, bucket, accountId)
  if (owner === undefined) throw new Refusal('unknown_user', { value: accountId })
  const view: View = {
    viewId: newId('view', tx.now),
    ...{ keyId, keyName, accountId, userId: owner, reason },
    accountName: name,
    openedAt: tx.now,
    expiresAt: tx.now.add({ hours: LASTS_HOURS }),
  }
  await insertView(tx, bucket, view)
  return view
}

/**
 * A view that is open for whoever opened it.
 * @throws Refusal not_found where it is none or another's, view_over.
 */
export async function findOpenView(tx: Tx, viewId: string, keyId: string): Promise<View> {
  const view = await readView(tx, viewId)
  if (!view || view.keyId !== keyId) throw new Refusal('not_found', { value: viewId })
  if (Temporal.Instant.compare(tx.now, view.expiresAt) >= 0) throw new Refusal('view_over', { name: view.accountName })
  return view
}
