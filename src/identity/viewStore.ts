import type { Tx } from '../base/index.ts'
import type { View } from './view.ts'

export async function insertView(tx: Tx, bucket: number, view: View): Promise<void> {
  await tx.query(
    {
      text: `insert into account_view (view_id, key_id, key_name, bucket, account_id, user_id, reason, opened_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    },
    [
      view.viewId,
      view.keyId,
      view.keyName,
      bucket,
      view.accountId,
      view.userId,
      view.reason,
      view.openedAt,
      view.expiresAt,
    ],
  )
}

export async function readView(tx: Tx, viewId: string): Promise<View | undefined> {
  const [view] = await tx.query<View>(
    {
      text: `select v.view_id as "viewId", v.key_id as "keyId", v.key_name as "keyName", v.account_id as "accountId", a.name as "accountName",
          v.user_id as "userId", v.reason, v.opened_at as "openedAt", v.expires_at as "expiresAt"
        from account_view v join account a on a.bucket = v.bucket and a.account_id = v.account_id where v.view_id = $1`,
    },
    [viewId],
  )
  return view
}

export async function deleteOldViews(tx: Tx, before: Temporal.Instant): Promise<void> {
  await tx.query({ text: 'delete from account_view where expires_at < $1' }, [before])
}

/** The oldest user of an account. */
export async function readOwner(tx: Tx, bucket: number, accountId: string): Promise<string | undefined> {
  const [user] = await tx.query<{ userId: string }>(
    {
      text: `select user_id as "userId" from users where bucket = $1 and account_id = $2 order by created_at, user_id limit 1`,
    },
    [bucket, accountId],
  )
  return user?.userId
}
