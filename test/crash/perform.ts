import { tick } from '../../src/app/clock.ts'
import { query, SYSTEM, transact, type App, type ManualClock } from '../../src/base/index.ts'
import { createProject, createUser } from '../../src/identity/index.ts'
import { applyEvents, deleteProject } from '../../src/metering/index.ts'
import { publishPriceList } from '../../src/pricing/index.ts'
import { charge, credit } from '../../src/settlement/index.ts'
import { openAccount } from '../../src/wallet/index.ts'
import { cloudEvent, instant } from '../model/engine.ts'
import { BOUNDARY, floorTo } from '../model/rules.ts'
import { START } from '../model/world.ts'
import { ACCOUNTS, PRICES, type Step } from './schedule.ts'

/** Accounts, users, projects and prices, unless they are there. */
export async function openWorld(app: App): Promise<void> {
  await transact(app, SYSTEM, async (tx) => {
    const [there] = await tx.query({ text: 'select from account limit 1' })
    if (there) return
    await publishPriceList(tx, { ...PRICES, effective_at: instant(START).toString() })
    for (const { accountId, userId, projects } of ACCOUNTS) {
      await openAccount(tx, { accountId, name: accountId, currency: 'CNY' })
      await createUser(tx, { accountId, userId, name: userId })
      for (const projectId of projects)
        await createProject(tx, { accountId, creatorUserId: userId, name: projectId, projectId })
    }
  })
}

/** Does one step at its instant. */
export async function perform(app: App, clock: ManualClock, step: Step): Promise<void> {
  const at = instant(step.at)
  if (Temporal.Instant.compare(at, clock.now()) > 0) clock.set(at)
  switch (step.do) {
    case 'events':
      await applyEvents(app, step.events.map(cloudEvent))
      return
    case 'credit': {
      const { accountId, paymentId, amount, expires } = step
      const what =
        expires === undefined ? ({ kind: 'cash' } as const) : ({ kind: 'grant', expiresAt: instant(expires) } as const)
      await transact(app, SYSTEM, (tx) => credit(tx, { accountId, paymentId, amount, channel: 'test', ...what }))
      return
    }
    case 'charge': {
      const { accountId, chargeId, amount, key } = step
      const what = { projectId: key.project, userId: key.user, kind: 'storage', sku: key.sku } as const
      return transact(app, SYSTEM, (tx) => charge(tx, { accountId, chargeId, amount, ...what }))
    }
    case 'delete':
      await transact(app, SYSTEM, (tx) => deleteProject(tx, step.project))
      return
    case 'tick':
      return tick(app)
  }
}

/** What of some steps the books don't know: after a crash, nothing that was answered may be among it. */
export async function missingOf(app: App, steps: readonly Step[]): Promise<string[]> {
  const ticked = steps.findLast((step) => step.do === 'tick')
  const boundary = instant(ticked ? floorTo(ticked.at, BOUNDARY) : START).toString()
  const known = await query(app.database.pool, { text: KNOWN })
  const behind = await query(app.database.pool, { text: BEHIND }, [boundary])
  const found = new Set(known.map(({ name }) => name))
  const missing = steps.flatMap(namesOf).filter((name) => !found.has(name))
  return [...missing, ...behind.map(({ account_id }) => `deduction of ${account_id} through ${boundary}`)]
}

const KNOWN = `select 'event ' || event_id as name from usage_event union all select 'event ' || event_id from parked_event
  union all select 'credit ' || payment_id from lot union all select 'charge ' || charge_id from charge
  union all select 'delete ' || project_id from project where deleted_at is not null`
const BEHIND = `select account_id from wallet where settled_at < $1::timestamptz and (rate <> 0 or accrued <> 0)`

function namesOf(step: Step): string[] {
  switch (step.do) {
    case 'events':
      return step.events.map(({ id }) => `event ${id}`)
    case 'credit':
      return [`credit ${step.paymentId}`]
    case 'charge':
      return [`charge ${step.chargeId}`]
    case 'delete':
      return [`delete ${step.project}`]
    case 'tick':
      return []
  }
}
