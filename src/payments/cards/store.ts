import { bucketOf, type Tx } from '../../base/index.ts'
import type { Batch } from './batch.ts'

const BATCH = `batch_id as "batchId", currency, amount, count, expires_at as "expiresAt", valid_days as "validDays",
  redeem_by as "redeemBy", once_per_account as "oncePerAccount", note, created_at as "createdAt", revoked_at as "revokedAt"`

export async function insertBatch(tx: Tx, batch: Batch, requestId: string): Promise<void> {
  await tx.query(
    {
      text: `insert into card_batch (batch_id, request_id, currency, amount, count, expires_at, valid_days, redeem_by, once_per_account, note, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    },
    [
      batch.batchId,
      requestId,
      batch.currency,
      batch.amount,
      batch.count,
      batch.expiresAt,
      batch.validDays,
      batch.redeemBy,
      batch.oncePerAccount,
      batch.note,
      batch.createdAt,
    ],
  )
}

export async function readBatch(tx: Tx, batchId: string): Promise<Batch | undefined> {
  const [batch] = await tx.query<Batch>({ text: `select ${BATCH} from card_batch where batch_id = $1` }, [batchId])
  return batch
}

export async function readBatchOfRequest(tx: Tx, requestId: string): Promise<Batch | undefined> {
  const [batch] = await tx.query<Batch>({ text: `select ${BATCH} from card_batch where request_id = $1` }, [requestId])
  return batch
}

/** Newest first, after the id `before`. */
export function readBatches(tx: Tx, page: { before?: string; limit: number }): Promise<Batch[]> {
  return tx.query<Batch>(
    {
      text: `select ${BATCH} from card_batch where $1::text is null or batch_id < $1 order by batch_id desc limit $2`,
    },
    [page.before ?? null, page.limit],
  )
}

export async function lockBatch(tx: Tx, batchId: string, how: 'update' | 'share'): Promise<Batch | undefined> {
  const [batch] = await tx.query<Batch>({ text: `select ${BATCH} from card_batch where batch_id = $1 for ${how}` }, [
    batchId,
  ])
  return batch
}

export async function markRevoked(tx: Tx, batchId: string): Promise<void> {
  await tx.query({ text: 'update card_batch set revoked_at = $2 where batch_id = $1 and revoked_at is null' }, [
    batchId,
    tx.now,
  ])
}

export type CodeKey = { bucket: number; codeHash: string }

/** Ten thousand at once take half a second of a busy machine. On Citus they lie on all nodes; it is one statement, which commits everywhere or nowhere. */
export async function insertCodes(
  tx: Tx,
  batchId: string,
  codes: readonly (CodeKey & { last: string })[],
): Promise<void> {
  await tx.query(
    {
      text: `insert into card_code (bucket, code_hash, batch_id, last)
        select bucket, code_hash, $4::text, last from unnest($1::int[], $2::text[], $3::text[]) as c(bucket, code_hash, last)`,
    },
    [codes.map((c) => c.bucket), codes.map((c) => c.codeHash), codes.map((c) => c.last), batchId],
  )
}

/** How many codes of some batches are redeemed; of one that is left out, none. */
export async function countRedeemed(tx: Tx, batchIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.query<{ batchId: string; count: number }>(
    {
      text: `select batch_id as "batchId", count(*)::int as count from card_code
        where batch_id = any($1::text[]) and redeemed_at is not null group by batch_id`,
    },
    [batchIds],
  )
  return new Map(rows.map(({ batchId, count }) => [batchId, count]))
}

export type StoredCode = { batchId: string; redeemedAt: Temporal.Instant | null }

export async function lockCode(tx: Tx, key: CodeKey): Promise<StoredCode | undefined> {
  const [code] = await tx.query<StoredCode>(
    {
      text: `select batch_id as "batchId", redeemed_at as "redeemedAt" from card_code
        where bucket = $1 and code_hash = $2 for update`,
    },
    [key.bucket, key.codeHash],
  )
  return code
}

/** How many codes it took: none where another has it. */
export function claimCode(tx: Tx, key: CodeKey, accountId: string): Promise<number> {
  return tx.execute(
    {
      text: `update card_code set account_id = $3, redeemed_at = $4
        where bucket = $1 and code_hash = $2 and redeemed_at is null`,
    },
    [key.bucket, key.codeHash, accountId, tx.now],
  )
}

export type Redemption = {
  codeHash: string
  batchId: string
  lotId: string
  last: string
  requestId: string
  arrearsPaid: bigint
  redeemedAt: Temporal.Instant
}

export async function insertRedemption(tx: Tx, accountId: string, redemption: Redemption): Promise<void> {
  await tx.query(
    {
      text: `insert into card_redemption (bucket, account_id, code_hash, batch_id, lot_id, last, request_id, arrears_paid, redeemed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    },
    [
      bucketOf(accountId),
      accountId,
      redemption.codeHash,
      redemption.batchId,
      redemption.lotId,
      redemption.last,
      redemption.requestId,
      redemption.arrearsPaid,
      redemption.redeemedAt,
    ],
  )
}

export async function findRedemption(tx: Tx, accountId: string, requestId: string): Promise<Redemption | undefined> {
  const [redemption] = await tx.query<Redemption>(
    {
      text: `select code_hash as "codeHash", batch_id as "batchId", lot_id as "lotId", last, request_id as "requestId",
          arrears_paid as "arrearsPaid", redeemed_at as "redeemedAt"
        from card_redemption where bucket = $1 and account_id = $2 and request_id = $3`,
    },
    [bucketOf(accountId), accountId, requestId],
  )
  return redemption
}

export async function hasRedeemed(tx: Tx, accountId: string, batchId: string): Promise<boolean> {
  const rows = await tx.query(
    { text: 'select 1 from card_redemption where bucket = $1 and account_id = $2 and batch_id = $3 limit 1' },
    [bucketOf(accountId), accountId, batchId],
  )
  return rows.length > 0
}

export type Guesses = { wrong: number; since: Temporal.Instant }

/** Locks an account's count of wrong codes, which begins anew where it began before an instant. */
export async function lockGuesses(tx: Tx, accountId: string, before: Temporal.Instant): Promise<Guesses> {
  const [guesses] = await tx.query<Guesses>(
    {
      text: `insert into card_guess as g (bucket, account_id, since, wrong) values ($1, $2, $3, 0)
        on conflict (bucket, account_id) do update set wrong = case when g.since <= $4 then 0 else g.wrong end
        returning wrong, since`,
    },
    [bucketOf(accountId), accountId, tx.now, before],
  )
  return guesses!
}

export async function noteGuess(tx: Tx, accountId: string): Promise<void> {
  await tx.query(
    {
      text: `update card_guess set since = case when wrong = 0 then $3 else since end, wrong = wrong + 1
        where bucket = $1 and account_id = $2`,
    },
    [bucketOf(accountId), accountId, tx.now],
  )
}

export type Card = {
  lotId: string
  amount: bigint
  remaining: bigint
  priority: number
  expiresAt: Temporal.Instant
  note: string | null
  /** The last letters of the code that it came from; null: it was given by staff. */
  code: string | null
  createdAt: Temporal.Instant
}
const CARD = `l.lot_id as "lotId", l.amount, l.remaining, l.priority, l.expires_at as "expiresAt", l.note, r.last as code, l.created_at as "createdAt"
  from lot l left join card_redemption r on r.bucket = l.bucket and r.account_id = l.account_id and r.lot_id = l.lot_id
  where l.bucket = $1 and l.account_id = $2 and l.kind = 'grant'`

/** The newest first, after the id `before`. */
export function readCards(tx: Tx, accountId: string, page: { before?: string; limit: number }): Promise<Card[]> {
  return tx.query<Card>(
    { text: `select ${CARD} and ($3::text is null or l.lot_id < $3) order by l.lot_id desc limit $4` },
    [bucketOf(accountId), accountId, page.before ?? null, page.limit],
  )
}

export async function readCard(tx: Tx, accountId: string, lotId: string): Promise<Card | undefined> {
  const [card] = await tx.query<Card>({ text: `select ${CARD} and l.lot_id = $3` }, [
    bucketOf(accountId),
    accountId,
    lotId,
  ])
  return card
}

/** A code of a batch, by what is kept of it. */
export type Code = { codeHash: string; last: string; accountId: string | null; redeemedAt: Temporal.Instant | null }

export function readCodes(tx: Tx, batchId: string, page: { after?: string; limit: number }): Promise<Code[]> {
  return tx.query<Code>(
    {
      text: `select code_hash as "codeHash", last, account_id as "accountId", redeemed_at as "redeemedAt" from card_code
        where batch_id = $1 and ($2::text is null or code_hash > $2) order by code_hash limit $3`,
    },
    [batchId, page.after ?? null, page.limit],
  )
}

export async function insertReminder(
  tx: Tx,
  reminder: { accountId: string; lotId: string; dueAt: Temporal.Instant },
): Promise<void> {
  await tx.query(
    {
      text: 'insert into card_reminder (bucket, account_id, lot_id, due_at) values ($1, $2, $3, $4) on conflict do nothing',
    },
    [bucketOf(reminder.accountId), reminder.accountId, reminder.lotId, reminder.dueAt],
  )
}

export async function findBucketsToRemind(tx: Tx): Promise<number[]> {
  const rows = await tx.query<{ bucket: number }>(
    { text: 'select distinct bucket from card_reminder where due_at <= $1 order by bucket' },
    [tx.now],
  )
  return rows.map(({ bucket }) => bucket)
}

export type Reminder = {
  accountId: string
  lotId: string
  currency: string
  remaining: bigint
  expiresAt: Temporal.Instant
}

/** Takes away what is due in a bucket; whoever does has it said. */
export function takeReminders(tx: Tx, bucket: number): Promise<Reminder[]> {
  return tx.query<Reminder>(
    {
      text: `delete from card_reminder r using lot l, wallet w
        where r.bucket = $1 and r.due_at <= $2 and l.bucket = r.bucket and l.account_id = r.account_id and l.lot_id = r.lot_id
          and w.bucket = r.bucket and w.account_id = r.account_id
        returning r.account_id as "accountId", r.lot_id as "lotId", w.currency, l.remaining, l.expires_at as "expiresAt"`,
    },
    [bucket, tx.now],
  )
}
