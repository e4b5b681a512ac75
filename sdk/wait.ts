/** A server that asks for more patience than this gets its answer passed on instead. */
const LONGEST_MS = 60_000
const FIRST_MS = 250
const MOST_MS = 8000

/**
 * How long to wait before the try after `attempt` (from 0): twice as long each time with a random half, so that clients that failed
 * together don't come back together. What the server asks for, in milliseconds, is honoured; undefined when that is over a minute.
 */
export function pause(attempt: number, asked: number | undefined): number | undefined {
  const step = Math.min(FIRST_MS * 2 ** attempt, MOST_MS)
  const random = crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32
  if (asked === undefined) return (step * (1 + random)) / 2
  return asked > LONGEST_MS ? undefined : asked + FIRST_MS * random
}

/** Retry-After in milliseconds. A date counts from the answer's own Date: the two clocks need not agree. */
export function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const distance = Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(distance) ? undefined : Math.max(0, distance)
}

/** @throws the signal's reason as soon as it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Aborted as soon as one of them is. */
export function eitherOf(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other)
}
