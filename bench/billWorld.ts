import { query, type Database } from '../src/base/index.ts'
import { START, TIME_ZONE, type Books } from './stage.ts'
import {
  ACCOUNTS,
  addSpans,
  FUNDS,
  id,
  inLanes,
  keyOf,
  openAccounts,
  publishPrices,
  RATE,
  type Group,
} from './world.ts'

export type BillGroup = Group & { keys: number }

/** Tables of millions of rows: they get their indexes when they are full. */
const LARGE = ['bill_line', 'draw', 'bill_day', 'bill_month']

/**
 * Accounts in which `keys` resources, each of a key of its own, ran for `days` days up to START (less a second), deducted day by day and attributed
 * once: a bill line a day and key. Answers how many lines.
 */
export async function openBills({ app, database }: Books, groups: readonly BillGroup[], days: number): Promise<number> {
  const first = START.subtract({ hours: 24 * days })
  await publishPrices(app)
  const buildIndexes = await dropIndexes(database)
  for (const group of groups) {
    await openAccounts(database, group, first)
    await addSpans(app, group, 0, group.keys - 1, first)
    await writeBills(database, group, days)
    await writeMoney(database, group, days)
  }
  await buildIndexes()
  return groups.reduce((sum, { first, last, keys }) => sum + (last - first + 1) * keys * days, 0)
}

// Days and instants of a year without changes of the clock: a local day is 24 hours.
const firstDay = (days: number) => START.toZonedDateTimeISO(TIME_ZONE).toPlainDate().subtract({ days })
/** Through when it is deducted and attributed: the last day is not over, as in life, and so is in no month's roll-up. */
const END = START.subtract({ seconds: 1 })
const USED = RATE * 86_400n
/** SQL: what one key used on day `d`. */
const usedOn = (d: string, days: number) => `(${USED} - ${RATE} * (${d} = ${days - 1})::int)`

/** Buckets that are filled at once: few enough that sorting for an index stays in the processor's cache. */
const BLOCK = 16
const BUCKETS = 1024

/** Runs a statement for each block of buckets ($1 to $2) in turn, two at a time; $3 and $4 are the group's accounts. */
async function inBlocks(database: Database, { first, last }: Group, text: string): Promise<void> {
  const blocks = Array.from({ length: BUCKETS / BLOCK }, (_, n) => n * BLOCK).values()
  const lane = async () => {
    for (const from of blocks) await query(database.pool, { text }, [from, from + BLOCK - 1, first, last])
  }
  await Promise.all([lane(), lane()])
}

/** Lines, their draws and their roll-ups, day after day as they come in life: each day of an account is on another page. */
async function writeBills(database: Database, group: BillGroup, days: number): Promise<void> {
  const { project, user, sku } = keyOf(group)
  const bulk = (text: string) => inBlocks(database, group, text)
  const keys = `keys as materialized (
    select bucket, account_id, n, ${id('lot', 'i')} as lot_id, ${project} as project_id, ${user} as user_id, ${sku} as sku,
      substr(md5(account_id || n), 1, 16) as hash
    from ${ACCOUNTS} cross join lateral (select n from generate_series(0 * a.bucket, ${group.keys - 1}) n) n)`
  // The lateral use of d keeps the days outermost; "offset 0" keeps the planner from turning it round.
  const eachDay = (
    rows: string,
  ) => `(select d, date '${firstDay(days)}' + d as day, substr(md5(d::text), 1, 10) as hash from generate_series(0, ${days - 1}) d) d
    cross join lateral (select * from ${rows} where d.d >= 0 offset 0) k`
  const used = usedOn('d.d', days)
  // A stand-in for the id that attribution derives: as long, and a day's in no order.
  const lineId = `'line_' || d.hash || k.hash`

  await bulk(
    `with ${keys}
      insert into bill_line (bucket, account_id, line_id, day, project_id, user_id, kind, sku, amount, cash, granted, unpaid)
      select k.bucket, k.account_id, ${lineId}, d.day, k.project_id, k.user_id, 'job', k.sku, ${used}, ${used}, 0, 0 from ${eachDay('keys')}`,
  )
  await bulk(
    `with ${keys}
      insert into draw (bucket, account_id, seq, line_id, lot_id, amount, why, used_to, at)
      select k.bucket, k.account_id, ${days + 2}, ${lineId}, k.lot_id, ${used}, 'use', '${END}', '${END}' from ${eachDay('keys')}`,
  )
  await bulk(
    `with ${keys}, projects as materialized (
        select bucket, account_id, project_id, count(*) as keys from keys group by 1, 2, 3 order by 1, 2, 3)
      insert into bill_day (bucket, account_id, day, project_id, kind, amount, cash, granted, unpaid)
      select k.bucket, k.account_id, d.day, k.project_id, 'job', k.keys * ${used}, k.keys * ${used}, 0, 0 from ${eachDay('projects')}`,
  )
  await bulk(
    `with ${keys}, days as (select date '${firstDay(days)}' + d as day from generate_series(0, ${days - 2}) d),
        months as (select date_trunc('month', day)::date as month, count(*) as days from days group by 1),
        sums as (
          select month as at, bucket, account_id, month, keyed_by, key, ${USED} * count(*) * days as amount
          from keys cross join lateral (values ('project', project_id), ('user', user_id), ('sku', sku)) k(keyed_by, key) cross join months
          group by bucket, account_id, month, keyed_by, key, days
          union all
          select day, bucket, account_id, date_trunc('month', day)::date, 'day', day::text, amount
          from (select bucket, account_id, ${USED} * count(*) as amount from keys group by 1, 2) k cross join days
        )
      insert into bill_month (bucket, account_id, month, keyed_by, key, kind, amount, cash, granted, unpaid)
      select bucket, account_id, month, keyed_by, key, 'job', amount, amount, 0, 0 from sums
      order by at, bucket, account_id, keyed_by, key`,
  )
}

/** The journal of the same days, and what is left of the lot. */
async function writeMoney(database: Database, group: BillGroup, days: number): Promise<void> {
  const bulk = (text: string) => inLanes(database, group, text)
  const instant = (d: string) => `(timestamptz '${START.subtract({ hours: 24 * days })}' + ${d} * interval '24 hours')`
  const spent = RATE * (86_400n * BigInt(days) - 1n) * BigInt(group.keys)
  const drawSeq = days + 2
  await bulk(
    `insert into posting (bucket, account_id, seq, source, source_id, debit, credit, amount, used_from, used_to, at, recorded_at)
      select bucket, account_id, 2 + d, 'use', null, 'unattributed', 'revenue', ${group.keys} * ${usedOn('d', days)}, ${instant('d')},
        till, till, till
      from ${ACCOUNTS} cross join lateral (
        select d, least(${instant('(d + 1)')}, '${END}') as till from generate_series(0 * a.bucket, ${days - 1}) d) d
      union all
      select bucket, account_id, ${drawSeq}, 'draw', null, 'lot:' || ${id('lot', 'i')}, 'unattributed', ${spent}, ${instant('0')},
        '${END}', '${END}', '${END}'
      from ${ACCOUNTS}`,
  )
  await bulk(
    `update lot l set remaining = ${FUNDS - spent} from ${ACCOUNTS} where l.bucket = a.bucket and l.account_id = a.account_id`,
  )
  await bulk(
    `update wallet w set balance = ${FUNDS - spent}, last_seq = ${drawSeq}, settled_at = '${END}', attributed_at = '${END}', seen_at = '${END}'
      from ${ACCOUNTS} where w.bucket = a.bucket and w.account_id = a.account_id`,
  )
}

/** Drops the large tables' indexes; answers how to build them again as they were, each in one sorted pass. */
async function dropIndexes(database: Database): Promise<() => Promise<void>> {
  const large = LARGE.map((name) => `'${name}'`)
  const indexes = await query<{ drop: string; build: string; keep: string | null }>(database.pool, {
    text: `select case when c.oid is null then format('drop index %I', i.indexrelid::regclass)
          else format('alter table %I drop constraint %I', i.indrelid::regclass, c.conname) end as drop,
        pg_get_indexdef(i.indexrelid) as build,
        format('alter table %I add constraint', i.indrelid::regclass) || ' ' || c.conname || ' primary key using index ' || c.conname as keep
      from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
      where i.indrelid::regclass::text in (${large})
      order by array_position(array[${large}], i.indrelid::regclass::text)`,
  })
  for (const { drop } of indexes) await query(database.pool, { text: drop })
  return async () => {
    // First, while there is no index to look through.
    await twoAtOnce(
      database,
      LARGE.map((name) => `vacuum analyze ${name}`),
    )
    await twoAtOnce(
      database,
      indexes.map(({ build }) => build),
    )
    for (const { keep } of indexes) if (keep) await query(database.pool, { text: keep })
  }
}

async function twoAtOnce(database: Database, statements: readonly string[]): Promise<void> {
  const todo = statements.values()
  const lane = async () => {
    const client = await database.pool.connect()
    try {
      // Both processors are busy, so no helpers; and the journal's pages as they are: pressing them costs more than writing them.
      await client.query(
        `set maintenance_work_mem = '64MB'; set max_parallel_maintenance_workers = 0; set wal_compression = off`,
      )
      for (const text of todo) await client.query(text)
    } finally {
      client.release(true)
    }
  }
  await Promise.all([lane(), lane()])
}
