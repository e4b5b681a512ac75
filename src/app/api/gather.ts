import type { App } from '../../base/index.ts'

/** Loads under way at once: while one is answered the next is read. More take connections from others and gain nothing. */
const AT_ONCE = 2

/**
 * Lets many requests share what they load: what one turn of the event loop asks for is loaded together, up to `most` keys at once, and what
 * comes while two loads are under way waits for the next. A failed load fails all that shared it; nothing is kept from one to the next.
 * How many may wait is not bounded here: requests are, by what the server takes in at once (body.ts).
 */
export function gather<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  most: number,
): (key: Key) => Promise<Value> {
  const waiting: { key: Key; resolve(value: Value): void; reject(error: unknown): void }[] = []
  let underWay = 0
  let scheduled = false
  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    waiting.push({ key, resolve, reject })
    schedule()
    return promise
  }

  /** When all that is readable in this turn has been read. */
  function schedule(): void {
    if (scheduled || underWay >= AT_ONCE || waiting.length === 0) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      void loadNext()
      schedule()
    })
  }

  async function loadNext(): Promise<void> {
    const batch = waiting.splice(0, most)
    underWay++
    try {
      const values = await load(batch.map(({ key }) => key))
      batch.forEach(({ resolve }, i) => resolve(values[i]!))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      underWay--
      schedule()
    }
  }
}

/** Makes something once for each app, and lets go of it with the app. */
export function perApp<T>(make: (app: App) => T): (app: App) => T {
  const made = new WeakMap<App, { it: T }>()
  return (app) => {
    const known = made.get(app) ?? { it: make(app) }
    made.set(app, known)
    return known.it
  }
}
