/** Chance that is the same for the same seed. */
export type Chance = {
  /** A whole number from 0 up to, not including, `below`. */
  upTo(below: number): number
  pick<T>(items: readonly T[]): T
  /** True one time in `times`. */
  oneIn(times: number): boolean
  shuffled<T>(items: readonly T[]): T[]
}

/** mulberry32: 32 bits of state are plenty for a schedule. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (below: number) => Math.floor(next() * below)
  return {
    upTo,
    pick: (items) => items[upTo(items.length)]!,
    oneIn: (times) => upTo(times) === 0,
    shuffled: (items) =>
      items
        .map((item) => ({ item, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ item }) => item),
  }
}
