import { formatGrains, GRAINS_PER_UNIT } from '@corehour/contract'
import { stripVTControlCharacters } from 'node:util'

export type Column = { title: string; right?: boolean }

/** Lines of a table: columns as wide as their widest cell, numbers to the right; a row of undefined is a rule. */
export function table(columns: readonly Column[], rows: readonly (readonly string[] | undefined)[]): string {
  const widths = columns.map(({ title }, i) => Math.max(...[title, ...rows.map((row) => row?.[i] ?? '')].map(widthOf)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const blank = ' '.repeat(widths[i]! - widthOf(cell))
        return columns[i]!.right ? blank + cell : cell + blank
      })
      .join('  ')
      .trimEnd()
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)))
  return [line(columns.map(({ title }) => title)), rule, ...rows.map((row) => (row ? line(row) : rule))]
    .map((text) => `${text}\n`)
    .join('')
}

/**
 * How many places some amounts need: as many as show all of them exactly; where none do, cents, or eight where one is less than a
 * main unit.
 */
export function placesFor(amounts: readonly bigint[]): number {
  for (let places = 2; places <= 8; places++)
    if (amounts.every((grains) => (grains * 10n ** BigInt(places)) % GRAINS_PER_UNIT === 0n)) return places
  return amounts.some((grains) => grains !== 0n && grains > -GRAINS_PER_UNIT && grains < GRAINS_PER_UNIT) ? 8 : 2
}

/** Digits before the point in groups of three. */
export function grouped(decimal: string): string {
  const [whole, fraction] = decimal.split('.')
  const groups = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? groups : `${groups}.${fraction}`
}

export function money(grains: bigint, places: number): string {
  return grouped(formatGrains(grains, places))
}

/** Chinese and other wide characters take two columns of a terminal, colours none. */
function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text))
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
      character,
    )
      ? 2
      : 1
  return width
}

/** Amounts of one currency for reading, with as many places as they need; exact from their grains. */
export type Shown = { currency: string; grains: string }
export function amounts(list: readonly Shown[]): (one: Shown) => string {
  const places = placesFor(list.map(({ grains }) => BigInt(grains)))
  return ({ grains }) => money(BigInt(grains), places)
}

/** One amount with its currency. */
export function amountOf(one: Shown): string {
  return `${money(BigInt(one.grains), placesFor([BigInt(one.grains)]))} ${one.currency}`
}

const UNITS: Record<string, string> = {
  machine_hour: 'hour',
  cpu_hour: 'CPU hour',
  gpu_hour: 'GPU hour',
  gb_hour: 'GB hour',
  gb_month: 'GB month',
}

/** What a unit price is for: `CPU hour`. */
export function unitOf(name: string): string {
  return UNITS[name] ?? name.replaceAll('_', ' ')
}

/** The known units in their order, then others. */
export function inOrder(units: readonly string[]): string[] {
  const known = Object.keys(UNITS)
  return [...known.filter((unit) => units.includes(unit)), ...units.filter((unit) => !known.includes(unit))]
}

/** Unit prices in words, `0.05 a CPU hour, 9 a GPU hour`; what is free only where nothing costs. */
export function pricesOf(unitPrices: Readonly<Record<string, string>>): string {
  const costly = inOrder(Object.keys(unitPrices)).filter((unit) => !isFree(unitPrices[unit]!))
  return costly.map((unit) => `${grouped(unitPrices[unit]!)} a ${unitOf(unit)}`).join(', ') || 'free'
}

export function isFree(price: string): boolean {
  return /^0*(\.0*)?$/.test(price)
}

/** Decimals with as many places as the longest of them has, two at least, so that their points stand under each other. */
export function aligned(decimals: readonly string[]): (decimal: string) => string {
  const places = Math.max(2, ...decimals.map((decimal) => decimal.split('.')[1]?.length ?? 0))
  return (decimal) => {
    const [whole, fraction = ''] = decimal.split('.')
    return grouped(`${whole}.${fraction.padEnd(places, '0')}`)
  }
}
