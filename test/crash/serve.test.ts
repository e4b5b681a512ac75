// npm start's server, killed with -9 in the middle of its clock's work, catches up by itself when it is started again.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultDataFolder } from '../../src/app/config.ts'
import { startEmbedded } from '../../src/app/embedded/index.ts'
import { migrate } from '../../src/app/migrate.ts'
import { holderOf } from '../../src/app/processes.mjs'
import { audit } from '../../src/audit/index.ts'
import {
  boundaryBefore,
  hourBefore,
  manualClock,
  openDatabase,
  query,
  secondsOf,
  SYSTEM,
  systemClock,
  transact,
  type App,
  type Database,
  type Row,
} from '../../src/base/index.ts'
import { createProject, createUser } from '../../src/identity/index.ts'
import { applyEvents } from '../../src/metering/index.ts'
import { publishPriceList } from '../../src/pricing/index.ts'
import { credit } from '../../src/settlement/index.ts'
import { openAccount } from '../../src/wallet/index.ts'
import { dataFolder, eventually, startServer, type Context, type Running } from '../process.ts'
import { databaseProcesses, kill, runningPostmaster } from './processes.ts'
import { chanceOf } from './random.ts'
import { CENT, PRICES } from './schedule.ts'

const SEED = 2026
const ACCOUNTS = 100
const SPANS = 30
const BATCH = 1000
const HOURS_AWAY = 26
const MONEY = 3000n * CENT

/** One account, and the grains a second that run on it. */
type Payer = { accountId: string; projectId: string; userId: string; rate: bigint; money: bigint }

test(
  `kill -9 in the middle of a tick over ${ACCOUNTS * SPANS} running spans: the next start catches up`,
  { skip: process.platform !== 'linux' },
  async (t) => {
    const chance = chanceOf(SEED)
    const folder = dataFolder(t)
    const began = hourBefore(systemClock.now()).subtract({ hours: HOURS_AWAY })
    const payers = await withBooks(folder, began, fill)

    await withBooks(folder, began, (app) => brake(app, 'wallet', 'old.settled_at < new.settled_at'))
    const deducting = await serve(t, folder)
    await underTheBrake(folder)
    await end(deducting, folder, ['server'])

    await withBooks(folder, began, async (app) => {
      assert.notEqual(await unmoved(app, 'settled_at', began), 0n, 'it was killed in the middle of the deduction')
      await brake(app, 'bill_line', 'true')
    })
    const attributing = await serve(t, folder)
    await underTheBrake(folder)
    await end(attributing, folder, ['server', 'database'])

    await withBooks(folder, began, async (app) => {
      assert.equal(await unmoved(app, 'settled_at', began), 0n, 'the deduction was done')
      assert.notEqual(await unmoved(app, 'attributed_at', began), 0n, 'it was killed in the middle of the attribution')
      await release(app)
    })

    const starting = await serve(t, folder)
    await sleep(chance.upTo(900))
    await end(starting, folder, ['database', 'server'])

    const last = await serve(t, folder)
    await last.ready
    const started = systemClock.now()
    await withConnection(folder, async (database) => {
      await eventually('all is caught up', async () => {
        const [least] = await rows(
          database,
          'select min(settled_at) as settled, min(attributed_at) as attributed from wallet',
        )
        return atLeast(least!.settled, boundaryBefore(started)) && atLeast(least!.attributed, hourBefore(started))
      })
    })
    last.child.kill('SIGTERM')
    assert.deepEqual(await last.ended, { status: 0, signal: null })
    assert.deepEqual(databaseProcesses(folder), [])
    await withBooks(folder, began, (app) => assertRight(app, payers, began))
    assert.deepEqual(databaseProcesses(folder), [])
  },
)

/** As `npm start` does. Answers once the server has taken the folder; its database may be about to start. */
async function serve(t: Context, folder: string): Promise<Running> {
  const running = startServer(t, { env: { COREHOUR_DATA: folder }, through: ['scripts/run.mjs'] })
  await eventually('it has begun', () => holderOf(join(folder, 'lock')) !== undefined)
  return running
}

async function end(running: Running, folder: string, what: readonly ('server' | 'database')[]): Promise<void> {
  const pids = { server: holderOf(join(folder, 'lock')), database: runningPostmaster(folder) }
  assert.ok(pids.server, running.said().stderr)
  for (const each of what) kill(pids[each])
  await running.ended
}

/** Opens the books of a folder whose server has ended, in this process; they hold at any time. */
async function withBooks<T>(folder: string, at: Temporal.Instant, work: (app: App) => Promise<T>): Promise<T> {
  const embedded = await startEmbedded({ folder, binariesFolder: defaultDataFolder() })
  const database = openDatabase(embedded.database())
  try {
    await migrate(database, systemClock)
    const log = { info() {}, error() {} }
    const app: App = { database, clock: manualClock(at), timeZone: 'Asia/Shanghai', log }
    assert.deepEqual((await audit(app)).violations, [], 'the audit is clean')
    return await work(app)
  } finally {
    await database.close()
    await embedded.stop()
  }
}

/** A connection of our own to the database that the server keeps. */
async function withConnection(folder: string, work: (database: Database) => Promise<void>): Promise<void> {
  const socketFolder = readFileSync(join(folder, 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[4]!
  const database = openDatabase({ host: socketFolder, user: 'corehour', database: 'corehour', max: 1 })
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

/** Accounts with running spans; half of them have money, and not for all of the time. */
async function fill(app: App): Promise<Payer[]> {
  const chance = chanceOf(SEED)
  const at = app.clock.now().toString()
  const payers: Payer[] = []
  const events: object[] = []
  await transact(app, SYSTEM, async (tx) => {
    await publishPriceList(tx, { ...PRICES, effective_at: at })
    for (let n = 0; n < ACCOUNTS; n++) {
      const [accountId, userId, projectId] = [`acct_serve_${n}`, `user_serve_${n}`, `proj_serve_${n}`]
      await openAccount(tx, { accountId, name: accountId, currency: 'CNY' })
      await createUser(tx, { accountId, userId, name: userId })
      await createProject(tx, { accountId, creatorUserId: userId, projectId, name: projectId })
      const payer: Payer = { accountId, projectId, userId, rate: 0n, money: n % 2 === 0 ? MONEY : 0n }
      if (payer.money > 0n)
        await credit(tx, { accountId, kind: 'cash', amount: MONEY, paymentId: `pay ${n}`, channel: 'test' })
      for (let i = 0; i < SPANS; i++) {
        const count = 1 + chance.upTo(8)
        payer.rate += 123_457n * BigInt(count)
        events.push(started(`node-${n}-${i}`, at, payer, count))
      }
      payers.push(payer)
    }
  })
  for (let from = 0; from < events.length; from += BATCH) {
    const results = await applyEvents(app, events.slice(from, from + BATCH))
    assert.ok(results.every(({ status }) => status === 'accepted'))
  }
  return payers
}

function started(subject: string, time: string, { projectId, userId }: Payer, count: number): object {
  const what = {
    project: projectId,
    user: userId,
    kind: 'node',
    sku: 'machine:small',
    quantity: { count: String(count) },
  }
  return { specversion: '1.0', source: 'lab', id: subject, subject, type: 'corehour.usage.started', time, data: what }
}

/** Makes the clock's work stand still at its last account, so that a blow falls in its middle. It changes nothing that is written. */
async function brake(app: App, table: string, when: string): Promise<void> {
  await release(app)
  const [last] = await rows(app.database, 'select account_id from wallet order by bucket desc, account_id desc limit 1')
  await rows(
    app.database,
    `create function brake() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$;
     create trigger brake before ${table === 'wallet' ? 'update' : 'insert or update'} on ${table} for each row
       when (new.account_id = '${last!.account_id}' and ${when}) execute function brake()`,
  )
}

async function release(app: App): Promise<void> {
  await rows(app.database, 'drop function if exists brake() cascade')
}

/** Waits until the clock's work of a server that was just started stands still. */
async function underTheBrake(folder: string): Promise<void> {
  await eventually('its work is in the middle', async () => {
    let found = 0
    if (runningPostmaster(folder) === undefined) return false
    await withConnection(folder, async (database) => {
      found = (await rows(database, `select from pg_stat_activity where wait_event = 'PgSleep'`)).length
    }).catch(() => {}) // It is about to take connections.
    return found > 0
  })
}

/** How many wallets stand where they began. */
async function unmoved(app: App, column: string, began: Temporal.Instant): Promise<bigint> {
  const text = `select count(*) as wallets from wallet where ${column} <= $1::timestamptz`
  const [row] = await query<{ wallets: bigint }>(app.database.pool, { text }, [began])
  return row!.wallets
}

/** Holds every account against what its spans cost, by rate and seconds alone. */
async function assertRight(app: App, payers: readonly Payer[], began: Temporal.Instant): Promise<void> {
  const found = await rows(
    app.database,
    `select w.account_id, w.balance, w.rate, w.settled_at, w.attributed_at, l.amount, l.cash, s.spans
     from wallet w
     join (select account_id, sum(amount)::bigint as amount, sum(cash)::bigint as cash from bill_line group by 1) l using (account_id)
     join (select account_id, count(*) as spans from usage_span group by 1) s using (account_id)`,
  )
  const books = new Map(found.map((row) => [row.account_id as string, row]))
  assert.equal(books.size, payers.length)
  for (const { accountId, rate, money } of payers) {
    const row = books.get(accountId)!
    const cost = (through: Temporal.Instant) => rate * BigInt(secondsOf(through) - secondsOf(began))
    assert.equal(row.spans, BigInt(SPANS), accountId)
    assert.equal(row.rate, rate, accountId)
    assert.equal(row.balance, money - cost(row.settled_at), `balance of ${accountId}`)
    const billed = cost(row.attributed_at)
    assert.equal(row.amount, billed, `bill of ${accountId}`)
    assert.equal(row.cash, billed < money ? billed : money, `paid of the bill of ${accountId}`)
  }
}

function atLeast(found: Temporal.Instant, wanted: Temporal.Instant): boolean {
  return Temporal.Instant.compare(found, wanted) >= 0
}

function rows(database: Database, text: string): Promise<Row[]> {
  return query(database.pool, { text })
}
