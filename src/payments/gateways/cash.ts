import { parseDecimal, scaleDecimal } from '../../base/index.ts'
import type { Cash } from '../gateway.ts'
import { Unreadable } from './fields.ts'

/** What PayPal charges in whole units alone; of the currencies here, all others have two places. */
const WHOLE = new Set(['HUF', 'JPY', 'TWD'])

/** How many places an amount of a currency has: 2, or none. */
export function placesOf(currency: string): 0 | 2 {
  return WHOLE.has(currency) ? 0 : 2
}

/** As gateways write it: `12.50`, or `1250` where the currency has no places. */
export function writeCash({ currency, minor }: Cash): string {
  const places = placesOf(currency)
  if (places === 0) return minor.toString()
  const digits = (minor < 0n ? -minor : minor).toString().padStart(places + 1, '0')
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/**
 * Reads a decimal such as `12.5`, `12.50` or `-0.01`.
 * @throws Unreadable when it is not a plain decimal, or is finer than the currency.
 */
export function readCash(text: string, currency: string): Cash {
  const decimal = parseDecimal(text)
  const minor = decimal && scaleDecimal(decimal, placesOf(currency))
  if (minor === undefined) throw new Unreadable(`an amount of ${currency} is not a plain decimal`)
  return { currency, minor }
}
