import { formatGrains } from '@corehour/contract'

/** Money as the API carries it. */
export type Shown = { currency: string; amount: string; grains: string }

/**
 * An amount in the pieces in which it is set: sign and whole units with separators, cents, and the places below a cent, which are
 * shown where they are not nothing: never rounded away in silence.
 */
export function piecesOf(grains: bigint, locale: string): { whole: string; cents: string; below: string } {
  const [whole, fraction = ''] = formatGrains(grains).split('.') as [string, string?]
  const grouped = new Intl.NumberFormat(locale).format(BigInt(whole.replace('-', '')))
  const below = fraction.slice(2).replace(/0+$/, '')
  return { whole: `${whole.startsWith('-') ? '\u2212' : ''}${grouped}`, cents: `.${fraction.slice(0, 2)}`, below }
}

/** ¥ for CNY, $ for USD; other currencies by their code. */
export function signOf(currency: string): string {
  return { CNY: '¥', USD: '$', EUR: '€' }[currency] ?? `${currency} `
}
