import { formatGrains, GRAINS_PER_UNIT } from '@corehour/contract'
import { Refusal } from './refusal.ts'

export { divideHalfUp, formatGrains, GRAINS_PER_UNIT } from '@corehour/contract'

/** An amount of one currency. A grain is 1/3,600,000,000 of the main unit: a micro-unit per hour is a grain per second. */
export type Money = { currency: string; grains: bigint }
/** Grains per second. */
export type Rate = bigint

/** One cent: the smallest amount in which cash comes in and goes out. */
export const GRAINS_PER_MINOR = GRAINS_PER_UNIT / 100n
/** A hundred million main units: the most that one posting may move; 25 of them fit an account's bigint. */
export const LARGEST_AMOUNT = 100_000_000n * GRAINS_PER_UNIT

/** A decimal as a whole number of its last place: 1.25 is { digits: 125n, places: 2 }. */
export type Decimal = { digits: bigint; places: number }

const PLAIN = /^-?\d{1,30}(?:\.(\d{1,30}))?$/

/** Reads a plain decimal: digits and at most one point; no exponent, blank, sign `+` or NaN. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = PLAIN.exec(text)
  if (!match) return undefined
  return { digits: BigInt(text.replace('.', '')), places: match[1]?.length ?? 0 }
}

/** `value` as a whole number of 10^-places, exactly; undefined where it has more places than that. */
export function scaleDecimal(value: Decimal, places: number): bigint | undefined {
  if (places >= value.places) return value.digits * 10n ** BigInt(places - value.places)
  const divisor = 10n ** BigInt(value.places - places)
  return value.digits % divisor === 0n ? value.digits / divisor : undefined
}

/**
 * Reads an amount of cash such as `200` or `12.50` as grains.
 * @throws Refusal bad_amount when it is not a plain positive decimal with at most two places; amount_too_large above 100 million.
 */
export function parseAmount(text: string): bigint {
  const decimal = parseDecimal(text)
  const minor = decimal && scaleDecimal(decimal, 2)
  if (minor === undefined || minor <= 0n) throw new Refusal('bad_amount', { value: text, places: 2 })
  const grains = minor * GRAINS_PER_MINOR
  if (grains > LARGEST_AMOUNT) throw new Refusal('amount_too_large', { value: text, limit: '100000000' })
  return grains
}

/** Money as the API and files carry it: exact grains beside a decimal for reading. */
export function showMoney(money: Money): { currency: string; amount: string; grains: string } {
  return { currency: money.currency, amount: formatGrains(money.grains), grains: money.grains.toString() }
}
