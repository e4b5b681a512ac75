import { query, SYSTEM, transact, type App, type Database, type Value } from '../src/base/index.ts'
import { loadPrices, priceAt, publishPriceList } from '../src/pricing/index.ts'
import { START } from './stage.ts'

// The only place where books are written around the engine: it would take hours for the volumes. What is written here is
// what the engine would have written, and is audited at small volume.

/** Four CPUs at 0.05 an hour, in grains per second. */
export const RATE = 200_000n
export const QUANTITY = { cpu: '4' }
/** Cash of each account: ten million yuan. */
export const FUNDS = 36_000_000_000_000_000n

/** A range of accounts and how their use is keyed: the n-th resource of an account cycles through projects, users, queues. */
export type Group = { first: number; last: number; projects: number; users: number; queues: number }

const LANES = [
  [0, 511],
  [512, 1023],
] as const

/** SQL for an id: the prefix and a serial in the place of the ULID. */
export const id = (prefix: string, serial: string) => `'${prefix}_' || lpad((${serial})::text, 26, '0')`
const SERIAL = `substr(account_id, 6)::bigint`
/** SQL: accounts of a group in the order of their keys, in which indexes are filled fastest, with their serials `i`. */
export const ACCOUNTS = `(select bucket, account_id, ${SERIAL} as i from account
  where bucket between $1 and $2 and ${SERIAL} between $3 and $4 order by bucket, account_id) a`

export function accountId(serial: number): string {
  return `acct_${String(serial).padStart(26, '0')}`
}
export function projectId(serial: number, n: number): string {
  return `proj_${String(serial * 1000 + n).padStart(26, '0')}`
}
export function userId(serial: number, n: number): string {
  return `user_${String(serial * 1000 + n).padStart(26, '0')}`
}

/** SQL: project, user and SKU of the n-th resource of account `i`. */
export function keyOf({ projects, users, queues }: Group, n = 'n'): { project: string; user: string; sku: string } {
  return {
    project: id('proj', `a.i * 1000 + ${n} % ${projects}`),
    user: id('user', `a.i * 1000 + ${n} / ${projects} % ${users}`),
    sku: `'queue:q' || ${n} / ${projects * users} % ${queues}`,
  }
}

/** Runs one statement over two ranges of buckets ($1 to $2) at once; $3 and $4 are the group's accounts. */
export async function inLanes(database: Database, group: Group, text: string, values: Value[] = []): Promise<void> {
  const { first, last } = group
  await Promise.all(LANES.map((lane) => query(database.pool, { text }, [...lane, first, last, ...values])))
}

/** Publishes one price for every queue. */
export async function publishPrices(app: App): Promise<void> {
  const queues = { '*': { cpu_hour: '0.05' } }
  await transact(app, SYSTEM, (tx) =>
    publishPriceList(tx, { currency: 'CNY', effective_at: '2024-01-01T00:00:00Z', queues }),
  )
}

/** Opens accounts with users, projects, a wallet and one lot of cash each; the wallet is settled through `at`. */
export async function openAccounts(database: Database, group: Group, at = START): Promise<void> {
  const { first, last, projects, users } = group
  // In order of opening, as accounts come, not in order of their keys.
  await query(
    database.pool,
    {
      text: `insert into account (bucket, account_id, name, currency, created_at)
        select (get_byte(sha256(account_id::bytea), 0) << 2) + (get_byte(sha256(account_id::bytea), 1) >> 6), account_id,
          'Account ' || i, 'CNY', $3
        from (select i, ${id('acct', 'i')} as account_id from generate_series($1::bigint, $2) i) a order by i`,
    },
    [first, last, at],
  )
  const bulk = (text: string, values: Value[] = []) => inLanes(database, group, text, values)
  await bulk(
    `insert into users select bucket, account_id, ${id('user', 'i * 1000 + n')}, 'User ' || n, null, $5::timestamptz
      from ${ACCOUNTS} cross join generate_series(0, ${users - 1}) n`,
    [at],
  )
  await bulk(
    `insert into project select bucket, account_id, ${id('proj', 'i * 1000 + n')}, 'Project ' || n, $5::timestamptz, null
      from ${ACCOUNTS} cross join generate_series(0, ${projects - 1}) n`,
    [at],
  )
  await bulk(
    `insert into member select bucket, account_id, ${id('proj', 'i * 1000 + p')}, ${id('user', 'i * 1000 + u')},
        case when u = 0 then 'creator' else 'member' end, $5::timestamptz, null
      from ${ACCOUNTS} cross join generate_series(0, ${projects - 1}) p cross join generate_series(0, ${users - 1}) u`,
    [at],
  )
  await bulk(
    `insert into posting (bucket, account_id, seq, source, source_id, debit, credit, amount, used_from, used_to, at, recorded_at)
      select bucket, account_id, 1, 'credit', 'opening', 'gateway:bench', 'lot:' || ${id('lot', 'i')}, ${FUNDS}, t, t, t, t
      from ${ACCOUNTS} cross join (select $5::timestamptz as t) t`,
    [at],
  )
  await bulk(
    `insert into lot (bucket, account_id, lot_id, kind, payment_id, channel, amount, remaining, seq, created_at)
      select bucket, account_id, ${id('lot', 'i')}, 'cash', 'opening', 'bench', ${FUNDS}, ${FUNDS}, 1, $5 from ${ACCOUNTS}`,
    [at],
  )
  await query(
    database.pool,
    {
      text: `insert into wallet (bucket, account_id, currency, balance, settled_at, attributed_at, seen_at, last_seq)
        select bucket, account_id, 'CNY', ${FUNDS}, $3, $3, $3, 1 from account where ${SERIAL} between $1 and $2 order by ${SERIAL}`,
    },
    [first, last, at],
  )
}

/** Lets the resources `from` to `to` of each account run from `at`, the instant through which the wallets are settled. */
export async function addSpans(app: App, group: Group, from: number, to: number, at = START): Promise<void> {
  const { database } = app
  const priceId = await transact(app, SYSTEM, async (tx) => {
    return priceAt(await loadPrices(tx, 'CNY'), 'queue:q0', tx.now)!.priceId
  })
  const { project, user, sku } = keyOf(group)
  const resources = `${ACCOUNTS} cross join lateral (select n from generate_series(${from} + 0 * a.bucket, ${to}) n) n`
  const subject = `'job-' || lpad((i * 1000000 + n)::text, 14, '0')`
  await inLanes(
    database,
    group,
    `insert into usage_event (bucket, account_id, source, event_id, subject, run, type, at, project_id, user_id, kind, sku, price_id,
        quantity, seq, recorded_at)
      select bucket, account_id, 'bench', 'start-' || ${subject}, ${subject}, 1, 'started', $5::timestamptz, ${project}, ${user},
        'job', ${sku}, $6, '${JSON.stringify(QUANTITY)}', 1, $5
      from ${resources}`,
    [at, priceId],
  )
  await inLanes(
    database,
    group,
    `insert into usage_span (bucket, account_id, span_id, source, subject, run, project_id, user_id, kind, sku, price_id, quantity,
        rate, started_at)
      select bucket, account_id, ${id('span', 'i * 1000000 + n')}, 'bench', ${subject}, 1, ${project}, ${user}, 'job', ${sku}, $6,
        '${JSON.stringify(QUANTITY)}', ${RATE}, $5::timestamptz
      from ${resources}`,
    [at, priceId],
  )
  await inLanes(
    database,
    group,
    `update wallet set rate = rate + ${RATE} * ${to - from + 1}
      where bucket between $1 and $2 and ${SERIAL} between $3 and $4`,
  )
}

/** Fills tables without their indexes and builds these afterwards as they were: for many millions of rows a third less work. */
export async function withoutIndexes(
  database: Database,
  tables: readonly string[],
  fill: () => Promise<void>,
): Promise<void> {
  const indexes = await query<{ away: string; back: string }>(
    database.pool,
    {
      text: `select case when c.oid is null then format('drop index %I', i.indexrelid::regclass)
            else format('alter table %I drop constraint %I', i.indrelid::regclass, c.conname) end as away,
          case when c.oid is null then pg_get_indexdef(i.indexrelid)
            else format('alter table %I add constraint %I %s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) end as back
        from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
        where i.indrelid::regclass::text = any($1::text[])`,
    },
    [tables],
  )
  for (const { away } of indexes) await query(database.pool, { text: away })
  await fill()
  for (const { back } of indexes) await query(database.pool, { text: back })
}

/** What autovacuum would have done by and by, and the journal on disk: so that neither falls into a measurement. */
export async function settleDown(database: Database): Promise<void> {
  const [tables] = await query<{ names: string }>(database.pool, {
    text: `select string_agg(quote_ident(relname), ', ') as names from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  })
  await database.pool.query(`vacuum analyze ${tables!.names}`)
  await database.pool.query('checkpoint')
}
