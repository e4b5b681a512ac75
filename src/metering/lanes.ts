import { perApp, type App } from '../base/index.ts'
import { applyBatch, type Applied } from './applyBatch.ts'
import { opens } from './event.ts'
import type { Placed } from './place.ts'

/** Transactions of events at once in a process: two cores are busy with three or four. */
const LANES = 4
/** Events a transaction: more gain nothing and keep wallets locked for longer. */
const MOST_AT_ONCE = 1000

/** What one caller wants applied, and is told. */
type Ticket = { events: readonly Placed[] } & Pick<PromiseWithResolvers<Applied>, 'resolve' | 'reject'>

/**
 * Applies events that have different names. Accounts are spread over lanes, and what waits in a lane goes together, whoever sent it: so senders
 * never wait for each other's wallets, a large batch keeps more than one core busy, and the more there is to do, the less each event costs.
 */
export const applyInLanes = perApp((app) => {
  const lanes = Array.from({ length: LANES }, () => openLane(app))
  return async (events: readonly Placed[]): Promise<Applied> => {
    const parts = lanes.map(() => [] as number[])
    // What waits for its account goes with the first.
    events.forEach((each, i) => parts['payer' in each ? each.payer.bucket % LANES : 0]!.push(i))
    const whole: Applied = { outcomes: [], released: [] }
    await settled(
      parts.map(async (part, n) => {
        for (let from = 0; from < part.length; from += MOST_AT_ONCE) {
          const places = part.slice(from, from + MOST_AT_ONCE)
          const { outcomes, released } = await lanes[n]!(places.map((i) => events[i]!))
          places.forEach((place, i) => (whole.outcomes[place] = outcomes[i]!))
          whole.released.push(...released)
        }
      }),
    )
    return whole
  }
})

/** Waits for all, also where one fails. */
async function settled(works: Promise<void>[]): Promise<void> {
  await Promise.allSettled(works)
  await Promise.all(works)
}

function openLane(app: App): (events: readonly Placed[]) => Promise<Applied> {
  const waiting: Ticket[] = []
  let isBusy = false
  return (events) => {
    const { promise, resolve, reject } = Promise.withResolvers<Applied>()
    waiting.push({ events, resolve, reject })
    if (!isBusy) void work()
    return promise
  }

  async function work(): Promise<void> {
    isBusy = true
    while (waiting.length > 0) await answer(takeNext(waiting))
    isBusy = false
  }

  async function answer(tickets: readonly Ticket[]): Promise<void> {
    try {
      const applied = await applyBatch(
        app,
        tickets.flatMap(({ events }) => events),
      )
      let from = 0
      for (const { events, resolve } of tickets) {
        const outcomes = applied.outcomes.slice(from, (from += events.length))
        resolve({ outcomes, released: tickets.length === 1 ? applied.released : releasedBy(events, applied) })
      }
    } catch (error) {
      // What fails together is tried apart: nobody fails for another's events.
      if (tickets.length === 1) tickets[0]!.reject(error)
      else for (const ticket of tickets) await answer([ticket])
    }
  }
}

/** As many of those that wait as go into one transaction; the same event twice, and so the same id, goes into two. */
function takeNext(waiting: Ticket[]): Ticket[] {
  if (waiting.length === 1) return waiting.splice(0)
  const ids = new Set<string>()
  let count = 0
  const end = waiting.findIndex(({ events }) => {
    if (count > 0 && (count + events.length > MOST_AT_ONCE || events.some(({ event }) => ids.has(event.id))))
      return true
    count += events.length
    for (const { event } of events) ids.add(event.id)
    return false
  })
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

/** The parked events that waited for a start among these. */
function releasedBy(events: readonly Placed[], { released }: Applied): Applied['released'] {
  if (released.length === 0) return []
  const started = new Set(events.flatMap(({ event }) => (opens(event) ? `${event.source}\0${event.subject}` : [])))
  return released.filter(({ source, subject }) => started.has(`${source}\0${subject}`))
}
