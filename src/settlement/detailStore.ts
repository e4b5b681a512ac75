import { instantOf, startOfDay, type Row, type Tx, type Value } from '../base/index.ts'
import type { BillFilter, BillSource } from './billFilter.ts'
import { collect, matches, matchesDays } from './billStore.ts'
import { dateOf } from './calendar.ts'

/** A span or a one-off charge as the detailed bill reads it. Instants are seconds since the epoch. */
export type DetailSource = {
  type: 'use' | 'charge'
  id: string
  key: string
  source: string | null
  subject: string | null
  run: number | null
  startedAt: number
  /** Null: it runs. */
  endedAt: number | null
  priceId: string | null
  /** Grains a second; null: a charge. */
  rate: bigint | null
  /** Of a charge: the day it stands on (days since 1970-01-01), and its grains. */
  day: number | null
  amount: bigint | null
}

/** A bill line without its own id. */
export type DetailLine = {
  /** Days since 1970-01-01. */
  day: number
  key: string
  amount: bigint
  granted: bigint
  cash: bigint
}

// One text of four, which a reader takes apart once for all rows of the same key. No id and no SKU has a control
// character.
const KEY = `concat_ws(E'\\t', project_id, user_id, kind, sku)`
// As a number: a Temporal value takes a microsecond to read, and there are many.
const DAY = `day - date '1970-01-01'`
// One sort of the spans and nothing else: it is all that keeps the first row waiting.
const SETTINGS = 'set local jit = off; set local cursor_tuple_fraction = 1'
const ROWS = 1000

/**
 * The spans that began before `before` and the charges of one account, in order of start, type and id, by the thousand.
 */
export async function* readDetailSources(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  before: number,
): AsyncGenerator<DetailSource[]> {
  const values: Value[] = []
  const add = collect(values)
  const mine = matches(source, filter, add)
  const from = filter.from && startOfDay(filter.from, tx.timeZone)
  const after = from ? `and ended_at > ${add(from)}::timestamptz` : ''
  const rows = readByCursor<{ row: string }>(
    tx,
    'detail_sources',
    // Sorted inside, so that what is written outside is written row by row as they are fetched. What is null is left
    // out.
    `select concat_ws(E'\\t', type, project_id, user_id, kind, sku, date_part('epoch', started_at), date_part('epoch', ended_at),
          source, subject, run, price_id, rate, ${DAY}, amount, id) as row
      from (
        select 'use' as type, span_id as id, project_id, user_id, kind, sku, source, subject, run, started_at, ended_at, price_id, rate,
          null::date as day, null::bigint as amount
        from usage_span where ${mine} and started_at < ${add(instantOf(before))}::timestamptz ${after}
        union all
        select 'charge', charge_id, project_id, user_id, kind, sku, null, null, null, at, at, null, null, day, amount
        from charge where ${mine} and ${matchesDays(filter, add)}
        order by started_at, type, id
      ) detail
      order by started_at, type, id`,
    values,
  )
  for await (const batch of rows) yield batch.map(({ row }) => toSource(row))
}

// One text a row: to read its fifteen columns one by one takes pg 2.5 microseconds, to split it 0.7. No text of the
// books has a control character and so none a tab, but perhaps the id of a charge, which comes last.
function toSource(row: string): DetailSource {
  const parts = row.split('\t')
  const [type, projectId, userId, kind, sku, startedAt, endedAt] = parts as [Text, Text, Text, Text, Text, Text, Text]
  const common = { key: `${projectId}\t${userId}\t${kind}\t${sku}`, startedAt: Number(startedAt) }
  if (type === 'charge') {
    const [day, amount, ...id] = parts.slice(7) as [Text, Text, ...Text[]]
    return {
      ...CHARGE,
      ...common,
      id: id.join('\t'),
      endedAt: common.startedAt,
      day: Number(day),
      amount: BigInt(amount),
    }
  }
  const [source, subject, run, priceId, rate, id] = parts.slice(7) as [Text, Text, Text, Text, Text, Text]
  return {
    type: 'use',
    id,
    ...common,
    source,
    subject,
    run: Number(run),
    endedAt: endedAt === 'Infinity' ? null : Number(endedAt),
    priceId,
    rate: BigInt(rate),
    day: null,
    amount: null,
  }
}
type Text = string
const CHARGE = { type: 'charge', source: null, subject: null, run: null, priceId: null, rate: null } as const

/** The bill lines of a filter in order of their days, by the thousand. */
export async function* readDetailLines(tx: Tx, source: BillSource, filter: BillFilter): AsyncGenerator<DetailLine[]> {
  const values: Value[] = []
  const add = collect(values)
  const conditions = `${matches(source, filter, add)} and ${matchesDays(filter, add)}`
  yield* readByCursor<Row & DetailLine>(
    tx,
    'detail_lines',
    `select ${DAY} as day, ${KEY} as key, amount, granted, cash from bill_line where ${conditions} order by bill_line.day`,
    values,
  )
}

/** The ids of an account's lines on some days, with their keys. */
export function readLineIds(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  days: readonly number[],
): Promise<{ lineId: string; day: number; key: string }[]> {
  const values: Value[] = []
  const add = collect(values)
  return tx.query(
    {
      text: `select line_id as "lineId", ${DAY} as day, ${KEY} as key from bill_line
        where ${matches(source, filter, add)} and day = any(${add(days.map(dateOf))}::date[]) order by line_id`,
    },
    values,
  )
}

/**
 * Reads any number of rows in the memory of two thousand: the next thousand is on its way while one is worked on.
 * Belongs into a snapshot, in which no other open cursor has this name.
 */
async function* readByCursor<R extends Row>(tx: Tx, name: string, text: string, values: Value[]): AsyncGenerator<R[]> {
  await tx.query({ text: SETTINGS })
  await tx.query({ text: `declare ${name} no scroll cursor for ${text}` }, values)
  const fetch = () => {
    const page = tx.query<R>({ text: `fetch ${ROWS} from ${name}` })
    // Its failure is told to who reads it.
    page.catch(() => {})
    return page
  }
  let next = fetch()
  try {
    for (;;) {
      const rows = await next
      const isLast = rows.length < ROWS
      if (!isLast) next = fetch()
      if (rows.length > 0) yield rows
      if (isLast) return
    }
  } finally {
    // After a failure there is no transaction to close it in.
    await next.then(
      () => tx.query({ text: `close ${name}` }),
      () => {},
    )
  }
}
