import { assert, GRAINS_PER_UNIT, parseDecimal, type Money } from '../base/index.ts'
import type { Cash } from './gateway.ts'
import { placesOf } from './gateways/cash.ts'

/** How an account's currency becomes the payer's. Decimals as text, kept with each order as they were. */
export type Exchange = {
  /** Of the account's currency for one of the payer's, such as `7.10` yuan for a dollar. */
  rate: string
  /** The part of the rate that is kept for its moving until the money is ours, from 0 and below 1, such as `0.02`. */
  margin: string
  /** Where the rate came from. */
  source: string
}

/**
 * What a payer is asked for an amount: as it is in the account's own currency, else at the rate less the margin, rounded up once, to the
 * payer's minor unit. 200 yuan at 7.10 less 2 %: 200 / 6.958 = 28.744.., so 28.75 dollars.
 */
export function chargedFor(amount: Money, currency: string, exchange: Exchange | null): Cash {
  const unit = 10n ** BigInt(placesOf(currency))
  const rate = parseDecimal(exchange?.rate ?? '1')
  const margin = parseDecimal(exchange?.margin ?? '0')
  assert(rate && margin && rate.digits > 0n && margin.digits >= 0n, 'a rate and a margin are plain decimals')
  const whole = 10n ** BigInt(margin.places)
  assert(margin.digits < whole, 'a margin is less than all')
  const dividend = amount.grains * unit * 10n ** BigInt(rate.places) * whole
  const divisor = GRAINS_PER_UNIT * rate.digits * (whole - margin.digits)
  return { currency, minor: (dividend + divisor - 1n) / divisor }
}
