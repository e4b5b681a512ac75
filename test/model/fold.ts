import { byText, rateOf, secondOf, type Event, type Span } from './rules.ts'

const OPENS = new Set(['started', 'running'])
const CLOSES = new Set(['stopped', 'absent'])

/** The spans of one resource: a pure function of the set of its events and of when its projects were deleted. */
export function fold(events: readonly Event[], deleted: ReadonlyMap<string, number>): Span[] {
  const spans: Span[] = []
  let highest = 0
  let open: { from: number; event: Event; quantity: Event['quantity'] } | undefined

  const close = (at: number) => {
    if (!open) return
    const end = Math.min(at, deleted.get(open.event.key.project) ?? at)
    if (end > open.from)
      spans.push({ from: open.from, to: end, rate: rateOf(open.event.prices, open.quantity), key: open.event.key })
    open = undefined
  }

  for (const event of inOrder(events)) {
    const at = secondOf(event.at)
    if (at >= (deleted.get(event.key.project) ?? Infinity)) continue
    // A project that is gone has stopped all that ran in it.
    if (open && at >= (deleted.get(open.event.key.project) ?? Infinity)) close(at)
    if (event.run < highest) continue
    if (OPENS.has(event.type)) {
      if (event.run > highest) close(at)
      highest = event.run
      open ??= { from: at, event, quantity: event.quantity }
    } else if (open && event.run === highest) {
      const before = open
      if (CLOSES.has(event.type)) close(at)
      if (event.type === 'resized') {
        close(at)
        open = { from: at, event: before.event, quantity: event.quantity }
      }
    }
  }
  if (open) {
    const end = deleted.get(open.event.key.project)
    if (end !== undefined) close(end)
    else
      spans.push({
        from: open.from,
        to: undefined,
        rate: rateOf(open.event.prices, open.quantity),
        key: open.event.key,
      })
  }
  return spans
}

/** By exact instant, then id; an id that comes again is the same event. */
export function inOrder(events: readonly Event[]): Event[] {
  const known = new Map(events.map((event) => [event.id, event]))
  return [...known.values()].sort((a, b) => a.at - b.at || byText(a.id, b.id))
}
