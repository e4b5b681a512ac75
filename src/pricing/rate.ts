import { divideHalfUp, formatGrains, LARGEST_AMOUNT, Refusal, type Rate } from '../base/index.ts'
import type { Price } from './price.ts'
import { familyOf, type Unit } from './sku.ts'

/** How much of a SKU: plain decimals by what is counted, such as { cpu: '4', gpu: '0.46', gb: '16' } or { count: '2' }. */
export type Quantity = Readonly<Record<string, string>>

const PLACES = 10
const SCALE = 10n ** BigInt(PLACES)
const LARGEST_QUANTITY = '10000000'
/** The limit is in the pattern: without reading bigints a check takes 0.5 instead of 2 microseconds. */
const PLAIN_QUANTITY = /^(?:(?:0|[1-9]\d{0,6})(?:\.\d{1,10})?|10000000(?:\.0{1,10})?)$/
/** 100,000 main units an hour: ninety million seconds of it still fit an account's bigint. */
export const LARGEST_RATE = 100_000_000_000n

/**
 * Checks what a platform or a user says of a quantity, without a price. Pure and cheap: it runs once an event.
 * `sku` is undefined where it isn't known yet (a resize); then any quantity that some SKU takes will do.
 * @throws Refusal bad_quantity (not a plain decimal in quotes, 0 to 10,000,000, at most 10 places; a name that the SKU
 * doesn't count; nothing at all for a queue), not_metered (storage plans, sold by the month).
 */
export function checkQuantity(sku: string | undefined, quantity: Readonly<Record<string, unknown>>): Quantity {
  const family = sku === undefined ? undefined : familyOf(sku)
  if (family?.period === 'month') throw new Refusal('not_metered', { sku })
  const units = family?.units ?? ALL_UNITS
  let isEmpty = true
  for (const name in quantity) {
    isEmpty = false
    const value = quantity[name]
    if (typeof value !== 'string' || !PLAIN_QUANTITY.test(value) || !isCountedIn(units, name)) {
      throw badQuantity(sku, units, name, value)
    }
  }
  if (isEmpty && family && family.units.every((unit) => unit.otherwise === '0'))
    throw badQuantity(sku, units, units[0]!.counts, undefined)
  return quantity as Quantity
}

/**
 * What a quantity costs: grains per second, which is micro-units per hour. The sum of unit price times quantity, exact, and
 * rounded once, half up. From 0 to 10^11.
 * @throws Refusal bad_quantity, not_metered as checkQuantity; rate_too_large above 100,000 main units an hour.
 */
export function rateOf(price: Price, quantity: Quantity): Rate {
  checkQuantity(price.sku, quantity)
  let sum = 0n
  for (const unit of familyOf(price.sku)!.units) {
    const unitPrice = price.unitPrices[unit.price] ?? 0n
    if (unitPrice !== 0n) sum += unitPrice * scaled(quantity[unit.counts] ?? unit.otherwise)
  }
  const rate = divideHalfUp(sum, SCALE)
  if (rate > LARGEST_RATE)
    throw new Refusal('rate_too_large', { sku: price.sku, value: perHour(rate), limit: perHour(LARGEST_RATE) })
  return rate
}

/**
 * The cost in grains of a quantity over whole seconds.
 * @throws Refusal as rateOf; bad_request for seconds that aren't whole, from 0; amount_too_large above 100 million main units.
 */
export function estimate(price: Price, quantity: Quantity, seconds: number): bigint {
  if (!Number.isSafeInteger(seconds) || seconds < 0)
    throw new Refusal('bad_request', { detail: 'seconds must be a whole number from 0' })
  return checkAmount(rateOf(price, quantity) * BigInt(seconds))
}

/** @throws Refusal amount_too_large above what one posting may move. */
export function checkAmount(grains: bigint): bigint {
  if (grains > LARGEST_AMOUNT)
    throw new Refusal('amount_too_large', { value: formatGrains(grains, 2), limit: '100000000' })
  return grains
}

const ALL_UNITS: readonly Unit[] = [...familyOf('queue:*')!.units, ...familyOf('machine:*')!.units]

/** A checked decimal as a whole number of ten-billionths. */
function scaled(decimal: string): bigint {
  const point = decimal.indexOf('.')
  if (point < 0) return BigInt(decimal) * SCALE
  return BigInt(decimal.slice(0, point) + decimal.slice(point + 1).padEnd(PLACES, '0'))
}

function isCountedIn(units: readonly Unit[], name: string): boolean {
  for (const unit of units) if (unit.counts === name) return true
  return false
}

function badQuantity(sku: string | undefined, units: readonly Unit[], name: string, value: unknown): Refusal {
  const names = units.map((unit) => unit.counts).join(', ')
  const named = value === undefined ? 'nothing' : typeof value
  const shown = typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 60) : named
  return new Refusal('bad_quantity', {
    name: name.slice(0, 60),
    value: shown,
    sku: sku ?? 'a SKU',
    names,
    limit: LARGEST_QUANTITY,
  })
}

/** Grains per second as main units per hour: the same digits as micro-units. */
function perHour(rate: Rate): string {
  return formatGrains(rate * 3600n, 6)
}
