import { LOOKED_AT, type Invariant } from '../../ledger/index.ts'

/** Of the account that has a code, which itself lies elsewhere. */
const BUCKET = `(get_byte(sha256(account_id::bytea), 0) << 2) + (get_byte(sha256(account_id::bytea), 1) >> 6)`

/** A redeemed code is one card, and a batch gives no more than was issued. */
export const cardInvariants: readonly Invariant[] = [
  {
    name: 'code_redeemed_once',
    meaning: 'Every redeemed code is written down once with the account that has it, and nothing else is.',
    // The two sides lie in different buckets: they are added up, not joined.
    sql: `
      select min(bucket) as bucket, min(account_id) as account_id, max(account_id) as other_account_id, code_hash,
        sum(codes) as codes, sum(redemptions) as redemptions
      from (
        select ${BUCKET} as bucket, account_id, batch_id, code_hash, 1 as codes, 0 as redemptions from card_code
        where redeemed_at is not null and ($3::text[] is null or account_id = any($3::text[]))
        union all
        select bucket, account_id, batch_id, code_hash, 0, 1 from card_redemption where ${LOOKED_AT}
      ) side
      group by code_hash
      having sum(codes) <> 1 or sum(redemptions) <> 1 or min(account_id) <> max(account_id) or min(batch_id) <> max(batch_id)`,
  },
  {
    name: 'card_redeemed_as_issued',
    meaning: "A redeemed code's lot is a card of its account, of its batch's amount, currency and expiry.",
    sql: `
      select r.bucket, r.account_id, r.lot_id, r.batch_id, l.kind, l.channel, l.amount, b.amount as issued
      from (select * from card_redemption where ${LOOKED_AT}) r
      left join lot l on l.bucket = r.bucket and l.account_id = r.account_id and l.lot_id = r.lot_id
      left join wallet w on w.bucket = r.bucket and w.account_id = r.account_id
      left join card_batch b on b.batch_id = r.batch_id
      where (l.kind = 'grant' and l.channel = 'card' and l.amount = b.amount and w.currency = b.currency
        and l.expires_at = coalesce(b.expires_at, r.redeemed_at + b.valid_days * interval '24 hours')
        and r.arrears_paid <= l.amount) is not true`,
  },
  {
    name: 'card_limit_kept',
    meaning: 'Of a batch that gives one card an account, no account has two.',
    sql: `
      select r.bucket, r.account_id, r.batch_id, count(*) as cards
      from (select * from card_redemption where ${LOOKED_AT}) r
      join card_batch b on b.batch_id = r.batch_id
      where b.once_per_account
      group by r.bucket, r.account_id, r.batch_id
      having count(*) > 1`,
  },
  {
    name: 'card_batch_counted',
    meaning: 'A batch has as many codes as it was issued with.',
    sql: `
      select null::integer as bucket, null::text as account_id, batch_id, sum(issued) as issued, sum(codes) as codes
      from (
        select batch_id, count as issued, 0 as codes from card_batch
        union all
        select batch_id, 0, 1 from card_code
      ) side
      group by batch_id
      having sum(issued) <> sum(codes)`,
  },
  {
    name: 'card_reminder_due',
    meaning: 'A reminder is about a card of its account, 7 days before it expires.',
    sql: `
      select r.bucket, r.account_id, r.lot_id, r.due_at, l.expires_at
      from (select * from card_reminder where ${LOOKED_AT}) r
      left join lot l on l.bucket = r.bucket and l.account_id = r.account_id and l.lot_id = r.lot_id
      where (l.kind = 'grant' and l.expires_at - interval '168 hours' = r.due_at) is not true`,
  },
]
