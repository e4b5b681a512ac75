import { formatGrains } from '@corehour/contract'
import { numberFormat } from './formats.ts'

/** Money as the API carries it. */
export type Shown = { currency: string; amount: string; grains: string }

/** Of the width of a plus, where a hyphen is not. */
export const MINUS = '\u2212'

/**
 * An amount in the pieces in which it is set: sign and whole units with separators, cents, and the places below a cent, which are
 * shown where they are not nothing: never rounded away in silence.
 */
export function piecesOf(grains: bigint, locale: string) {
  const isBelow = grains < 0n
  const [whole, fraction = ''] = formatGrains(isBelow ? -grains : grains).split('.') as [string, string?]
  return {
    sign: isBelow ? MINUS : '',
    whole: numberFormat(locale).format(BigInt(whole)),
    cents: `.${fraction.slice(0, 2)}`,
    below: fraction.slice(2).replace(/0+$/, ''),
  }
}

/** ¥ for CNY, $ for USD; other currencies by their code. */
export function signOf(currency: string): string {
  return { CNY: '¥', USD: '$', EUR: '€' }[currency] ?? `${currency} `
}

/** What was added up here, as the API would carry it. */
export function ofGrains(grains: bigint, currency: string): Shown {
  return { currency, amount: '', grains: grains.toString() }
}
