import { LOOKED_AT, type Invariant } from '../ledger/index.ts'

// Lots in the order in which they are used; a draw from no lot comes after all of them.
const NO_LOT = 2147483647
const RANKED = `
  select bucket, account_id, lot_id, date_trunc('second', expires_at) as expires_at, row_number() over (partition by bucket, account_id
    order by kind = 'cash', case when kind = 'grant' then priority end, expires_at,
      case when kind = 'grant' then lot_id end, seq, lot_id) as place
  from lot where ${LOOKED_AT}`

// What every lot held after each of its postings.
const LEVELS = `
  select bucket, account_id, lot_id, seq,
    sum(amount) over (partition by bucket, account_id, lot_id order by seq) as held,
    sum(amount) over (partition by bucket, account_id, lot_id order by seq rows between unbounded preceding and 1 preceding) as held_before
  from (
    select bucket, account_id, substr(debit, 5) as lot_id, seq, -amount as amount from posting where ${LOOKED_AT} and debit like 'lot:%'
    union all
    select bucket, account_id, substr(credit, 5), seq, amount from posting where ${LOOKED_AT} and credit like 'lot:%'
  ) move`

// The stretches of postings during which a lot had money: after from_seq, up to and with to_seq.
const STRETCHES = `
  select bucket, account_id, lot_id, seq as from_seq, coalesce(next_seq, 9223372036854775807) as to_seq
  from (
    select bucket, account_id, lot_id, seq, held, lead(seq) over (partition by bucket, account_id, lot_id order by seq) as next_seq
    from (${LEVELS}) level where (held > 0) <> (coalesce(held_before, 0) > 0)
  ) change
  where held > 0`

// Draws and repayments with the place of what they drew from, numbered in runs from the same lot. A lot is usable where
// it expires after the use that is paid for began.
const DRAWS = `
  select *, count(*) filter (where place is distinct from place_before) over (partition by bucket, account_id order by seq) as run
  from (
    select p.bucket, p.account_id, p.seq, p.debit, least(p.used_from, p.at) as at, coalesce(l.place, ${NO_LOT}) as place,
      lag(coalesce(l.place, ${NO_LOT})) over (partition by p.bucket, p.account_id order by p.seq) as place_before
    from (select * from posting where ${LOOKED_AT} and source in ('draw', 'repay')) p
    left join ranked l on l.bucket = p.bucket and l.account_id = p.account_id and 'lot:' || l.lot_id = p.debit
  ) drawn`

/**
 * Lots are used in their order. A stretch is held against whole runs of draws first: in right books there are about as
 * many as lots, so a year of an account costs a sort, not the product of its draws and lots.
 */
export const fifoInvariant: Invariant = {
  name: 'lots_in_order',
  meaning: 'No lot is drawn, and nothing is left unpaid, while a lot that comes before it had money and could be used.',
  sql: `
    with ranked as (${RANKED}), draws as (${DRAWS}),
    runs as (
      select bucket, account_id, run, min(seq) as first_seq, max(seq) as last_seq, min(at) as at, min(place) as place
      from draws group by bucket, account_id, run
    ),
    suspects as (
      select r.bucket, r.account_id, r.run, l.lot_id, l.expires_at, s.from_seq, s.to_seq
      from (${STRETCHES}) s
      join ranked l on l.bucket = s.bucket and l.account_id = s.account_id and l.lot_id = s.lot_id
      join runs r on r.bucket = s.bucket and r.account_id = s.account_id and r.place > l.place
        and s.from_seq < r.last_seq and s.to_seq >= r.first_seq and (l.expires_at is null or l.expires_at > r.at)
    )
    select d.bucket, d.account_id, d.seq, d.debit, s.lot_id as lot_with_money
    from suspects s
    join draws d on d.bucket = s.bucket and d.account_id = s.account_id and d.run = s.run
      and s.from_seq < d.seq and d.seq <= s.to_seq and (s.expires_at is null or s.expires_at > d.at)`,
}
