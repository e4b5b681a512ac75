import { inOrder } from './fold.ts'
import { add, dayOf, lineOf, rateOf, secondOf, startOfDay, type Event, type Key } from './rules.ts'

/**
 * Brute force: what runs in each second, asked anew of the whole set of events, without spans, wallets or lots.
 * Nothing changes between two instants at which something happened, so those stretches are counted at once.
 */
export function truth(
  events: Iterable<readonly Event[]>,
  deleted: ReadonlyMap<string, number>,
  through: number,
): Map<string, bigint> {
  const use = new Map<string, bigint>()
  for (const resource of events) {
    const known = inOrder(resource)
    const changes = changesOf(known, deleted, through)
    for (let i = 0; i + 1 < changes.length; i++) {
      const [from, to] = [changes[i]!, changes[i + 1]!]
      const runs = running(known, deleted, from)
      if (runs && runs.rate > 0n) add(use, lineOf(dayOf(from), runs.key), runs.rate * BigInt(to - from))
    }
  }
  return use
}

/** The rates of all that runs in one second, together. */
export function truthRate(
  events: Iterable<readonly Event[]>,
  deleted: ReadonlyMap<string, number>,
  second: number,
): bigint {
  let rate = 0n
  for (const resource of events) rate += running(inOrder(resource), deleted, second)?.rate ?? 0n
  return rate
}

function changesOf(events: readonly Event[], deleted: ReadonlyMap<string, number>, through: number): number[] {
  const seconds = [...events.map((event) => secondOf(event.at)), ...deleted.values()].filter((at) => at < through)
  const first = Math.min(through, ...seconds)
  const midnights: number[] = []
  for (let day = dayOf(first) + 1; startOfDay(day) < through; day++) midnights.push(startOfDay(day))
  return [...new Set([...seconds, ...midnights, through])].sort((a, b) => a - b)
}

/** What a resource runs in the second that begins at `second`, said as one definition rather than step by step. */
function running(
  events: readonly Event[],
  deleted: ReadonlyMap<string, number>,
  second: number,
): { rate: bigint; key: Key } | undefined {
  const gone = (event: Event, at: number) => at >= (deleted.get(event.key.project) ?? Infinity)
  const past = events.filter((event) => secondOf(event.at) <= second && !gone(event, secondOf(event.at)))
  const opens = (event: Event) => event.type === 'started' || event.type === 'running'
  const run = Math.max(...past.filter(opens).map((event) => event.run))
  const life = past.filter((event) => event.run === run)
  const lastClose = life.findLastIndex((event) => event.type === 'stopped' || event.type === 'absent')
  const opening = life.findIndex((event, i) => i > lastClose && opens(event))
  if (opening < 0 || gone(life[opening]!, second)) return undefined
  const resize = life.findLast((event, i) => i > opening && event.type === 'resized')
  const { key, prices, quantity } = life[opening]!
  return { rate: rateOf(prices, resize?.quantity ?? quantity), key }
}
