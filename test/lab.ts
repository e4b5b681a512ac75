import { GRAINS_PER_UNIT, newId, SYSTEM, transact, type App, type ManualClock } from '../src/base/index.ts'
import { createProject, createUser } from '../src/identity/index.ts'
import { applyEvents } from '../src/metering/index.ts'
import { publishPriceList } from '../src/pricing/index.ts'
import { openAccount } from '../src/wallet/index.ts'
import { attribute, credit, deduct, expireDue } from '../src/settlement/index.ts'

export const YUAN = GRAINS_PER_UNIT
/** Four CPUs at 0.05 an hour each: 0.2 an hour, 200,000 grains a second. */
export const CPUS = { sku: 'queue:cpu', quantity: { cpu: '4' } }
/** One GPU at 2 an hour: 2,000,000 grains a second. */
export const GPU = { sku: 'queue:gpu', quantity: { gpu: '1' } }

/** Prices, and one account with one user and project. */
export async function openLab(app: App) {
  await transact(app, SYSTEM, (tx) =>
    publishPriceList(tx, {
      currency: 'CNY',
      effective_at: '2026-01-01T00:00:00Z',
      machines: { c2_m4_cpu: '0.4' },
      queues: { '*': { cpu_hour: '0.05', gpu_hour: '2', gb_hour: '0' } },
    }),
  )
  return openPayer(app, 'Lab')
}

/** One more account with one user and one project. */
export function openPayer(app: App, name: string) {
  const [accountId, userId, projectId] = (['acct', 'user', 'proj'] as const).map((prefix) =>
    newId(prefix, app.clock.now()),
  ) as [string, string, string]
  return transact(app, SYSTEM, async (tx) => {
    await openAccount(tx, { accountId, name, currency: 'CNY' })
    await createUser(tx, { accountId, userId, name: `${name}'s owner` })
    await createProject(tx, { accountId, projectId, creatorUserId: userId, name: `${name}'s project` })
    return { accountId, userId, projectId }
  })
}

let serial = 0

/** Sends one usage event; a start says what runs, who runs it and where. */
export async function send(
  app: App,
  job: string,
  type: 'started' | 'stopped' | 'resized',
  time: string,
  data: object = {},
) {
  const event = {
    specversion: '1.0',
    source: 'lab',
    id: `e${++serial}`,
    type: `corehour.usage.${type}`,
    subject: job,
    time,
    data,
  }
  const [result] = await applyEvents(app, [event])
  return result!
}

export function pay(app: App, accountId: string, amount: bigint, grant?: { expiresAt: string }) {
  const kind = grant
    ? { kind: 'grant' as const, expiresAt: Temporal.Instant.from(grant.expiresAt) }
    : { kind: 'cash' as const }
  return transact(app, SYSTEM, (tx) =>
    credit(tx, { accountId, amount, paymentId: `pay${++serial}`, channel: 'test', ...kind }),
  )
}

/** Moves the clock and does what is due then: the deduction, the attribution through the hour, expiries. */
export async function pass(app: App, clock: ManualClock, to: string): Promise<void> {
  clock.set(to)
  await deduct(app, clock.now())
  await expireDue(app)
  await attribute(app, clock.now())
}
