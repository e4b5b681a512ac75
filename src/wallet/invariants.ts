import { LOOKED_AT, type Invariant } from '../ledger/index.ts'

/** A ledger account that is part of the wallet, not of the platform. */
const own = (name: string) => `(${name} in ('unattributed', 'arrears') or ${name} like 'lot:%')`

/** A wallet and its lots are what the journal says, and its counters what they count. */
export const walletInvariants: readonly Invariant[] = [
  {
    name: 'wallet_opened',
    meaning: 'Every account has exactly one wallet, in its currency and its bucket.',
    sql: `
      select bucket, account_id, sum(accounts) as accounts, sum(wallets) as wallets, min(currency) as currency, max(currency) as other_currency
      from (
        select bucket, account_id, currency, 1 as accounts, 0 as wallets from account where ${LOOKED_AT}
        union all
        select bucket, account_id, currency, 0, 1 from wallet where ${LOOKED_AT}
      ) side
      group by bucket, account_id
      having sum(accounts) <> 1 or sum(wallets) <> 1 or min(currency) <> max(currency)`,
  },
  {
    name: 'wallet_balance_posted',
    meaning: "A wallet's balance is the sum of its postings.",
    sql: `
      select bucket, account_id, sum(balance) as balance, sum(posted) as posted
      from (
        select bucket, account_id, balance, 0 as posted from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, case when ${own('credit')} then amount else 0 end - case when ${own('debit')} then amount else 0 end
        from posting where ${LOOKED_AT} and ${own('credit')} <> ${own('debit')}
      ) side
      group by bucket, account_id
      having sum(balance) <> sum(posted)`,
  },
  {
    name: 'wallet_arrears_posted',
    meaning: "A wallet's arrears are what its postings took from nobody and not yet from a lot.",
    sql: `
      select bucket, account_id, sum(arrears) as arrears, sum(posted) as posted
      from (
        select bucket, account_id, arrears, 0 as posted from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, case when debit = 'arrears' then amount else -amount end
        from posting where ${LOOKED_AT} and 'arrears' in (debit, credit)
      ) side
      group by bucket, account_id
      having sum(arrears) <> sum(posted)`,
  },
  {
    name: 'wallet_last_seq',
    meaning: 'A wallet knows the number of its last posting.',
    sql: `
      select bucket, account_id, max(last_seq) as last_seq, max(posted) as posted
      from (
        select bucket, account_id, last_seq, 0 as posted from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, max(seq) from posting where ${LOOKED_AT} group by bucket, account_id
      ) side
      group by bucket, account_id
      having max(last_seq) <> max(posted)`,
  },
  {
    name: 'wallet_held',
    meaning: "A wallet's held money is the sum of its open holds.",
    sql: `
      select bucket, account_id, sum(held) as held, sum(open) as open_holds
      from (
        select bucket, account_id, held, 0 as open from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, amount from hold where ${LOOKED_AT} and ended_at is null
      ) side
      group by bucket, account_id
      having sum(held) <> sum(open)`,
  },
  {
    name: 'wallet_instants_ordered',
    meaning: 'Nothing is attributed that has not been deducted.',
    sql: `
      select bucket, account_id, attributed_at, settled_at
      from wallet
      where ${LOOKED_AT} and attributed_at > settled_at`,
  },
  {
    name: 'lot_posted',
    meaning: 'What is left of a lot, and what of it expired, is what the postings say.',
    sql: `
      select bucket, account_id, lot_id, sum(remaining) as remaining, sum(posted) as posted, sum(expired) as expired,
        sum(written_off) as written_off
      from (
        select bucket, account_id, lot_id, remaining, 0 as posted, expired, 0 as written_off from lot where ${LOOKED_AT}
        union all
        select bucket, account_id, substr(debit, 5), 0, -amount, 0, case when source = 'expiry' then amount else 0 end
        from posting where ${LOOKED_AT} and debit like 'lot:%'
        union all
        select bucket, account_id, substr(credit, 5), 0, amount, 0, 0
        from posting where ${LOOKED_AT} and credit like 'lot:%'
      ) side
      group by bucket, account_id, lot_id
      having sum(remaining) <> sum(posted) or sum(expired) <> sum(written_off)`,
  },
  {
    name: 'lot_credited_once',
    meaning: 'Every lot has exactly one credit, of its amount and from its channel, and every credit has its lot.',
    sql: `
      select bucket, account_id, lot_id, sum(lots) as lots, sum(credits) as credits, min(amount) as amount, max(amount) as other_amount,
        min(origin) as origin, max(origin) as other_origin, min(seq) as seq, max(seq) as other_seq
      from (
        select bucket, account_id, lot_id, 1 as lots, 0 as credits, amount, seq,
          case when kind = 'cash' then 'gateway:' || channel else 'promotion' end as origin
        from lot where ${LOOKED_AT}
        union all
        select bucket, account_id, substr(credit, 5), 0, 1, amount, seq, debit
        from posting where ${LOOKED_AT} and source = 'credit'
      ) side
      group by bucket, account_id, lot_id
      having sum(lots) <> 1 or sum(credits) <> 1 or min(amount) <> max(amount) or min(origin) <> max(origin) or min(seq) <> max(seq)`,
  },
  {
    name: 'payment_credited_once',
    meaning: 'A payment makes one lot.',
    sql: `
      select bucket, account_id, payment_id, count(*) as lots
      from lot
      where ${LOOKED_AT}
      group by bucket, account_id, payment_id
      having count(*) > 1`,
  },
  {
    name: 'grant_expired_in_time',
    meaning:
      'A grant is written off when everything before its expiry is attributed, not earlier and not later, and then nothing is left of it.',
    sql: `
      select l.bucket, l.account_id, l.lot_id, l.remaining, l.expires_at, l.expired_at, w.attributed_at
      from (select * from lot where ${LOOKED_AT} and expires_at is not null) l
      join (select * from wallet where ${LOOKED_AT}) w on w.bucket = l.bucket and w.account_id = l.account_id
      where case when l.expired_at is null then date_trunc('second', l.expires_at) <= w.attributed_at
        else l.remaining <> 0 or date_trunc('second', l.expires_at) > w.attributed_at end`,
  },
]
