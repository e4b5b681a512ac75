import { divideHalfUp, GRAINS_PER_UNIT } from '../base/index.ts'

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
    const digits = (step < 0n ? -step : step).toString().padStart(places + 1, '0')
    const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
    return step < 0n ? `-${text}` : text
  }
}
