import type { Client } from '@corehour/sdk'
import { readFileSync } from 'node:fs'
import { confirm, type Call } from '../call.ts'
import { changesBetween, type Change, type PriceTable } from '../changes.ts'
import { localInstant, paint } from '../show.ts'
import { aligned, table, unitOf } from '../table.ts'
import { EXIT, UsageError, type Terminal } from '../verb.ts'

type Document = Parameters<Client['priceLists']['publish']>[0]
const COLOUR = { new: 'green', gone: 'red', dearer: 'red', cheaper: 'green', same: 'dim' } as const
const KINDS = ['new', 'gone', 'dearer', 'cheaper', 'same'] as const

/** Shows what a price list changes, asks, and publishes it. */
export async function publish(
  { client, print }: Call,
  file: string,
  values: { yes?: boolean; 'idempotency-key'?: string },
  terminal: Terminal,
): Promise<number> {
  const document = readDocument(file)
  const { currency, effective_at } = document
  const before = await client.prices.list({ currency, at: effective_at })
  const changes = changesBetween(
    new Map(before.data.map(({ sku, unit_prices }) => [sku, unit_prices])),
    pricesIn(document),
  )
  const since = before.effective_at === null ? 'nothing' : `the prices since ${localInstant(before.effective_at)}`
  terminal.note(`From ${localInstant(effective_at)} on, in ${currency}, in place of ${since}:\n\n`)
  terminal.note(changesText(changes, terminal))
  if (!(await confirm(terminal, 'Publish this list for good?', values.yes))) return EXIT.failed
  const list = await client.priceLists.publish(document, { idempotencyKey: values['idempotency-key'] })
  print(list, () => `Published as ${list.price_list_id}, in force from ${localInstant(list.effective_at)} on\n`)
  return EXIT.done
}

function changesText(changes: readonly Change[], terminal: Terminal): string {
  const told = changes.filter(({ kind }) => kind !== 'same')
  const counts = KINDS.map((kind) => `${changes.filter((each) => each.kind === kind).length} ${kind}`).join(', ')
  if (told.length === 0) return `No price changes (${counts}).\n\n`
  const format = aligned(told.flatMap(({ was, becomes }) => [was, becomes].filter((price) => price !== undefined)))
  const show = (price: string | undefined) => (price === undefined ? '' : format(price))
  const columns = [
    { title: 'SKU' },
    { title: 'Price of a' },
    { title: 'Was', right: true },
    { title: 'Becomes', right: true },
    { title: '', right: true },
    { title: '' },
  ]
  const rows = told.map(({ sku, unit, was, becomes, kind, percent, fallsBack }) => [
    sku,
    unitOf(unit),
    was === undefined && kind !== 'new' ? 'free' : show(was),
    becomes === undefined && kind !== 'gone' ? 'free' : show(becomes),
    percent,
    paint(terminal, COLOUR[kind], fallsBack ? `${kind}: not named any more, so as queue:*` : kind),
  ])
  return `${table(columns, rows)}\nPrices: ${counts}.\n`
}

function pricesIn({ machines = {}, queues = {}, storage = {} }: Document): PriceTable {
  const plans = Object.entries(storage).map(([name, price]) => [
    `storage:${name.replace('_gb_month', '')}`,
    { gb_month: price },
  ])
  return new Map<string, Record<string, string>>([
    ...Object.entries(machines).map(([name, price]) => [`machine:${name}`, { machine_hour: price }]),
    ...Object.entries(queues).map(([name, units]) => [`queue:${name}`, units]),
    ...plans,
  ] as [string, Record<string, string>][])
}

/** @throws UsageError for what can't be compared; whether it is a good list is for the server to say. */
function readDocument(file: string): Document {
  let document: Document
  try {
    document = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''))
  } catch (error) {
    throw new UsageError(`${file} can't be read as JSON: ${(error as Error).message}`)
  }
  if (!isRecord(document) || typeof document.currency !== 'string' || typeof document.effective_at !== 'string')
    throw new UsageError(`${file} is no price list: it needs currency and effective_at`)
  for (const part of ['machines', 'queues', 'storage'] as const) checkPrices(file, part, document[part] ?? {})
  return document
}

function checkPrices(file: string, path: string, value: unknown): void {
  if (isRecord(value)) for (const [name, each] of Object.entries(value)) checkPrices(file, `${path}.${name}`, each)
  else if (typeof value !== 'string' || !/^\d{1,12}(\.\d{1,6})?$/.test(value))
    throw new UsageError(`${file}: ${path} is no price: a decimal in quotes with at most six places, such as "0.05"`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
