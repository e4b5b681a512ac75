/** One line of the final table. The floor is what the bare machine needs for the same, measured in the same run. */
export type Row = {
  name: string
  value: number
  unit: 'ms' | 's' | 'events/s' | 'requests/s' | 'admissions/s' | 'MB'
  floor?: { is: string; value: number }
  target?: Target
}
/** What a figure must reach at full volume; no run fails by it. */
export type Target = { text: string; met: boolean }

/** How long some work takes, in milliseconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** The value that so much of a list (0 to 1) does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** A target in the row's own unit. */
export function atMost(value: number, limit: number, unit: Row['unit']): Target {
  return { text: `<= ${limit} ${unit}`, met: value <= limit }
}

/** A target as a multiple of the floor. */
export function atMostTimes(value: number, floor: number, times: number): Target {
  return { text: `<= ${times}x`, met: value <= times * floor }
}

/** Numbers from 0 up to 1 that are the same in every run. */
export function chances(seed = 1): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
