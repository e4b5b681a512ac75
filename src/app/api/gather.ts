/** A load that takes longer is slow: one that waits for a lock must not hold up those that don't. */
const SLOW_MS = 10

/**
 * Lets many requests share what they load: what one turn of the event loop asks for is loaded together, up to `most` keys at once, and what
 * comes while `atOnce` loads are under way waits for the next. One at a time makes the largest batches, and so the least work for each key; two
 * are better where a load waits for the disk. Beside them up to `slow` may be under way that have taken 10 ms. A failed load fails all that shared it; nothing is kept from one to the next. How many may wait
 * is not bounded here: requests are, by what the server takes in at once (body.ts).
 */
export function gather<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  { most, atOnce = 1, slow = 3 }: { most: number; atOnce?: number; slow?: number },
): (key: Key) => Promise<Value> {
  const waiting: { key: Key; resolve(value: Value): void; reject(error: unknown): void }[] = []
  let underWay = 0
  let slowOnes = 0
  let scheduled = false
  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    waiting.push({ key, resolve, reject })
    schedule()
    return promise
  }

  function mayLoad(): boolean {
    return waiting.length > 0 && underWay - Math.min(slowOnes, slow) < atOnce
  }

  /** When all that is readable in this turn has been read. */
  function schedule(): void {
    if (scheduled || !mayLoad()) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      loadWaiting()
    })
  }

  function loadWaiting(): void {
    while (mayLoad()) void loadNext()
  }

  async function loadNext(): Promise<void> {
    const batch = waiting.splice(0, most)
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      slowOnes++
      schedule()
    }, SLOW_MS)
    underWay++
    const end = () => {
      clearTimeout(timer)
      underWay--
      if (isSlow) slowOnes--
      // Before these are answered, which takes as long as a load: else the database would wait meanwhile.
      loadWaiting()
    }
    try {
      const values = await load(batch.map(({ key }) => key))
      end()
      batch.forEach(({ resolve }, i) => resolve(values[i]!))
    } catch (error) {
      end()
      for (const { reject } of batch) reject(error)
    }
  }
}
