import type { Books } from './stage.ts'
import { START } from './stage.ts'
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
  withoutIndexes,
  type Group,
} from './world.ts'

export type BillGroup = Group & { keys: number }

/**
 * Accounts in which `keys` resources, each of a key of its own, ran for `days` days up to START, deducted day by day and attributed
 * once: a bill line a day and key. Answers how many lines.
 */
export async function openBills({ app, database }: Books, groups: readonly BillGroup[], days: number): Promise<number> {
  const first = START.subtract({ hours: 24 * days })
  await publishPrices(app)
  await withoutIndexes(database, ['bill_line', 'draw'], async () => {
    for (const group of groups) {
      await openAccounts(database, group, first)
      await addSpans(app, group, 0, group.keys - 1, first)
      await writeHistory(database, group, days)
    }
  })
  return groups.reduce((sum, { first, last, keys }) => sum + (last - first + 1) * keys * days, 0)
}

async function writeHistory(database: Books['database'], group: BillGroup, days: number): Promise<void> {
  const { keys, projects } = group
  const used = RATE * 86_400n
  const { project, user, sku } = keyOf(group)
  const bulk = (text: string) => inLanes(database, group, text)
  // Days and instants of a year without changes of the clock: a local day is 24 hours.
  const day = `date '${START.toZonedDateTimeISO('Asia/Shanghai').toPlainDate().subtract({ days })}' + d`
  const instant = (d: string) => `(timestamptz '${START.subtract({ hours: 24 * days })}' + ${d} * interval '24 hours')`
  const eachDay = `cross join lateral (select d from generate_series(0 * a.bucket, ${days - 1}) d) d`
  const eachLine = `${eachDay} cross join lateral (select n from generate_series(0 * d.d, ${keys - 1}) n) n`
  // A stand-in for the id that attribution derives: as long, and as far from any order.
  const lineId = `'line_' || substr(md5(account_id || '/' || d || '/' || n), 1, 26)`
  const spent = used * BigInt(keys * days)
  const drawSeq = days + 2

  await bulk(
    `insert into posting (bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at)
      select bucket, account_id, 2 + d, 'use', 'unattributed', 'revenue', ${used * BigInt(keys)}, ${instant('d')}, ${instant('(d + 1)')},
        ${instant('(d + 1)')}, ${instant('(d + 1)')}
      from ${ACCOUNTS} ${eachDay}`,
  )
  await bulk(
    `insert into posting (bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at)
      select bucket, account_id, ${drawSeq}, 'draw', 'lot:' || ${id('lot', 'i')}, 'unattributed', ${spent}, ${instant('0')},
        '${START}', '${START}', '${START}'
      from ${ACCOUNTS}`,
  )
  await bulk(
    `insert into bill_line (bucket, account_id, line_id, day, project_id, user_id, kind, sku, amount, cash, granted, unpaid)
      select bucket, account_id, ${lineId}, ${day}, ${project}, ${user}, 'job', ${sku}, ${used}, ${used}, 0, 0
      from ${ACCOUNTS} ${eachLine}`,
  )
  await bulk(
    `insert into bill_day (bucket, account_id, day, project_id, kind, amount, cash, granted, unpaid)
      select bucket, account_id, ${day}, ${id('proj', 'i * 1000 + p')}, 'job', amount, amount, 0, 0
      from ${ACCOUNTS} ${eachDay} cross join lateral (
        select p, ${used} * (${keys} / ${projects} + (p < ${keys % projects})::int) as amount from generate_series(0 * d.d, ${projects - 1}) p
      ) p`,
  )
  await bulk(
    `insert into draw (bucket, account_id, seq, line_id, lot_id, amount, why, used_to, at)
      select bucket, account_id, ${drawSeq}, ${lineId}, ${id('lot', 'i')}, ${used}, 'use', '${START}', '${START}'
      from ${ACCOUNTS} ${eachLine}`,
  )
  await bulk(
    `update lot l set remaining = ${FUNDS - spent} from ${ACCOUNTS} where l.bucket = a.bucket and l.account_id = a.account_id`,
  )
  await bulk(
    `update wallet w set balance = ${FUNDS - spent}, last_seq = ${drawSeq}, settled_at = '${START}', attributed_at = '${START}',
        seen_at = '${START}'
      from ${ACCOUNTS} where w.bucket = a.bucket and w.account_id = a.account_id`,
  )
}
