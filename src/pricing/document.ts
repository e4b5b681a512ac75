import { parseDecimal, parseInstant, Refusal, scaleDecimal } from '../base/index.ts'
import { formatMicro } from './price.ts'

/** A price list as it is published, in its one canonical form: keys sorted, decimals without idle zeros, the instant in UTC. */
export type PriceListDocument = {
  currency: string
  effective_at: string
  /** Main units per hour. */
  machines: Record<string, string>
  queues: Record<string, { cpu_hour: string; gpu_hour: string; gb_hour: string }>
  /** Main units per GB and month. */
  storage: { personal_gb_month?: string; project_gb_month?: string }
}

const LARGEST_PRICE = 1_000_000n
const PLACES = 6
const NAME = /^(?=\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,200}(?<=\S)$/u
const RESOURCES = ['cpu_hour', 'gpu_hour', 'gb_hour'] as const
const STORAGE = ['personal_gb_month', 'project_gb_month'] as const
const EARLIEST = Temporal.Instant.from('1970-01-01T00:00:00Z')
const LATEST = Temporal.Instant.from('9999-12-31T00:00:00Z')

/**
 * Reads a price list (parsed JSON) strictly. A unit price left out of a queue is 0; a SKU left out is not sold.
 * @throws Refusal bad_price_list, naming the path of what is wrong.
 */
export function parsePriceList(json: unknown): PriceListDocument {
  const list = record(json, 'the list', ['currency', 'effective_at', 'machines', 'queues', 'storage'])
  const document = {
    currency: readCurrency(list.currency),
    effective_at: readEffectiveAt(list.effective_at),
    machines: readNamed(list.machines, 'machines', readPrice),
    queues: readNamed(list.queues, 'queues', readQueue),
    storage: readStorage(list.storage),
  }
  const skus = [document.machines, document.queues, document.storage].flatMap(Object.keys)
  if (skus.length === 0) fail('the list', 'prices nothing; name at least one machine, queue or storage')
  return document
}

/** Every SKU of a document with its unit prices in micro-units, as text. */
export function pricesIn(document: PriceListDocument): { sku: string; unitPrices: Record<string, string> }[] {
  return [
    ...Object.entries(document.machines).map(([name, price]) => ({
      sku: `machine:${name}`,
      unitPrices: { machine_hour: microText(price) },
    })),
    ...Object.entries(document.queues).map(([name, prices]) => ({
      sku: `queue:${name}`,
      unitPrices: Object.fromEntries(RESOURCES.map((resource) => [resource, microText(prices[resource])])),
    })),
    ...Object.entries(document.storage).map(([name, price]) => ({
      sku: `storage:${name.replace(/_gb_month$/, '')}`,
      unitPrices: { gb_month: microText(price) },
    })),
  ]
}

function readCurrency(value: unknown): string {
  if (typeof value !== 'string' || !/^[A-Z]{3}$/.test(value))
    fail('currency', 'must be three capital letters, such as "CNY"')
  return value
}

function readEffectiveAt(value: unknown): string {
  const problem = 'must be an RFC 3339 instant with a zone from 1970 to 9999, such as "2026-01-01T00:00:00Z"'
  if (typeof value !== 'string') return fail('effective_at', problem)
  try {
    const at = parseInstant(value)
    if (Temporal.Instant.compare(at, EARLIEST) >= 0 && Temporal.Instant.compare(at, LATEST) < 0) return at.toString()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  return fail('effective_at', problem)
}

/** Machines or queues by name, sorted, so that the same list always has the same text. */
function readNamed<T>(value: unknown, path: string, read: (value: unknown, path: string) => T): Record<string, T> {
  const entries = Object.entries(value === undefined ? {} : record(value, path))
  for (const [name] of entries) {
    if (!NAME.test(name)) {
      fail(at(path, name), 'must have a name of 1 to 200 characters, no control characters, no blank at either end')
    }
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, each]) => [name, read(each, at(path, name))]))
}

function readQueue(value: unknown, path: string): PriceListDocument['queues'][string] {
  const queue = record(value, path, RESOURCES)
  const price = (resource: string) =>
    queue[resource] === undefined ? '0' : readPrice(queue[resource], at(path, resource))
  return { cpu_hour: price('cpu_hour'), gpu_hour: price('gpu_hour'), gb_hour: price('gb_hour') }
}

function readStorage(value: unknown): PriceListDocument['storage'] {
  const storage = value === undefined ? {} : record(value, 'storage', STORAGE)
  const sold = STORAGE.filter((plan) => storage[plan] !== undefined)
  return Object.fromEntries(sold.map((plan) => [plan, readPrice(storage[plan], at('storage', plan))]))
}

function readPrice(value: unknown, path: string): string {
  if (typeof value === 'number')
    return fail(path, `must be a decimal in quotes ("${value}"), since a bare number is rounded on its way`)
  if (typeof value !== 'string') return fail(path, 'must be a decimal in quotes, such as "0.4"')
  const shown = JSON.stringify(value.slice(0, 60))
  const decimal = /^(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value) ? parseDecimal(value) : undefined
  if (!decimal) return fail(path, `must be a plain decimal from 0, such as "0.4", not ${shown}`)
  if (decimal.places > PLACES) return fail(path, `must have at most ${PLACES} places, not ${shown}`)
  const micro = scaleDecimal(decimal, PLACES)!
  if (micro > LARGEST_PRICE * 10n ** BigInt(PLACES)) return fail(path, `must be at most ${LARGEST_PRICE}, not ${shown}`)
  return formatMicro(micro)
}

function microText(price: string): string {
  return scaleDecimal(parseDecimal(price)!, PLACES)!.toString()
}

function record(value: unknown, path: string, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(path, 'must be an object')
  const unknown = known && Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined)
    fail(path === 'the list' ? at('', unknown) : at(path, unknown), `is not known here; use ${known!.join(', ')}`)
  return value as Record<string, unknown>
}

/** The path of a key: dots for plain names, brackets for others. */
function at(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 210))}]`
  return path === '' ? key : `${path}.${key}`
}

function fail(path: string, problem: string): never {
  throw new Refusal('bad_price_list', { detail: `${path} ${problem}`, path })
}
