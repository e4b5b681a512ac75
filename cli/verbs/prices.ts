import { ACTING, ACTING_HELP, open, REMOTE_HELP } from '../call.ts'
import { localInstant, readInstant } from '../show.ts'
import { aligned, inOrder, isFree, table, unitOf } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'
import { publish } from './publish.ts'

type UnitPrices = Readonly<Record<string, string>>

export const pricesVerb: Verb = {
  summary: 'what things cost; for staff, publishing a price list',
  help: `corehour prices [SEARCH] [options]
corehour prices publish FILE [--yes]

What things cost, now or at another instant; it needs no key. Publishing shows what becomes dearer, cheaper, new and gone against the
prices that would be in force then, and asks; a published list never changes.

  SEARCH                part of a SKU, such as V100
  --at DAY|INSTANT      such as 2026-01-01 or 2026-01-01T08:00:00Z
  --currency CNY        where there are prices in several
${ACTING_HELP}${REMOTE_HELP}
Example: corehour prices a100
`,
  words: ['publish'],
  async run(args, terminal) {
    const options = { at: { type: 'string' }, currency: { type: 'string' }, ...ACTING } as const
    const publishes = args.includes('publish')
    const { call, client, values, positionals } = await open(args, terminal, options, { most: 2, public: !publishes })
    const [first, file] = positionals
    if (first === 'publish') {
      if (file === undefined) throw new UsageError('publish needs the FILE of the price list')
      return publish(call, file, values, terminal)
    }
    if (file !== undefined) throw new UsageError(`'${file}' is one word too many`)
    const at = values.at === undefined ? undefined : readInstant('at', values.at)
    const answer = await client.prices.list({ search: first, at, currency: values.currency })
    call.print(answer, () => {
      const { data, currency, effective_at } = answer
      if (effective_at === null) return `No prices in ${currency} are in force then.\n`
      if (data.length === 0) return `No SKU has '${first}' in its name.\n`
      return `${pricesText(data)}In ${currency}, in force since ${localInstant(effective_at)}\n`
    })
    return EXIT.done
  },
}

/** A column for each thing that costs something. */
function pricesText(rows: readonly { sku: string; unit_prices: UnitPrices }[]): string {
  const costly = (unit: string) => rows.filter(({ unit_prices: prices }) => !isFree(prices[unit] ?? '0'))
  const units = inOrder([...new Set(rows.flatMap(({ unit_prices: prices }) => Object.keys(prices)))])
  const columns = units.filter((unit) => costly(unit).length > 0)
  const show = columns.map((unit) => aligned(costly(unit).map(({ unit_prices: prices }) => prices[unit]!)))
  const cells = rows.map(({ sku, unit_prices: prices }) => [
    sku,
    ...columns.map((unit, i) => (isFree(prices[unit] ?? '0') ? '' : show[i]!(prices[unit]!))),
  ])
  return table([{ title: 'SKU' }, ...columns.map((unit) => ({ title: unitOf(unit), right: true }))], cells)
}
