import { query } from '../src/base/index.ts'
import { attribute } from '../src/settlement/index.ts'
import { START, type Books } from './stage.ts'
import {
  ACCOUNTS,
  FUNDS,
  id,
  inLanes,
  keyOf,
  openAccounts,
  publishPrices,
  QUANTITY,
  RATE,
  withoutIndexes,
  type Group,
} from './world.ts'

const DAYS = 31
const DAY_SECONDS = 86_400
const FIRST = START.subtract({ hours: 24 * DAYS })
const GROUP: Group = { first: 1, last: 1, projects: 20, users: 7, queues: 6 }
/** SQL: an instant so many seconds after the first. */
const at = (seconds: string) => `(timestamptz '${FIRST}' + ${seconds} * interval '1 second')`

/**
 * One account whose `spans` jobs ran from a minute to six hours within a month that is over, deducted day by day and
 * attributed.
 */
export async function openSpans(books: Books, spans: number): Promise<void> {
  const { app, database } = books
  await publishPrices(app)
  await openAccounts(database, GROUP, FIRST)
  await withoutIndexes(database, ['usage_event', 'usage_span'], () => writeSpans(books, spans))
  await deductDays(books)
  await attribute(app, START)
}

async function writeSpans({ database }: Books, spans: number): Promise<void> {
  const { project, user, sku } = keyOf(GROUP)
  const [price] = await query<{ id: string }>(database.pool, { text: 'select max(price_id) as id from price' })
  // Lengths and starts of no order, the same in every run.
  const chance = (salt: number) => `(('x' || substr(md5(n || '-${salt}'), 1, 7))::bit(28)::int)`
  const seconds = DAYS * DAY_SECONDS
  const runs = `${ACCOUNTS} cross join lateral (
      select n, start, least(start + 60 + ${chance(2)} % 21540, ${seconds}) as stop
      from (select n, ${chance(1)} % (${seconds} - 60) as start from generate_series(0 * a.bucket, ${spans - 1}) n) s) r`
  const subject = `'job-' || lpad(n::text, 9, '0')`
  const quantity = `'${JSON.stringify(QUANTITY)}'::jsonb`
  await inLanes(
    database,
    GROUP,
    `insert into usage_event (bucket, account_id, source, event_id, subject, run, type, at, project_id, user_id, kind, sku,
        price_id, quantity, seq, recorded_at)
      select bucket, account_id, 'bench', 'start-' || ${subject}, ${subject}, 1, 'started', ${at('start')}, ${project}, ${user},
        'job', ${sku}, '${price!.id}', ${quantity}, 1, ${at('start')}
      from ${runs}
      union all
      select bucket, account_id, 'bench', 'stop-' || ${subject}, ${subject}, 1, 'stopped', ${at('stop')}, null, null, null,
        null, null, null, 1, ${at('stop')}
      from ${runs}`,
  )
  await inLanes(
    database,
    GROUP,
    `insert into usage_span (bucket, account_id, span_id, source, subject, run, project_id, user_id, kind, sku, price_id,
        quantity, rate, started_at, ended_at)
      select bucket, account_id, ${id('span', 'n')}, 'bench', ${subject}, 1, ${project}, ${user}, 'job', ${sku},
        '${price!.id}', ${quantity}, ${RATE}, ${at('start')}, ${at('stop')}
      from ${runs}`,
  )
}

/** Each day's use, as the deduction would have caught it up. */
async function deductDays({ database }: Books): Promise<void> {
  const from = at(`d * ${DAY_SECONDS}`)
  const to = at(`(d + 1) * ${DAY_SECONDS}`)
  await query(database.pool, {
    text: `insert into posting (bucket, account_id, seq, source, source_id, debit, credit, amount, used_from, used_to, at,
        recorded_at)
      select bucket, account_id, 2 + d, 'use', null, 'unattributed', 'revenue', used, ${from}, ${to}, ${to}, ${to}
      from (
        select s.bucket, s.account_id, d,
          sum(s.rate * extract(epoch from least(s.ended_at, ${to}) - greatest(s.started_at, ${from}))::bigint)::bigint as used
        from usage_span s join generate_series(0, ${DAYS - 1}) d on s.started_at < ${to} and s.ended_at > ${from}
        group by s.bucket, s.account_id, d
      ) used`,
  })
  await query(database.pool, {
    text: `update wallet w set balance = ${FUNDS} - used, last_seq = ${DAYS + 1}, settled_at = '${START}', seen_at = '${START}'
      from (select bucket, account_id, sum(amount)::bigint as used from posting where source = 'use' group by 1, 2) u
      where w.bucket = u.bucket and w.account_id = u.account_id`,
  })
}
