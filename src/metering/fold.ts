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
  opening?: Opening | undefined
  /** With `started`, `running` and `resized`. */
  quantity?: Quantity | undefined
  /** Of an opening: grains per second, where they have been reckoned already. */
  rate?: bigint | undefined
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
  let spans: FoldedSpan[] | undefined
  // Hardly ever needed, and a third of a kilobyte each.
  let noEffect: Map<string, RefusalCode> | undefined
  let current = open
  let run = open?.run ?? 0
  for (const event of events.length > 1 ? [...events].sort(compareObservations) : events) {
    const deletedAt = current && context.deletedAt(current.projectId)
    if (deletedAt && compareInstants(deletedAt, event.at) <= 0) {
      spans = end(spans, current, deletedAt)
      current = undefined
    }
    const running = current !== undefined && current.run === event.run
    let refused: RefusalCode | undefined
    if (event.type === 'started' || event.type === 'running') {
      refused = running ? 'already_running' : refuseOpening(event, run, context)
      if (!refused) {
        spans = end(spans, current, event.at)
        run = event.run
        current = openSpan(event, context)
      }
    } else if (!running) refused = 'already_stopped'
    else if (event.type === 'resized') {
      const before = current!
      const rate = tryRate(context.price(before.priceId), event.quantity!)
      if (rate === undefined) refused = 'bad_quantity'
      else {
        spans = end(spans, before, event.at)
        current = { ...before, quantity: event.quantity!, rate, startedAt: floorSecond(event.at) }
      }
    } else {
      spans = end(spans, current, event.at)
      current = undefined
    }
    if (refused && !isExpected(event.type, refused)) (noEffect ??= new Map()).set(event.eventId, refused)
  }
  const deletedAt = current && context.deletedAt(current.projectId)
  if (deletedAt) spans = end(spans, current, deletedAt)
  else if (current) spans = add(spans, current)
  return { spans: spans ?? [], noEffect: noEffect ?? ALL_HAD }
}

/** The spans with the one that ends here, if any does; within its first second it was nothing. */
function end(spans: FoldedSpan[] | undefined, span: FoldedSpan | undefined, at: Temporal.Instant) {
  const endedAt = floorSecond(at)
  return span && compareInstants(endedAt, span.startedAt) > 0 ? add(spans, { ...span, endedAt }) : spans
}

/** Nearly all resources have one span, and a list that grows from nothing has room for 17. */
function add(spans: FoldedSpan[] | undefined, span: FoldedSpan): FoldedSpan[] {
  if (!spans) return [span]
  spans.push(span)
  return spans
}

/** That something runs, or not, where it is known already, is no news but nothing to complain of. */
function isExpected(type: ObservationType, refused: RefusalCode): boolean {
  return (type === 'running' && refused === 'already_running') || (type === 'absent' && refused === 'already_stopped')
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
  // Field by field: a copy to which fields are added is two objects.
  return {
    projectId: opening.projectId,
    userId: opening.userId,
    kind: opening.kind,
    sku: opening.sku,
    priceId: opening.priceId,
    run: event.run,
    quantity: event.quantity!,
    rate: event.rate ?? rateOf(context.price(opening.priceId), event.quantity!),
    startedAt: floorSecond(event.at),
  }
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
