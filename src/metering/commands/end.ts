import { compareInstants } from '../../base/index.ts'
import type { Folded, FoldedSpan, Observation } from '../fold.ts'
import type { Resource } from '../store.ts'
import type { Ending } from './store.ts'

/**
 * What a resource has ended of what it was asked, when it is folded again: all, where its run runs no longer. Where it was stopped and
 * started again at once, what was asked up to that stop: what began since must not be stopped by an old wish.
 */
export function endingOf(
  resource: Resource,
  ran: FoldedSpan | undefined,
  { spans, noEffect }: Folded,
  fresh: readonly Observation[],
): Ending | undefined {
  if (!ran || ran.endedAt) return undefined
  const runs = spans.at(-1)
  if (!runs || runs.endedAt || runs.run !== ran.run) return { resource, upTo: 'infinity' }
  const stops = fresh.filter(({ eventId, type }) => (type === 'stopped' || type === 'absent') && !noEffect.has(eventId))
  const [last] = stops.map(({ at }) => at).sort((a, b) => compareInstants(b, a))
  return last && { resource, upTo: last }
}
