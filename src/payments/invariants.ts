import { LOOKED_AT, type Invariant } from '../ledger/index.ts'

const GATEWAYS = `('alipay', 'wechat', 'paypal')`

/** What holds of orders, payments and disputes, beside what the journal says of lots. */
export const paymentInvariants: readonly Invariant[] = [
  {
    name: 'payment_is_lot',
    meaning:
      "Every payment by a gateway has exactly one lot, of the same amount, and every gateway's lot has its payment.",
    sql: `
      select bucket, account_id, name, sum(paid) as paid, sum(lots) as lots, min(lot_id) as lot_id
      from (
        select bucket, account_id, channel || ':' || payment_id as name, lot_id, amount as paid, 0 as lots, 1 as n
        from payment where ${LOOKED_AT}
        union all
        select bucket, account_id, payment_id, lot_id, 0, amount, -1 from lot
        where ${LOOKED_AT} and kind = 'cash' and channel in ${GATEWAYS}
      ) side
      group by bucket, account_id, name
      having sum(paid) <> sum(lots) or sum(n) <> 0 or min(lot_id) <> max(lot_id)`,
  },
  {
    name: 'order_is_payments',
    meaning: 'What was credited for an order, and how much of it paid arrears, is that of its payments.',
    sql: `
      select bucket, account_id, order_id, sum(credited) as credited, sum(paid) as paid, sum(arrears) as arrears
      from (
        select bucket, account_id, order_id, credited, 0 as paid, arrears_paid as arrears from topup_order where ${LOOKED_AT}
        union all
        select bucket, account_id, order_id, 0, amount, -arrears_paid from payment where ${LOOKED_AT} and flag is distinct from 'settled'
        union all
        select p.bucket, p.account_id, p.order_id, 0, p.amount, -p.arrears_paid
        from (select * from payment where ${LOOKED_AT} and flag = 'settled') p
        join (select * from topup_order where ${LOOKED_AT}) o
          on o.bucket = p.bucket and o.account_id = p.account_id and o.order_id = p.order_id
      ) side
      group by bucket, account_id, order_id
      having sum(credited) <> sum(paid) or sum(arrears) <> 0`,
  },
  {
    name: 'payment_as_ordered',
    meaning:
      'A payment that nobody had to settle is what its order asked for, in amount and currency, and was credited in full.',
    sql: `
      select p.bucket, p.account_id, p.order_id, p.payment_id, p.paid, o.charged, p.amount, o.amount as ordered
      from (select * from payment where ${LOOKED_AT} and flag is distinct from 'settled') p
      join (select * from topup_order where ${LOOKED_AT}) o
        on o.bucket = p.bucket and o.account_id = p.account_id and o.order_id = p.order_id
      where p.channel <> o.channel or p.paid <> o.charged or p.paid_currency <> o.charged_currency
        or p.amount <> o.amount or p.currency <> o.currency`,
  },
  {
    name: 'payment_once',
    meaning: 'A payment is credited to one account only.',
    sql: `
      select min(bucket) as bucket, min(account_id) as account_id, channel, payment_id, count(*) as credits
      from payment where ${LOOKED_AT}
      group by channel, payment_id having count(*) > 1`,
  },
  {
    name: 'dispute_as_settled',
    meaning:
      'What staff settled by crediting was credited so, once and to that account; nothing else of a dispute was.',
    sql: `
      select max(bucket) as bucket, account_id, channel, payment_id, sum(settled) as settled, sum(paid) as paid
      from (
        select null::integer as bucket, credited_to as account_id, channel, payment_id, credited as settled, 0 as paid
        from dispute where state = 'credited' and ($3::text[] is null or credited_to = any($3::text[]))
        union all
        select bucket, account_id, channel, payment_id, 0, amount from payment where ${LOOKED_AT} and flag = 'settled'
      ) side
      group by account_id, channel, payment_id
      having sum(settled) <> sum(paid)`,
  },
  {
    name: 'dispute_not_credited',
    meaning:
      'A payment in dispute, or one whose dispute was rejected, is not credited; one told for two orders is, for the first.',
    sql: `
      select max(bucket) as bucket, max(account_id) as account_id, channel, payment_id, sum(disputed) as disputed
      from (
        select null::integer as bucket, null::text as account_id, channel, payment_id, 1 as disputed, 0 as paid
        from dispute where kind = 'payment' and state <> 'credited' and reason <> 'other_order'
        union all
        select bucket, account_id, channel, payment_id, 0, 1 from payment where ${LOOKED_AT}
      ) side
      group by channel, payment_id
      having sum(disputed) > 0 and sum(paid) > 0`,
  },
]
