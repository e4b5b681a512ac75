import { dayOfInstant, dayStart, LOOKED_AT, secondsBetween, type Invariant } from '../ledger/index.ts'
import { fifoInvariant } from './fifo.ts'
import { EACH_KEY } from './monthStore.ts'

const KEY = `day, project_id, user_id, kind, sku`

// Spans cut at midnights, through the instant up to which their wallet is attributed.
const USE_BY_DAY = `
  select s.bucket, s.account_id, d.day::date as day, s.project_id, s.user_id, s.kind, s.sku, s.rate * ${secondsBetween(
    `greatest(s.started_at, ${dayStart('d.day')})`,
    `least(s.until, ${dayStart("d.day + interval '1 day'")})`,
  )} as used
  from (
    select s.*, least(s.ended_at, w.attributed_at) as until
    from (select * from usage_span where ${LOOKED_AT}) s
    join (select bucket, account_id, attributed_at from wallet where ${LOOKED_AT}) w
      on w.bucket = s.bucket and w.account_id = s.account_id and s.started_at < w.attributed_at
  ) s
  cross join lateral generate_series(
    ${dayOfInstant('s.started_at')}::timestamp, ${dayOfInstant("s.until - interval '1 second'")}::timestamp, interval '1 day'
  ) as d(day)`

// A posting's own ledger accounts as the lots that its draws must name; '' is nobody.
const lotOf = (name: string) => `case when ${name} = 'arrears' then '' else substr(${name}, 5) end`

/** Two reckonings of the same money, from rates and from spans, agree to the grain, and every draw has its posting, line and lot. */
export const settlementInvariants: readonly Invariant[] = [
  {
    name: 'deducted_is_use',
    meaning:
      'What was deducted, with late use still to be deducted, is the use of all spans through the last deduction.',
    sql: `
      select bucket, account_id, sum(deducted) as deducted, sum(late) as late, sum(used) as used
      from (
        select bucket, account_id, 0 as deducted, late, 0 as used from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, case when debit = 'unattributed' then amount else -amount end, 0, 0
        from posting where ${LOOKED_AT} and source in ('use', 'late')
        union all
        select s.bucket, s.account_id, 0, 0, s.rate * ${secondsBetween('s.started_at', 'least(s.ended_at, w.settled_at)')}
        from (select * from usage_span where ${LOOKED_AT}) s
        join (select bucket, account_id, settled_at from wallet where ${LOOKED_AT}) w
          on w.bucket = s.bucket and w.account_id = s.account_id and s.started_at < w.settled_at
      ) side
      group by bucket, account_id
      having sum(deducted) + sum(late) <> sum(used)`,
  },
  {
    name: 'use_deducted_once',
    meaning: 'No stretch of time is deducted twice, and no deduction reaches over midnight.',
    sql: `
      select bucket, account_id, seq, used_from, used_to, before
      from (
        select bucket, account_id, seq, used_from, used_to, max(used_to) over (
          partition by bucket, account_id order by seq rows between unbounded preceding and 1 preceding) as before
        from posting where ${LOOKED_AT} and source = 'use'
      ) use
      where used_from is null or used_to is null or used_from >= used_to or used_from < before
        or ${dayOfInstant('used_from')} <> ${dayOfInstant("used_to - interval '1 second'")}`,
  },
  {
    name: 'line_is_use',
    meaning:
      'A bill line is the use of its day and key through the last attribution, and its one-off charges. (A key that a late event marked waits for the next attribution.)',
    sql: `
      select bucket, account_id, ${KEY}, sum(billed) as billed, sum(used) as used
      from (
        select bucket, account_id, ${KEY}, amount as billed, 0 as used, 0 as marks from bill_line where ${LOOKED_AT}
        union all
        select bucket, account_id, ${KEY}, 0, amount, 0 from charge where ${LOOKED_AT}
        union all
        select bucket, account_id, ${KEY}, 0, 0, 1 from attribution_mark where ${LOOKED_AT}
        union all
        select bucket, account_id, ${KEY}, 0, used, 0 from (${USE_BY_DAY}) piece
      ) side
      group by bucket, account_id, ${KEY}
      having sum(marks) = 0 and sum(billed) <> sum(used)`,
  },
  {
    name: 'line_once',
    meaning: 'A day and key has one bill line.',
    sql: `
      select bucket, account_id, ${KEY}, count(*) as lines
      from bill_line
      where ${LOOKED_AT}
      group by bucket, account_id, ${KEY}
      having count(*) > 1`,
  },
  {
    name: 'line_is_draws',
    meaning: "A bill line's amount, cash, grants and unpaid part are the sums of its draws.",
    sql: `
      select bucket, account_id, line_id, sum(amount) as amount_off, sum(cash) as cash_off, sum(granted) as granted_off, sum(unpaid) as unpaid_off
      from (
        select bucket, account_id, line_id, amount, cash, granted, unpaid from bill_line where ${LOOKED_AT}
        union all
        select d.bucket, d.account_id, d.line_id, -d.amount, case when l.kind = 'cash' then -d.amount else 0 end,
          case when l.kind = 'grant' then -d.amount else 0 end, case when d.lot_id is null then -d.amount else 0 end
        from (select * from draw where ${LOOKED_AT}) d
        left join (select bucket, account_id, lot_id, kind from lot where ${LOOKED_AT}) l
          on l.bucket = d.bucket and l.account_id = d.account_id and l.lot_id = d.lot_id
      ) side
      group by bucket, account_id, line_id
      having sum(amount) <> 0 or sum(cash) <> 0 or sum(granted) <> 0 or sum(unpaid) <> 0`,
  },
  {
    name: 'line_in_own_project',
    meaning: 'A bill line and a charge lie with the account that pays for their project.',
    sql: `
      select b.bucket, b.account_id, b.project_id, min(b.id) as id, count(*) as rows
      from (
        select bucket, account_id, project_id, line_id as id from bill_line where ${LOOKED_AT}
        union all
        select bucket, account_id, project_id, charge_id from charge where ${LOOKED_AT}
      ) b
      left join (select bucket, account_id, project_id from project where ${LOOKED_AT}) p
        on p.bucket = b.bucket and p.account_id = b.account_id and p.project_id = b.project_id
      where p.project_id is null
      group by b.bucket, b.account_id, b.project_id`,
  },
  {
    name: 'day_is_lines',
    meaning: 'The daily roll-up that totals are read from is the sum of the bill lines.',
    sql: `
      select bucket, account_id, day, project_id, kind, sum(amount) as amount_off, sum(cash) as cash_off, sum(granted) as granted_off,
        sum(unpaid) as unpaid_off
      from (
        select bucket, account_id, day, project_id, kind, amount, cash, granted, unpaid from bill_day where ${LOOKED_AT}
        union all
        select bucket, account_id, day, project_id, kind, -amount, -cash, -granted, -unpaid from bill_line where ${LOOKED_AT}
      ) side
      group by bucket, account_id, day, project_id, kind
      having sum(amount) <> 0 or sum(cash) <> 0 or sum(granted) <> 0 or sum(unpaid) <> 0`,
  },
  {
    name: 'month_is_lines',
    meaning: 'The monthly roll-up is, by each of its keys, the sum of the bill lines of days that are over.',
    sql: `
      select bucket, account_id, month, keyed_by, key, kind, sum(amount) as amount_off, sum(cash) as cash_off, sum(granted) as granted_off,
        sum(unpaid) as unpaid_off
      from (
        select bucket, account_id, month, keyed_by, key, kind, amount, cash, granted, unpaid from bill_month where ${LOOKED_AT}
        union all
        select l.bucket, l.account_id, date_trunc('month', l.day)::date, k.keyed_by, k.key, l.kind, -l.amount, -l.cash, -l.granted, -l.unpaid
        from (select * from bill_line where ${LOOKED_AT}) l
        join (select bucket, account_id, attributed_at from wallet where ${LOOKED_AT}) w
          on w.bucket = l.bucket and w.account_id = l.account_id and l.day < ${dayOfInstant('w.attributed_at')}
        ${EACH_KEY}
      ) side
      group by bucket, account_id, month, keyed_by, key, kind
      having sum(amount) <> 0 or sum(cash) <> 0 or sum(granted) <> 0 or sum(unpaid) <> 0`,
  },
  {
    name: 'charge_posted',
    meaning: 'Every one-off charge has its one posting, and every such posting its charge.',
    sql: `
      select bucket, account_id, charge_id, sum(charges) as charges, sum(postings) as postings, min(amount) as amount, max(amount) as other_amount
      from (
        select bucket, account_id, charge_id, seq, amount, 1 as charges, 0 as postings from charge where ${LOOKED_AT}
        union all
        select bucket, account_id, source_id, seq, amount, 0, 1 from posting where ${LOOKED_AT} and source = 'charge'
      ) side
      group by bucket, account_id, charge_id
      having sum(charges) <> 1 or sum(postings) <> 1 or min(amount) <> max(amount) or min(seq) <> max(seq)`,
  },
  {
    name: 'draws_posted',
    meaning: 'The draws of a posting sum to it, lot by lot, and no draw lacks its posting.',
    sql: `
      select bucket, account_id, seq, nullif(lot_id, '') as lot_id, sum(posted) as posted, sum(drawn) as drawn
      from (
        select bucket, account_id, seq, coalesce(lot_id, '') as lot_id, 0 as posted, amount as drawn from draw where ${LOOKED_AT}
        union all
        select bucket, account_id, seq, ${lotOf('debit')}, amount, 0
        from posting where ${LOOKED_AT} and source in ('draw', 'undraw', 'repay') and (debit = 'arrears' or debit like 'lot:%')
        union all
        select bucket, account_id, seq, ${lotOf('credit')}, -amount, 0
        from posting where ${LOOKED_AT} and source in ('draw', 'undraw', 'repay') and (credit = 'arrears' or credit like 'lot:%')
      ) side
      group by bucket, account_id, seq, lot_id
      having sum(posted) <> sum(drawn)`,
  },
  {
    name: 'draw_in_own_books',
    meaning: "A draw's line and lot are of its own account.",
    sql: `
      select d.bucket, d.account_id, d.seq, d.line_id, d.lot_id, d.amount
      from (select * from draw where ${LOOKED_AT}) d
      left join (select bucket, account_id, line_id from bill_line where ${LOOKED_AT}) b
        on b.bucket = d.bucket and b.account_id = d.account_id and b.line_id = d.line_id
      left join (select bucket, account_id, lot_id from lot where ${LOOKED_AT}) l
        on l.bucket = d.bucket and l.account_id = d.account_id and l.lot_id = d.lot_id
      where b.line_id is null or (d.lot_id is not null and l.lot_id is null)`,
  },
  {
    name: 'lot_is_draws',
    meaning: 'What is gone from a lot was drawn for bill lines or expired.',
    sql: `
      select bucket, account_id, lot_id, sum(gone) as gone, sum(drawn) as drawn
      from (
        select bucket, account_id, lot_id, amount - remaining - expired as gone, 0 as drawn from lot where ${LOOKED_AT}
        union all
        select bucket, account_id, lot_id, 0, amount from draw where ${LOOKED_AT} and lot_id is not null
      ) side
      group by bucket, account_id, lot_id
      having sum(gone) <> sum(drawn)`,
  },
  {
    name: 'grant_pays_before_expiry',
    meaning: 'A grant pays for no use after its expiry.',
    sql: `
      select d.bucket, d.account_id, d.seq, d.line_id, d.lot_id, d.amount, d.used_to, l.expires_at
      from (select * from draw where ${LOOKED_AT} and why = 'use' and amount > 0) d
      join (select * from lot where ${LOOKED_AT} and expires_at is not null) l
        on l.bucket = d.bucket and l.account_id = d.account_id and l.lot_id = d.lot_id
      where d.used_to > date_trunc('second', l.expires_at)`,
  },
  fifoInvariant,
  {
    name: 'arrears_unpaid',
    meaning: "A wallet's arrears are the unpaid parts of its bill lines.",
    sql: `
      select bucket, account_id, sum(arrears) as arrears, sum(unpaid) as unpaid
      from (
        select bucket, account_id, arrears, 0 as unpaid from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, unpaid from bill_line where ${LOOKED_AT} and unpaid <> 0
      ) side
      group by bucket, account_id
      having sum(arrears) <> sum(unpaid)`,
  },
  {
    name: 'arrears_without_money',
    meaning: 'An account is in arrears only when no usable lot of it has money.',
    sql: `
      select w.bucket, w.account_id, w.arrears, min(l.lot_id) as lot_id, sum(l.remaining) as remaining
      from (select * from wallet where ${LOOKED_AT} and arrears > 0) w
      join (select * from lot where ${LOOKED_AT} and remaining > 0 and expired_at is null) l
        on l.bucket = w.bucket and l.account_id = w.account_id and (l.expires_at is null or date_trunc('second', l.expires_at) > w.attributed_at)
      group by w.bucket, w.account_id, w.arrears`,
  },
  {
    name: 'balance_is_lots',
    meaning: 'A balance is what is left of the lots, less arrears, less what was deducted and is not attributed yet.',
    sql: `
      select bucket, account_id, sum(balance) as balance, sum(lots) as lots, sum(arrears) as arrears, sum(deducted) as deducted, sum(drawn) as drawn
      from (
        select bucket, account_id, balance, 0 as lots, arrears, 0 as deducted, 0 as drawn from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, remaining, 0, 0, 0 from lot where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, 0, 0, case when debit = 'unattributed' then amount else -amount end, 0
        from posting where ${LOOKED_AT} and source in ('use', 'late', 'charge')
        union all
        select bucket, account_id, 0, 0, 0, 0, amount from draw where ${LOOKED_AT}
      ) side
      group by bucket, account_id
      having sum(balance) <> sum(lots) - sum(arrears) - (sum(deducted) - sum(drawn))`,
  },
]
