/** A grain is 1/3,600,000,000 of the main unit: a price of a micro-unit per hour is a grain per second. */
export const GRAINS_PER_UNIT = 3_600_000_000n

/** Division rounded half up, away from zero: the only rounding there is, used for rates and for reading. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n
  const size = negative ? -dividend : dividend
  const quotient = (2n * size + divisor) / (2n * divisor)
  return negative ? -quotient : quotient
}

/** Grains as a decimal of the main unit, rounded half up to `places` (0 to 8) for reading: 400000n is `0.00011111`. */
export function formatGrains(grains: bigint, places = 8): string {
  return decimalOf(divideHalfUp(grains * 10n ** BigInt(places), GRAINS_PER_UNIT), places)
}

/**
 * Writes a column of amounts so that what is read adds up: each decimal is the rounded running total less the one before, and
 * so the column's sum is the rounded sum of its grains. Call the answer once a row, in order.
 * @param places decimals of the main unit, 0 to 8.
 */
export function runningAmounts(places = 8): (grains: bigint) => string {
  const unit = 10n ** BigInt(places)
  let total = 0n
  let shown = 0n
  return (grains) => {
    total += grains
    const next = divideHalfUp(total * unit, GRAINS_PER_UNIT)
    const step = next - shown
    shown = next
    return decimalOf(step, places)
  }
}

/** A whole number of the last of `places` decimals. */
function decimalOf(scaled: bigint, places: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, '0')
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return scaled < 0n ? `-${text}` : text
}
