import assert from 'node:assert/strict'
import { audit } from '../../src/audit/index.ts'
import { query, type App, type Row } from '../../src/base/index.ts'
import { total } from '../model/check.ts'
import { readBooks, readUse } from '../model/engine.ts'
import { truth, truthRate } from '../model/truth.ts'
import { ACCOUNTS, type Step } from './schedule.ts'

/**
 * All that must be the same however often the work was cut off. Not among it, because they may differ: ids and numbers
 * (lot, seq), in how many postings and draws a line was laid out, and when late use was booked (what is asked again at an older instant books it
 * sooner); the audit holds those against the rest.
 */
export async function wholeBooks(app: App): Promise<Record<string, unknown>> {
  const books: Record<string, unknown> = {}
  for (const { accountId } of ACCOUNTS) books[accountId] = await readBooks(app, accountId)
  for (const [name, text] of Object.entries(TABLES))
    books[name] = (await query(app.database.pool, { text })).map(asText)
  return books
}

const TABLES = {
  wallets: `select account_id, accrued, late, rate, settled_at, attributed_at, seen_at, held, arrears from wallet order by account_id`,
  credits: `select account_id, source, source_id, debit, amount, at from posting where source in ('credit', 'charge') order by account_id, source, source_id`,
  charges: `select account_id, charge_id, project_id, day, amount, at from charge order by account_id, charge_id`,
  expiries: `select p.account_id, l.payment_id, sum(p.amount) as amount from posting p
    join lot l on l.bucket = p.bucket and l.account_id = p.account_id and p.debit = 'lot:' || l.lot_id
    where p.source = 'expiry' group by 1, 2 order by 1, 2`,
  uses: `select account_id, used_from, used_to, amount, at from posting where source = 'use' order by account_id, used_to`,
  late: `select account_id, sum(case when credit = 'revenue' then amount else -amount end) as amount from posting where source = 'late'
    group by 1 order by 1`,
  events: `select account_id, event_id, subject, run, type, at, recorded_at from usage_event order by account_id, event_id`,
  spans: `select account_id, subject, run, project_id, user_id, sku, rate, quantity, started_at, ended_at from usage_span
    order by account_id, subject, started_at`,
  days: `select account_id, day, project_id, kind, amount, cash, granted, unpaid from bill_day where amount <> 0 order by 1, 2, 3, 4`,
  parked: `select event_id from parked_event`,
  marks: `select account_id, day, project_id, sku from attribution_mark order by 1, 2, 3, 4`,
}

/** Temporal values are compared by what they say. */
function asText(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Object ? JSON.stringify(value) : value]),
  )
}

/** Holds finished books against the audit, against a sum that knows only the steps, and each step's once. */
export async function assertRight(app: App, steps: readonly Step[]): Promise<void> {
  assert.deepEqual((await audit(app)).violations, [], 'the audit is clean')
  await assertOnce(app, steps)
  const end = steps.at(-1)!.at
  const deleted = new Map(steps.flatMap((step) => (step.do === 'delete' ? [[step.project, step.at] as const] : [])))
  for (const { accountId, projects } of ACCOUNTS) {
    const mine = distinctEvents(steps).filter(({ key }) => projects.includes(key.project))
    const resources = [...Map.groupBy(mine, ({ resource }) => resource).values()]
    const used = truth(resources, deleted, end)
    const { deducted, lines } = await readUse(app, accountId)
    const billed = new Map([...lines].filter(([, amount]) => amount !== 0n))
    assert.deepEqual(
      billed,
      new Map([...used].map(([line, amount]) => [line.replaceAll('\0', ' '), amount])),
      accountId,
    )
    assert.equal(deducted, total(used), `deducted from ${accountId}`)
    const books = await readBooks(app, accountId)
    assert.equal(books.rate, truthRate(resources, deleted, end), `rate of ${accountId}`)
    const expired = Object.values(books.lots).reduce((sum, lot) => sum + lot.expired, 0n)
    const expected = moneyOf(steps, accountId) - expired - total(used)
    assert.equal(books.balance, expected, `balance of ${accountId} = money in - charges - expired - used`)
  }
}

/** What came in less what was charged, by the steps alone. */
function moneyOf(steps: readonly Step[], accountId: string): bigint {
  return steps.reduce((sum, step) => {
    if (step.do !== 'credit' && step.do !== 'charge') return sum
    if (step.accountId !== accountId) return sum
    return step.do === 'credit' ? sum + step.amount : sum - step.amount
  }, 0n)
}

async function assertOnce(app: App, steps: readonly Step[]): Promise<void> {
  const names = async (text: string) =>
    (await query(app.database.pool, { text })).map(({ name }) => name as string).sort()
  const paid = steps.flatMap((step) => (step.do === 'credit' ? [step.paymentId] : [])).sort()
  const charged = steps.flatMap((step) => (step.do === 'charge' ? [step.chargeId] : [])).sort()
  const heard = distinctEvents(steps).map(({ id }) => id)
  assert.deepEqual(await names('select payment_id as name from lot'), paid, 'each payment is one lot')
  assert.deepEqual(await names(`select source_id as name from posting where source = 'credit'`), paid, 'posted once')
  assert.deepEqual(await names('select charge_id as name from charge'), charged, 'each charge is made once')
  assert.deepEqual(await names(`select source_id as name from posting where source = 'charge'`), charged, 'posted once')
  assert.deepEqual(await names('select event_id as name from usage_event'), heard.sort(), 'each event is kept once')
}

function distinctEvents(steps: readonly Step[]) {
  const events = steps.flatMap((step) => (step.do === 'events' ? step.events : []))
  return [...new Map(events.map((event) => [event.id, event])).values()]
}
