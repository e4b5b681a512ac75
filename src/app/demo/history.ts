import {
  boundaryBefore,
  derivedId,
  later,
  manualClock,
  parseAmount,
  SYSTEM,
  transact,
  type App,
  type ManualClock,
} from '../../base/index.ts'
import { addMember, createProject, createUser } from '../../identity/index.ts'
import { applyEvents } from '../../metering/index.ts'
import { giveCard } from '../../payments/index.ts'
import { publishPriceList } from '../../pricing/index.ts'
import { attribute, credit, deduct, expireDue } from '../../settlement/index.ts'
import { openAccount } from '../../wallet/index.ts'
import { CAST, EMAILS, ids, NODE, PRICES, usersOf, type CastAccount, type CastProject } from './cast.ts'
import { chances, pick } from './chance.ts'

export const SOURCE = 'demo-cluster'
const DAYS = 30
const QUIET_HOURS = 6
/** The journal shows every five minutes of the last so many hours; before, one deduction for each quarter of a day. */
const FINE_HOURS = 2

/** Something that happened in the month before. */
type Deed = { at: Temporal.Instant; event?: object; act?: (app: App) => Promise<unknown> }

/**
 * Lets a month pass in the books, from `began` to the present, through the operations that a server uses. Everything in it has its
 * own key and instant: one that was interrupted is simply begun again.
 */
export async function liveThrough(app: App, began: Temporal.Instant): Promise<void> {
  const clock = manualClock(began)
  const past: App = { ...app, clock }
  const present = app.clock.now()
  await transact(past, SYSTEM, (tx) => publishPriceList(tx, { ...PRICES, effective_at: began.toString() }))
  for (const account of CAST) await settleIn(past, account)
  const deeds = [...CAST.flatMap((account) => moneyOf(account, began)), ...jobsSince(began, present)]
    .filter(({ at }) => Temporal.Instant.compare(at, present) <= 0)
    .sort((a, b) => Temporal.Instant.compare(a.at, b.at))
  // Those of one five minutes are sent together, as a platform would.
  const groups = [...Map.groupBy(deeds, ({ at }) => boundaryBefore(at).epochMilliseconds).values()]
  let next = 0
  for (const stop of stops(began, present)) {
    for (; next < groups.length && Temporal.Instant.compare(groups[next]!.at(-1)!.at, stop) <= 0; next++)
      await doTogether(past, clock, groups[next]!)
    clock.set(later(stop, clock.now()))
    await deduct(past, clock.now())
    await attribute(past, clock.now())
    await expireDue(past)
  }
}

/** The instants at which the past's clock loop looked. */
function* stops(began: Temporal.Instant, present: Temporal.Instant): Generator<Temporal.Instant> {
  const fine = boundaryBefore(present.subtract({ hours: FINE_HOURS }))
  let at = began
  for (;;) {
    const coarse = at.add({ hours: QUIET_HOURS })
    at =
      Temporal.Instant.compare(at, fine) >= 0
        ? at.add({ minutes: 5 })
        : Temporal.Instant.compare(coarse, fine) > 0
          ? fine
          : coarse
    if (Temporal.Instant.compare(at, present) > 0) return
    yield at
  }
}

async function doTogether(past: App, clock: ManualClock, deeds: readonly Deed[]): Promise<void> {
  clock.set(later(deeds.at(-1)!.at, clock.now()))
  for (const { act } of deeds) await act?.(past)
  const events = deeds.flatMap(({ event }) => event ?? [])
  if (events.length > 0) await applyEvents(past, events)
}

async function settleIn(past: App, account: CastAccount): Promise<void> {
  const accountId = ids.account(account)
  const creatorUserId = ids.user(account.name)
  await transact(past, SYSTEM, async (tx) => {
    await openAccount(tx, { accountId, name: account.name, currency: PRICES.currency })
    await createUser(tx, { accountId, userId: creatorUserId, name: account.name, email: account.email })
    for (const project of account.projects)
      await createProject(tx, { accountId, creatorUserId, projectId: ids.project(project), name: project.name })
  })
  for (const project of account.projects) for (const name of project.members) await join(past, project, name)
}

/** Everybody has an account of their own; a member's is empty, because the creator pays. */
function join(past: App, project: CastProject, name: string): Promise<unknown> {
  const accountId = derivedId('acct', 'demo', name)
  const userId = ids.user(name)
  return transact(past, SYSTEM, async (tx) => {
    await openAccount(tx, { accountId, name, currency: PRICES.currency })
    const email = EMAILS[name]
    await createUser(tx, { accountId, userId, name, ...(email !== undefined && { email }) })
    const standing = await tx.query({ text: 'select from member where project_id = $1 and user_id = $2' }, [
      ids.project(project),
      userId,
    ])
    if (standing.length === 0) await addMember(tx, { projectId: ids.project(project), userId, role: 'member' })
  })
}

function moneyOf(account: CastAccount, began: Temporal.Instant): Deed[] {
  const accountId = ids.account(account)
  const { grant } = account
  const payments = account.payments.map(({ amount, day, channel }, n): Deed => {
    const input = { accountId, kind: 'cash' as const, amount: parseAmount(amount), channel, paymentId: `demo-${n}` }
    return {
      at: began.add({ hours: day * 24, minutes: 20 }),
      act: (past) => transact(past, SYSTEM, (tx) => credit(tx, input)),
    }
  })
  if (!grant) return payments
  const at = began.add({ hours: grant.day * 24 })
  const input = {
    accountId,
    currency: PRICES.currency,
    amount: parseAmount(grant.amount),
    paymentId: 'demo-card',
    expiresAt: at.add({ hours: grant.lasts * 24 }),
    note: grant.note,
  }
  return [...payments, { at, act: (past) => transact(past, SYSTEM, (tx) => giveCard(tx, input)) }]
}

/** Starts and stops of every job that began before the present; those that last longer go on in the simulated cluster. */
function jobsSince(began: Temporal.Instant, present: Temporal.Instant): Deed[] {
  const chance = chances(began.epochMilliseconds / 1000)
  const deeds: Deed[] = []
  let serial = 0
  const run = (
    account: CastAccount,
    project: CastProject,
    start: Temporal.Instant,
    seconds: number | undefined,
    what: object,
  ) => {
    const subject = `job-${String(++serial).padStart(5, '0')}`
    const common = { specversion: '1.0', source: SOURCE, subject }
    const data = { project: ids.project(project), user: ids.user(pick(chance, usersOf(account, project))), ...what }
    deeds.push({
      at: start,
      event: { ...common, id: `${subject}-start`, type: 'corehour.usage.started', time: start.toString(), data },
    })
    const end = seconds === undefined ? undefined : start.add({ seconds })
    if (end && Temporal.Instant.compare(end, present) <= 0)
      deeds.push({
        at: end,
        event: {
          ...common,
          id: `${subject}-stop`,
          type: 'corehour.usage.stopped',
          time: end.toString(),
          data: { project: ids.project(project) },
        },
      })
  }
  run(NODE.account, NODE.project, began.add({ hours: NODE.day * 24 }), undefined, {
    kind: 'node',
    sku: NODE.sku,
    quantity: { count: '1' },
  })
  for (const account of CAST) {
    // Nothing may start without money: work begins after the first payment.
    const first = account.payments[0]!.day + 1
    for (const project of account.projects)
      for (let day = first; day <= DAYS; day++)
        for (let n = 0; n < project.jobsADay; n++) {
          const work = pick(chance, project.work)
          const start = began.add({ seconds: Math.floor((day + chance()) * 86_400) })
          const [least, most] = work.hours
          const seconds = Math.floor((least + chance() * chance() * (most - least)) * 3600)
          if (Temporal.Instant.compare(start, present) < 0)
            run(account, project, start, seconds, { kind: 'job', sku: work.sku, quantity: work.quantity })
        }
  }
  return deeds
}

/** When the month before an instant began: at a full hour. */
export function beginningBefore(present: Temporal.Instant): Temporal.Instant {
  const hour = Math.floor(present.epochMilliseconds / 3_600_000) * 3_600_000
  return Temporal.Instant.fromEpochMilliseconds(hour).subtract({ hours: DAYS * 24 })
}
