import { readFileSync } from 'node:fs'
import type { Client } from '@corehour/sdk'
import { confirm, open, REMOTE_HELP } from '../call.ts'
import { localTime, paint } from '../show.ts'
import { table } from '../table.ts'
import { EXIT, UsageError, type Terminal, type Verb } from '../verb.ts'

export const pricesVerb: Verb = {
  summary: 'what things cost; for staff, publishing a price list',
  help: `corehour prices [SEARCH] [options]
corehour prices publish FILE [--yes]

Prices of an hour, now or at another instant. Publishing shows what changes and asks before; a published list never changes.

  SEARCH                part of a SKU, such as V100
  --at INSTANT          such as 2026-01-01T00:00:00Z
  --currency CNY        where there are prices in several
  --yes                 don't ask
${REMOTE_HELP}
Example: corehour prices gpu
`,
  async run(args, terminal) {
    const options = { at: { type: 'string' }, currency: { type: 'string' }, yes: { type: 'boolean' } } as const
    const { call, client, values, positionals } = open(args, terminal, options, { most: 2 })
    const [first, file] = positionals
    if (first === 'publish') {
      if (file === undefined) throw new UsageError('publish needs the FILE of the price list')
      return publish(client, file, values.yes, terminal, call.print)
    }
    if (file !== undefined) throw new UsageError(`'${file}' is one word too many`)
    const { at, currency } = values
    const answer = await client.prices.list({ search: first, at, currency })
    call.print(answer, () => {
      if (answer.data.length === 0) return 'There is no such price.\n'
      const rows = answer.data.map(({ sku, unit_prices }) => [sku, unitsOf(unit_prices)])
      return `${table([{ title: 'SKU' }, { title: `Price, ${answer.currency}` }], rows)}In force since ${localTime(answer.effective_at)}\n`
    })
    return EXIT.done
  },
}

function unitsOf(unitPrices: Record<string, string>): string {
  return Object.entries(unitPrices)
    .map(([unit, price]) => `${price} per ${unit.replace('_', ' ').replace('machine hour', 'hour')}`)
    .join(', ')
}

async function publish(
  client: Client,
  file: string,
  yes: boolean | undefined,
  terminal: Terminal,
  print: (answer: unknown, text: () => string) => void,
): Promise<number> {
  const document = readDocument(file)
  const before = await client.prices.list({ currency: document.currency, at: document.effective_at })
  const changes = differences(pricesBy(before.data), pricesIn(document))
  terminal.note(`From ${localTime(document.effective_at)} on, in ${document.currency}:\n`)
  if (changes.length === 0) terminal.note('  no price changes\n')
  for (const { sign, colour, text } of changes) terminal.note(paint(terminal, colour, `  ${sign} ${text}\n`))
  if (!(await confirm(terminal, 'Publish this list for good?', yes))) return EXIT.failed
  const list = await client.priceLists.publish(document)
  print(list, () => `Published as ${list.price_list_id}\n`)
  return EXIT.done
}

type Document = Parameters<Client['priceLists']['publish']>[0]

function readDocument(file: string): Document {
  try {
    const document: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof document === 'object' && document !== null && 'currency' in document && 'effective_at' in document)
      return document as Document
  } catch (error) {
    throw new UsageError(`${file} can't be read as JSON: ${(error as Error).message}`)
  }
  throw new UsageError(`${file} is no price list: it needs currency and effective_at`)
}

/** Every price as `sku unit` and its decimal. */
function pricesBy(prices: readonly { sku: string; unit_prices: Record<string, string> }[]): Map<string, string> {
  return new Map(
    prices.flatMap(({ sku, unit_prices }) =>
      Object.entries(unit_prices).map(([unit, price]): [string, string] => [`${sku} ${unit}`, price]),
    ),
  )
}

function pricesIn({ machines = {}, queues = {}, storage = {} }: Document): Map<string, string> {
  return pricesBy([
    ...Object.entries(machines).map(([name, price]) => ({
      sku: `machine:${name}`,
      unit_prices: { machine_hour: price },
    })),
    ...Object.entries(queues).map(([name, units]) => ({
      sku: `queue:${name}`,
      unit_prices: Object.fromEntries(
        Object.entries(units).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    })),
    ...Object.entries(storage).map(([name, price]) => ({
      sku: `storage:${name.replace('_gb_month', '')}`,
      unit_prices: { gb_month: price! },
    })),
  ])
}

type Change = { sign: string; colour: 'green' | 'red' | 'yellow'; text: string }

/** What is new, gone, dearer and cheaper; a price that is 0 or left out is the same. */
export function differences(before: Map<string, string>, after: Map<string, string>): Change[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names.flatMap((name): Change[] => {
    const [old, fresh] = [before.get(name) ?? '0', after.get(name) ?? '0']
    const [from, to] = [micro(old), micro(fresh)]
    if (from === to) return []
    if (from === 0n) return [{ sign: '+', colour: 'green', text: `${name}  ${fresh}` }]
    if (to === 0n) return [{ sign: '-', colour: 'red', text: `${name}  was ${old}` }]
    const tenths = ((to - from) * 1000n) / from
    const size = tenths < 0n ? -tenths : tenths
    const percent = `${to > from ? '+' : '-'}${size / 10n}.${size % 10n} %`
    return [{ sign: '~', colour: to > from ? 'red' : 'green', text: `${name}  ${old} -> ${fresh}  (${percent})` }]
  })
}

/** A decimal in millionths: enough to compare; the server judges it. */
function micro(decimal: string): bigint {
  const [whole, fraction = ''] = decimal.split('.')
  return /^\d+$/.test(whole! + fraction) ? BigInt(whole! + fraction.padEnd(6, '0').slice(0, 6)) : -1n
}
