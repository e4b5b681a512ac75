/**
 * The rules of the books once more, plain and slow, sharing no code with src/: what the engine is held against.
 * Seconds since the epoch are numbers, exact instants are microseconds, money is grains.
 */
export const BOUNDARY = 300
export const HOUR = 3600
export const DAY = 86_400
/** Asia/Shanghai has stood 8 hours ahead of UTC, without summer time, since 1991. */
const ZONE = 8 * HOUR

export type Type = 'started' | 'resized' | 'stopped' | 'running' | 'absent'
/** The part of a bill line's key beside its day: project, user, kind and SKU. */
export type Key = { project: string; user: string; kind: string; sku: string }
/** What is counted, in ten-thousandths: { gpu: 4600n } is 0.46 GPU. */
export type Quantity = Record<string, bigint>
/** Micro-units per hour by what is counted. */
export type UnitPrices = Record<string, bigint>

/** One observation. Opening ones carry key, prices and quantity; a resize carries the quantity. */
export type Event = {
  resource: string
  run: number
  id: string
  type: Type
  /** Microseconds since the epoch. */
  at: number
  key: Key
  prices: UnitPrices
  quantity: Quantity
}

/** `[from, to)` in seconds; an open span has no `to`. */
export type Span = { from: number; to: number | undefined; rate: bigint; key: Key }

export function secondOf(micros: number): number {
  return Math.floor(micros / 1_000_000)
}

export function floorTo(second: number, step: number): number {
  return Math.floor(second / step) * step
}

/** Days since the epoch in the operator's zone. */
export function dayOf(second: number): number {
  return Math.floor((second + ZONE) / DAY)
}

export function startOfDay(day: number): number {
  return day * DAY - ZONE
}

/** The one rounding there is: price times quantity, half up to a whole micro-unit per hour. */
export function rateOf(prices: UnitPrices, quantity: Quantity): bigint {
  let sum = 0n
  for (const [what, count] of Object.entries(quantity)) sum += count * (prices[what] ?? 0n)
  return (sum + 5_000n) / 10_000n
}

/** How many seconds of `[from, to)` lie in `[low, high)`. */
export function overlap(from: number, to: number | undefined, low: number, high: number): number {
  return Math.max(0, Math.min(to ?? high, high) - Math.max(from, low))
}

/** A bill line's key: days sort as text, and text compares part by part because no part holds a NUL. */
export function lineOf(day: number, key: Key): string {
  return [String(day).padStart(6, '0'), key.project, key.user, key.kind, key.sku].join('\0')
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function add<K>(sums: Map<K, bigint>, key: K, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}

/** Use of some spans in `[low, high)`, per line. */
export function useOf(spans: Iterable<Span>, low: number, high: number): Map<string, bigint> {
  const use = new Map<string, bigint>()
  for (const span of spans) {
    const end = Math.min(span.to ?? high, high)
    for (let day = dayOf(Math.max(span.from, low)); startOfDay(day) < end; day++) {
      const seconds = overlap(span.from, span.to, Math.max(low, startOfDay(day)), Math.min(high, startOfDay(day + 1)))
      if (seconds > 0 && span.rate > 0n) add(use, lineOf(day, span.key), span.rate * BigInt(seconds))
    }
  }
  return use
}
