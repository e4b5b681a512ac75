import type { RefusalCode } from '@corehour/contract'
import { compareInstants, floorSecond, Refusal } from '../base/index.ts'
import { rateOf, type Price, type Quantity } from '../pricing/index.ts'

export type UsageKind = 'job' | 'node' | 'storage'
export type ObservationType = 'started' | 'resized' | 'stopped' | 'running' | 'absent'

/** What a start says: whose use it is, of what, at which pinned price. */
export type Opening = { projectId: string; userId: string; kind: UsageKind; sku: string; priceId: string }

/** One usage event as it is stored: what was seen of one resource at one exact instant. */
export type Observation = {
  eventId: string
  run: number
  type: ObservationType
  at: Temporal.Instant
  /** With `started` and `running`. */
  opening?: Opening
  /** With `started`, `running` and `resized`. */
  quantity?: Quantity
  /** Of an opening: grains per second, where they have been reckoned already. */
  rate?: bigint
}

/** A stretch [startedAt, endedAt) of whole seconds at one rate; endedAt undefined while it runs. */
export type FoldedSpan = Opening & {
  run: number
  quantity: Quantity
  rate: bigint
  startedAt: Temporal.Instant
  endedAt?: Temporal.Instant
}

/** What pins the outcome beside the events: prices by id, and when a project was deleted. */
export type FoldContext = { price(priceId: string): Price; deletedAt(projectId: string): Temporal.Instant | undefined }

export type Folded = { spans: readonly FoldedSpan[]; noEffect: ReadonlyMap<string, RefusalCode> }
const ALL_HAD: ReadonlyMap<string, RefusalCode> = new Map()
const NOTHING: Folded = { spans: [], noEffect: ALL_HAD }

/**
 * The spans of one resource as a pure function of the set of its events, in order of exact instant, then id.
 * A start of a later run ends the one before; events of earlier runs then have no effect. A second start, a stop when off and
 * a resize before a start have none either. Deleting a project ends its spans. Only the amounts use floored seconds.
 * `open` is the span that runs already, where all the events are known to come after it.
 */
export function fold(events: readonly Observation[], context: FoldContext, open?: FoldedSpan): Folded {
  if (events.length === 0 && !open) return NOTHING
  const spans: FoldedSpan[] = []
  // Hardly ever needed, and a third of a kilobyte each.
  let noEffect: Map<string, RefusalCode> | undefined
  const hadNone = ({ eventId }: Observation, code: RefusalCode) => (noEffect ??= new Map()).set(eventId, code)
  let current = open
  let run = open?.run ?? 0

  const close = (at: Temporal.Instant) => {
    const endedAt = floorSecond(at)
    if (compareInstants(endedAt, current!.startedAt) > 0) spans.push({ ...current!, endedAt })
    current = undefined
  }
  const endWithProject = (until?: Temporal.Instant) => {
    const deletedAt = current && context.deletedAt(current.projectId)
    if (deletedAt && (!until || compareInstants(deletedAt, until) <= 0)) close(deletedAt)
  }

  for (const event of events.length > 1 ? [...events].sort(compareObservations) : events) {
    endWithProject(event.at)
    const running = current !== undefined && current.run === event.run
    if (event.type === 'started' || event.type === 'running') {
      const refused = running ? 'already_running' : refuseOpening(event, run, context)
      if (refused) {
        if (event.type === 'started' || refused !== 'already_running') hadNone(event, refused)
        continue
      }
      if (current) close(event.at)
      run = event.run
      current = openSpan(event, context)
    } else if (!running) {
      if (event.type !== 'absent') hadNone(event, 'already_stopped')
    } else if (event.type === 'resized') {
      const before = current!
      const resized = { ...before, quantity: event.quantity!, startedAt: floorSecond(event.at) }
      const rate = tryRate(context.price(before.priceId), event.quantity!)
      if (rate === undefined) {
        hadNone(event, 'bad_quantity')
        continue
      }
      close(event.at)
      current = { ...resized, rate }
    } else close(event.at)
  }
  endWithProject()
  if (current) spans.push(current)
  return { spans, noEffect: noEffect ?? ALL_HAD }
}

/** The order of a resource's events: by exact instant, then id. */
export function compareObservations(a: Observation, b: Observation): number {
  return compareInstants(a.at, b.at) || (a.eventId < b.eventId ? -1 : 1)
}

/** Why a start can't open a span: its run is over, or its project is deleted. */
function refuseOpening(event: Observation, run: number, context: FoldContext): RefusalCode | undefined {
  if (event.run < run) return 'already_stopped'
  const deletedAt = context.deletedAt(event.opening!.projectId)
  return deletedAt && compareInstants(event.at, deletedAt) >= 0 ? 'project_deleted' : undefined
}

function openSpan(event: Observation, context: FoldContext): FoldedSpan {
  const opening = event.opening!
  const rate = event.rate ?? rateOf(context.price(opening.priceId), event.quantity!)
  return { ...opening, run: event.run, quantity: event.quantity!, rate, startedAt: floorSecond(event.at) }
}

/** A resize may not know what it resizes: whether its quantity fits the price is known only here. */
function tryRate(price: Price, quantity: Quantity): bigint | undefined {
  try {
    return rateOf(price, quantity)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}
