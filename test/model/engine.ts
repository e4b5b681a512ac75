import {
  bucketOf,
  newId,
  query,
  Refusal,
  SYSTEM,
  transact,
  type App,
  type ManualClock,
  type Tx,
} from '../../src/base/index.ts'
import { createProject, createUser } from '../../src/identity/index.ts'
import { applyEvents, deleteProject, retryParked } from '../../src/metering/index.ts'
import { publishPriceList } from '../../src/pricing/index.ts'
import { attribute, charge, credit, deduct, expireDue } from '../../src/settlement/index.ts'
import { endHold, liveBalance, openAccount, placeHold, readWallets } from '../../src/wallet/index.ts'
import type { Books, Line } from './compare.ts'
import { add, dayOf, lineOf, type Event, type Quantity } from './rules.ts'
import { ACCOUNTS, PROJECTS, RAISED_AT, SKUS, START, USERS, type Operation } from './world.ts'

/** The real engine as the schedules see it: its clock, and under which ids it keeps lots and holds. */
export type Engine = { app: App; clock: ManualClock; lots: Map<string, string>; holds: Map<string, string> }

export function instant(second: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(second * 1000)
}

/** Accounts, users, projects and prices of the schedules, at their start. */
export async function openEngine(app: App, clock: ManualClock): Promise<Engine> {
  await transact(app, SYSTEM, async (tx) => {
    for (const [effective, prices] of [
      [START, 'before'],
      [RAISED_AT, 'after'],
    ] as const) {
      await publishPriceList(tx, priceList(effective, prices))
    }
  })
  for (const [i, accountId] of ACCOUNTS.entries()) {
    await transact(app, SYSTEM, async (tx) => {
      await openAccount(tx, { accountId, name: accountId, currency: 'CNY' })
      await createUser(tx, { accountId, userId: USERS[i]!, name: USERS[i]! })
      for (const projectId of PROJECTS[i]!) {
        await createProject(tx, { accountId, creatorUserId: USERS[i]!, name: projectId, projectId })
      }
    })
  }
  return { app, clock, lots: new Map(), holds: new Map() }
}

function priceList(effective: number, which: 'before' | 'after') {
  const decimal = (micro: bigint | undefined) => decimalOf(micro ?? 0n, 6)
  const machines: Record<string, string> = {}
  const queues: Record<string, object> = {}
  for (const { kind, sku, [which]: unit } of SKUS) {
    const name = sku.split(':')[1]!
    if (kind === 'node') machines[name] = decimal(unit.count)
    else queues[name] = { cpu_hour: decimal(unit.cpu), gpu_hour: decimal(unit.gpu), gb_hour: decimal(unit.gb) }
  }
  return { currency: 'CNY', effective_at: instant(effective).toString(), machines, queues }
}

/** Does on the engine what an operation says. A refusal for lack of money is an answer; any other is a fault. */
export async function performOn(engine: Engine, operation: Operation): Promise<'done' | 'refused'> {
  const { clock } = engine
  const now = instant(operation.at)
  if (Temporal.Instant.compare(now, clock.now()) > 0) clock.set(now)
  try {
    await act(engine, operation)
    return 'done'
  } catch (error) {
    if (error instanceof Refusal && error.code === 'insufficient_balance') return 'refused'
    throw error
  }
}

async function act(engine: Engine, operation: Operation): Promise<void> {
  const { app, clock, lots, holds } = engine
  const inside = <T>(work: (tx: Tx) => Promise<T>) => transact(app, SYSTEM, work)
  const accountId = 'account' in operation ? ACCOUNTS[operation.account]! : ''
  switch (operation.do) {
    case 'events':
      await applyEvents(app, operation.events.map(cloudEvent))
      await retryParked(app)
      return
    case 'delete':
      await inside((tx) => deleteProject(tx, operation.project))
      return
    case 'credit': {
      const { kind, amount, paymentId, priority, expires } = operation
      const grant = expires === undefined ? {} : { expiresAt: instant(expires), priority }
      const { lotId } = await inside((tx) =>
        credit(tx, { accountId, kind, amount, paymentId, channel: 'test', ...grant }),
      )
      lots.set(paymentId, lotId)
      return
    }
    case 'charge': {
      const { chargeId, amount, key } = operation
      const what = { projectId: key.project, userId: key.user, kind: key.kind as 'storage', sku: key.sku }
      await inside((tx) => charge(tx, { accountId, chargeId, amount, ...what }))
      return
    }
    case 'hold': {
      const { amount, expires, name } = operation
      const holdId = newId('hold', clock.now())
      holds.set(name, holdId)
      await inside((tx) => placeHold(tx, { accountId, holdId, amount, reason: 'test', expiresAt: instant(expires) }))
      return
    }
    case 'end-hold': {
      const holdId = holds.get(operation.name)
      if (holdId) await inside((tx) => endHold(tx, accountId, holdId, 'released'))
      return
    }
    case 'tick':
      if (operation.what === 'deduct') await deduct(app, clock.now())
      if (operation.what === 'attribute') await attribute(app, clock.now())
      if (operation.what === 'due') await expireDue(app)
  }
}

/** An event as a platform sends it. Only what opens a span says whose it is. */
export function cloudEvent(event: Event): object {
  const { project, user, kind, sku } = event.key
  const opens = event.type === 'started' || event.type === 'running'
  const exists = event.type === 'running' || event.type === 'absent'
  const quantity = opens || event.type === 'resized' ? { quantity: decimals(event.quantity) } : {}
  return {
    specversion: '1.0',
    source: 'lab',
    id: event.id,
    subject: event.resource,
    type: `corehour.usage.${exists ? 'exists' : event.type}`,
    time: new Temporal.Instant(BigInt(event.at) * 1000n).toString(),
    data: {
      ...(opens && { project, user, kind, sku }),
      ...(exists && { running: event.type === 'running' }),
      ...(event.run > 1 && { run: event.run }),
      ...quantity,
    },
  }
}

export function decimals(quantity: Quantity): Record<string, string> {
  return Object.fromEntries(Object.entries(quantity).map(([what, count]) => [what, decimalOf(count, 4)]))
}

function decimalOf(digits: bigint, places: number): string {
  const text = digits.toString().padStart(places + 1, '0')
  return `${text.slice(0, -places)}.${text.slice(-places)}`
}

/** What the engine's tables say of an account, read without the engine's help. */
export async function readBooks(app: App, accountId: string): Promise<Books> {
  const read = reader(app, accountId)
  const key = { bucket: bucketOf(accountId), accountId }
  const [wallet] = await transact(app, SYSTEM, (tx) => readWallets(tx, [key]))
  const lines: Record<string, Line> = {}
  for (const row of await read('select * from bill_line')) {
    const { amount, cash, granted, unpaid } = row as Line
    if (amount !== 0n) lines[nameOf(row)] = { amount, cash, granted, unpaid }
  }
  const lots: Books['lots'] = {}
  for (const { payment_id, amount, remaining, expired } of await read('select * from lot'))
    lots[payment_id] = { amount, remaining, expired }
  const [used] = await read(USED)
  return {
    balance: wallet!.balance - wallet!.late,
    live: liveBalance(wallet!, app.clock.now()),
    rate: wallet!.rate,
    held: wallet!.held,
    arrears: wallet!.arrears,
    deducted: used!.amount + wallet!.late,
    lots,
    lines,
  }
}

/** What was deducted and billed for use alone, and how far. */
export type EngineUse = {
  settledAt: Temporal.Instant
  attributedAt: Temporal.Instant
  deducted: bigint
  lines: Map<string, bigint>
  /** Lines that late events touched, which wait for the next attribution. */
  marks: Set<string>
  /** How many numbers the journal leaves out. */
  gaps: bigint
}

export async function readUse(app: App, accountId: string): Promise<EngineUse> {
  const read = reader(app, accountId)
  const [wallet] = await read('select settled_at, attributed_at, late from wallet')
  const [used] = await read(USED)
  const [journal] = await read('select coalesce(max(seq), 0) - count(*) as gaps from posting')
  const lines = new Map<string, bigint>()
  for (const row of await read('select * from bill_line')) add(lines, nameOf(row), row.amount)
  for (const row of await read('select * from charge')) add(lines, nameOf(row), -(row.amount as bigint))
  const marks = new Set((await read('select * from attribution_mark')).map(nameOf))
  const { settled_at: settledAt, attributed_at: attributedAt, late } = wallet!
  return { settledAt, attributedAt, deducted: used!.amount + late, lines, marks, gaps: journal!.gaps }
}

const USED = `select coalesce(sum(case when debit = 'unattributed' then amount else -amount end)
  filter (where source in ('use', 'late')), 0)::bigint as amount from posting`

function reader(app: App, accountId: string) {
  return (text: string) =>
    query(app.database.pool, { text: `${text} where bucket = $1 and account_id = $2` }, [
      bucketOf(accountId),
      accountId,
    ])
}

/** A line as the model names it. */
function nameOf(row: Record<string, any>): string {
  const midnight = row.day.toZonedDateTime('Asia/Shanghai').epochMilliseconds / 1000
  const key = { project: row.project_id, user: row.user_id, kind: row.kind, sku: row.sku }
  return lineOf(dayOf(midnight), key).replaceAll('\0', ' ')
}
