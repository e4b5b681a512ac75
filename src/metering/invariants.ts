import { LOOKED_AT, secondsBetween, type Invariant } from '../ledger/index.ts'

/** Spans are whole, apart from each other and reported by a platform; the wallet's counters are their sums. */
export const meteringInvariants: readonly Invariant[] = [
  {
    name: 'wallet_rate_of_spans',
    meaning: "A wallet's rate is the sum of the rates of its open spans.",
    sql: `
      select bucket, account_id, sum(rate) as rate, sum(open) as open_spans
      from (
        select bucket, account_id, rate, 0 as open from wallet where ${LOOKED_AT}
        union all
        select bucket, account_id, 0, rate from usage_span where ${LOOKED_AT} and ended_at = 'infinity'
      ) side
      group by bucket, account_id
      having sum(rate) <> sum(open)`,
  },
  {
    name: 'wallet_accrued_of_spans',
    meaning:
      'With its rate, what a wallet has accrued makes the use of its spans since the last deduction, at any instant.',
    sql: `
      select w.bucket, w.account_id, w.accrued, coalesce(s.accrued, 0) as of_spans
      from (select * from wallet where ${LOOKED_AT}) w
      left join (
        select s.bucket, s.account_id, sum(s.rate * case
          when s.ended_at = 'infinity' then -${secondsBetween('w.settled_at', 'greatest(s.started_at, w.settled_at)')}
          else ${secondsBetween('greatest(s.started_at, w.settled_at)', 's.ended_at')} end) as accrued
        from (select bucket, account_id, settled_at from wallet where ${LOOKED_AT}) w
        join (select bucket, account_id, rate, started_at, ended_at from usage_span where ${LOOKED_AT}) s
          on s.bucket = w.bucket and s.account_id = w.account_id and s.ended_at > w.settled_at
        group by s.bucket, s.account_id
      ) s on s.bucket = w.bucket and s.account_id = w.account_id
      where w.accrued <> coalesce(s.accrued, 0)`,
  },
  {
    name: 'span_whole',
    meaning: 'A span has whole seconds at both ends, and at least one of them.',
    sql: `
      select bucket, account_id, span_id, started_at, ended_at
      from usage_span
      where ${LOOKED_AT}
        and (ended_at <= started_at or date_trunc('second', started_at) <> started_at
          or (ended_at <> 'infinity' and date_trunc('second', ended_at) <> ended_at))`,
  },
  {
    name: 'spans_apart',
    meaning: 'Two spans of one resource never overlap, so nothing is counted twice.',
    sql: `
      select bucket, account_id, source, subject, span_id, started_at, ended_at, next_started_at
      from (
        select bucket, account_id, source, subject, span_id, started_at, ended_at,
          lead(started_at) over (partition by bucket, account_id, source, subject order by started_at, ended_at) as next_started_at
        from usage_span where ${LOOKED_AT}
      ) span
      where next_started_at < ended_at`,
  },
  {
    name: 'span_reported',
    meaning:
      'Every span begins with an event of its resource in the same account: nothing is charged that no platform reported.',
    sql: `
      select s.bucket, s.account_id, s.span_id, s.source, s.subject, s.started_at
      from (select * from usage_span where ${LOOKED_AT}) s
      left join (
        select distinct bucket, account_id, source, subject, date_trunc('second', at) as at
        from usage_event where ${LOOKED_AT} and type in ('started', 'resized', 'running')
      ) e on e.bucket = s.bucket and e.account_id = s.account_id and e.source = s.source and e.subject = s.subject and e.at = s.started_at
      where e.at is null`,
  },
  {
    name: 'span_in_own_project',
    meaning: 'A span lies with the account that pays for its project.',
    sql: `
      select s.bucket, s.account_id, s.project_id, min(s.span_id) as span_id, count(*) as spans
      from (select bucket, account_id, project_id, span_id from usage_span where ${LOOKED_AT}) s
      left join (select bucket, account_id, project_id from project where ${LOOKED_AT}) p
        on p.bucket = s.bucket and p.account_id = s.account_id and p.project_id = s.project_id
      where p.project_id is null
      group by s.bucket, s.account_id, s.project_id`,
  },
  {
    name: 'command_of_running',
    meaning: 'What a platform is still asked to stop or delete runs: a run that has ended ends what was asked of it.',
    sql: `
      select c.bucket, c.account_id, c.command_id, c.source, c.subject, c.run
      from (select * from command where ${LOOKED_AT} and ended_at is null) c
      left join (select bucket, account_id, source, subject, run from usage_span where ${LOOKED_AT} and ended_at = 'infinity') s
        on s.bucket = c.bucket and s.account_id = c.account_id and s.subject = c.subject and s.source = c.source and s.run = c.run
      where s.run is null`,
  },
]
