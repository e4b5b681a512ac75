// A commit whose answer is lost, and one that never arrived: either way the work is done once.
import assert from 'node:assert/strict'
import { listRoutes } from '@corehour/contract'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { audit } from '../../src/audit/index.ts'
import {
  manualClock,
  openDatabase,
  query,
  SYSTEM,
  transact,
  type App,
  type Database,
  type ManualClock,
  type Tx,
} from '../../src/base/index.ts'
import { applyEvents, deleteProject, retryParked } from '../../src/metering/index.ts'
import { attribute, charge, credit, deduct, expireDue } from '../../src/settlement/index.ts'
import { endHold, openAccount, placeHold } from '../../src/wallet/index.ts'
import { act } from '../../src/app/api/act.ts'
import type { Handlers } from '../../src/app/api/call.ts'
import { makeHandlers } from '../../src/app/api/handlers/index.ts'
import type { Services } from '../../src/app/api/services.ts'
import { createProject, createUser } from '../../src/identity/index.ts'
import { openTestDatabase } from '../harness.ts'
import { TEMPLATE } from '../cluster.ts'
import { cloudEvent, instant, openEngine, readBooks } from '../model/engine.ts'
import { HOUR, type Event, type Type } from '../model/rules.ts'
import { ACCOUNTS, PROJECTS, SKUS, START, USERS } from '../model/world.ts'
import { temporaryFolder } from '../process.ts'
import { openProxy, type Proxy } from './proxy.ts'

const CENT = 36_000_000n
const [LEFT, RIGHT] = ACCOUNTS as [string, string]

type Act = { name: string; after: number; act(app: App): Promise<unknown> }
const ACTS: Act[] = [
  { name: 'credit', after: 0, act: (app) => inside(app, (tx) => credit(tx, money('cash', 90n))) },
  { name: 'credit of a grant', after: 0, act: (app) => inside(app, (tx) => credit(tx, grant())) },
  {
    name: 'applyEvents',
    after: 700,
    act: (app) =>
      send(app, event('one', 'started', 30), event('two', 'started', 60, 1), event('two', 'resized', 90, 1)),
  },
  { name: 'applyEvents that wait', after: 0, act: (app) => send(app, event('three', 'stopped', 500)) },
  {
    name: 'applyEvents that others wait for',
    after: 0,
    // Sent again they are doubles, which release nobody: what waits for them is the next tick's.
    act: (app) => send(app, event('three', 'started', 400)).then(() => retryParked(app)),
  },
  { name: 'deduct', after: 900, act: (app) => deduct(app, app.clock.now()) },
  { name: 'attribute', after: HOUR, act: (app) => attribute(app, app.clock.now()) },
  { name: 'charge', after: 7, act: (app) => inside(app, (tx) => charge(tx, plan())) },
  { name: 'late applyEvents', after: 5000, act: (app) => send(app, event('one', 'stopped', 2000)) },
  { name: 'attribute of a correction', after: 60, act: (app) => attribute(app, app.clock.now()) },
  { name: 'expireDue', after: HOUR, act: (app) => expireDue(app) },
  { name: 'endHold', after: 60, act: (app) => endHolds(app) },
  { name: 'deleteProject', after: 60, act: (app) => inside(app, (tx) => deleteProject(tx, PROJECTS[1]![0]!)) },
  { name: 'credit that pays arrears', after: 60, act: (app) => inside(app, (tx) => credit(tx, money('more', 5000n))) },
  { name: 'placeHold', after: 60, act: (app) => inside(app, (tx) => placeHold(tx, HOLD)) },
  { name: 'openAccount', after: 60, act: (app) => inside(app, (tx) => openAccount(tx, NEW)) },
  { name: 'createUser', after: 60, act: (app) => inside(app, (tx) => createUser(tx, NEW)) },
  { name: 'createProject', after: 60, act: (app) => inside(app, (tx) => createProject(tx, NEW)) },
  {
    name: 'a request that makes a user with an account',
    after: 60,
    act: (app) => ask(app, 'users.create', { name: 'A' }),
  },
  {
    name: 'a request that makes a project',
    after: 60,
    act: (app) => ask(app, 'projects.create', { name: 'B', creator: USERS[0] }),
  },
]

const NEW = {
  ...{ accountId: 'acct_new', userId: 'user_new', projectId: 'proj_new' },
  ...{ creatorUserId: 'user_new', name: 'New', currency: 'CNY' },
}

const HOLD = {
  accountId: LEFT,
  holdId: 'hold_cut',
  amount: CENT,
  reason: 'test',
  expiresAt: instant(START + 48 * HOUR),
}

for (const when of ['before', 'after'] as const) {
  test(`connections cut ${when === 'before' ? 'instead of' : 'right after'} each commit change nothing`, async (t) => {
    const whole = await open(t)
    const cut = await open(t, true)
    for (const { name, after, act } of ACTS) {
      for (const { clock } of [whole, cut]) clock.advance(after)
      await act(whole.app)
      cut.proxy!.cut(when, 2)
      await act(cut.app)
      assert.ok(cut.proxy!.left() < 2, `${name} commits`)
      cut.proxy!.cut(when, 0)
      assert.deepEqual(await booksOf(cut.direct), await booksOf(whole.direct), name)
    }
    assert.deepEqual((await audit(cut.direct)).violations, [])
  })
}

test('a connection that breaks between two statements is a reason to try again', async (t) => {
  const { app, proxy } = await open(t, true)
  proxy!.cut('begun', 2)
  const attempts: string[] = []
  await inside(app, async (tx) => {
    attempts.push('begun')
    // Long enough to hear of it before the next statement.
    await sleep(50)
    await tx.query({ text: 'select 1' })
  })
  assert.equal(attempts.length, 3)
})

type Opened = { app: App; direct: App; clock: ManualClock; proxy: Proxy | undefined }

/** Two accounts on a fresh database with a hold on one; `proxied`: reached by a way that can be cut. */
async function open(t: { after(work: () => unknown): void }, proxied = false): Promise<Opened> {
  const own = await openTestDatabase(TEMPLATE)
  const clock = manualClock(instant(START))
  const appOn = (database: Database): App => ({
    database,
    clock,
    timeZone: 'Asia/Shanghai',
    log: { info() {}, error: (details, message) => assert.fail(`${message} ${JSON.stringify(details)}`) },
  })
  const direct = appOn(own)
  await openEngine(direct, clock)
  await inside(direct, (tx) => credit(tx, { ...money('first', 5n), accountId: RIGHT }))
  const expiresAt = instant(START + 48 * HOUR)
  await inside(direct, (tx) =>
    placeHold(tx, { accountId: RIGHT, holdId: 'hold_due', amount: CENT, reason: 'test', expiresAt }),
  )
  if (!proxied) {
    t.after(() => own.close())
    return { app: direct, direct, clock, proxy: undefined }
  }
  const folder = temporaryFolder(t)
  const address = new URL(own.pool.options.connectionString!)
  const proxy = await openProxy(folder, address.searchParams.get('host')!)
  address.searchParams.set('host', folder)
  const database = openDatabase({ connectionString: address.href })
  t.after(async () => {
    await database.close()
    await proxy.close()
    await own.close()
  })
  return { app: appOn(database), direct, clock, proxy }
}

/** Balances, bills, and every posting and event; lots by their payment, because their ids are new each time. */
async function booksOf(app: App): Promise<unknown> {
  const books = await Promise.all(ACCOUNTS.map((accountId) => readBooks(app, accountId)))
  const read = (text: string) => query(app.database.pool, { text })
  const lots = new Map(
    (await read('select lot_id, payment_id from lot')).map((lot) => [`lot:${lot.lot_id}`, lot.payment_id]),
  )
  const postings = await read(
    'select account_id, seq, source, debit, credit, amount, at::text from posting order by 1, 2',
  )
  const named = postings.map(({ debit, credit, ...rest }) => ({
    ...rest,
    debit: lots.get(debit) ?? debit,
    credit: lots.get(credit) ?? credit,
  }))
  const events = await read('select event_id, type, at::text, seq from usage_event order by event_id')
  const spans = await read('select subject, rate, started_at::text, ended_at::text from usage_span order by 1, 3')
  const parked = await read('select event_id, code from parked_event order by 1')
  const holds = await read('select account_id, amount, end_reason from hold order by 1, 2')
  // By their names, because a request's ids are new each time.
  const people = await read(
    `select 'account' as kind, name from account union all select 'user', name from users union all select 'project', name from project
     union all select 'wallet', a.name from wallet join account a using (bucket, account_id)
     union all select 'member', u.name from member join users u using (user_id) order by 1, 2`,
  )
  const answers = await read('select idempotency_key, status from idempotency_key order by 1')
  return { books, named, events, spans, parked, holds, people, answers }
}

/** What a request of a platform does, together with its stored answer, in the API's one transaction. */
function ask(app: App, name: string, body: object): Promise<unknown> {
  const [noun, verb] = name.split('.') as [keyof Handlers, never]
  const handler = makeHandlers({} as Services)[noun][verb] as { act(tx: Tx, call: object): Promise<unknown> }
  const caller = { keyId: 'key_lab', name: 'lab', scope: 'platform', accountId: null, userId: null }
  const call = { params: {}, query: {}, body, caller, idempotencyKey: name, receivedAt: app.clock.now() } as never
  const { route } = listRoutes().find((each) => each.name === name)!
  return act(app, name, route, call, (tx) => handler.act(tx, call))
}

function event(resource: string, type: Type, second: number, account = 0): Event {
  const { kind, sku, before: prices } = SKUS[1]!
  const key = { project: PROJECTS[account]![0]!, user: USERS[account]!, kind, sku }
  const quantity = { count: type === 'resized' ? 30_000n : 10_000n }
  const at = (START + second) * 1_000_000
  return { resource, run: 1, id: `${resource} ${type}`, type, at, key, prices, quantity }
}

function send(app: App, ...events: Event[]): Promise<unknown> {
  return applyEvents(app, events.map(cloudEvent))
}

function money(paymentId: string, cents: bigint) {
  return { accountId: LEFT, kind: 'cash', amount: cents * CENT, paymentId, channel: 'test' } as const
}

function grant() {
  return { ...money('card', 200n), kind: 'grant', expiresAt: instant(START + 2 * HOUR) } as const
}

function plan() {
  const where = { accountId: LEFT, projectId: PROJECTS[0]![0]!, userId: USERS[0]! }
  return { ...where, chargeId: 'plan', kind: 'storage', sku: 'storage:personal', amount: 33n * CENT } as const
}

async function endHolds(app: App): Promise<void> {
  await inside(app, async (tx) => {
    const holds = await tx.query({ text: 'select account_id, hold_id from hold' })
    for (const { account_id, hold_id } of holds) await endHold(tx, account_id, hold_id, 'released')
  })
}

function inside<T>(app: App, work: (tx: Tx) => Promise<T>): Promise<T> {
  return transact(app, SYSTEM, work)
}
