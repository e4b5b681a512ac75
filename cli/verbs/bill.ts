import { formatGrains, runningAmounts } from '@corehour/contract'
import type { Client } from '@corehour/sdk'
import { open, REMOTE_HELP, type Call } from '../call.ts'
import { FILTER, FILTER_HELP, filterOf, namesOf, type Filter } from '../filter.ts'
import { localInstant } from '../show.ts'
import { grouped, placesFor, table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'
import { formatOf, writeDetails } from './details.ts'

const GROUPINGS = ['day', 'month', 'project', 'user', 'kind', 'sku'] as const
type Grouping = (typeof GROUPINGS)[number]
type Total = Awaited<ReturnType<Client['bills']['totals']>>['data'][number]
const PARTS = ['amount', 'cash', 'granted', 'unpaid'] as const

/** The one help of `bill`; `books` are further options, of whoever can read books in process. */
export function billHelp(books: { about: string; options: string } = { about: '', options: '' }): string {
  return `corehour bill [options]

What was used and who paid, up to the last full hour. The columns add up to the last digit.
${books.about}
${FILTER_HELP}  --by KEY              a row per day, month (otherwise), project, user, kind or sku
  --details FILE        also write the detailed bill, as corehour details does: .csv, .xlsx or .jsonl
${books.options}${REMOTE_HELP}
Example: corehour bill --from 2026-01-01 --to 2026-02-01 --by project
`
}

export const billVerb: Verb = {
  summary: 'a bill by month, day, project, user, kind or SKU',
  help: billHelp(),
  async run(args, terminal) {
    const options = { ...FILTER, by: { type: 'string' }, details: { type: 'string' } } as const
    const { call, client, values } = await open(args, terminal, options)
    const by = GROUPINGS.find((each) => each === (values.by ?? 'month'))
    if (!by) throw new UsageError(`--by is one of ${GROUPINGS.join(', ')}, not '${values.by}'`)
    const format = values.details === undefined ? undefined : formatOf(values.details)
    const filter = await filterOf(call, values)
    const totals = await client.bills.totals({ ...filter, group_by: by })
    if (values.details !== undefined) {
      const { rows } = await writeDetails(client, { ...filter, format: format! }, values.details, terminal)
      terminal.note(`corehour: ${grouped(String(rows))} rows in ${values.details}\n`)
    }
    const text = call.json ? '' : await billText(call, totals.data, by, filter)
    call.print(totals, () => text)
    return EXIT.done
  },
}

async function billText(call: Call, totals: readonly Total[], by: Grouping, filter: Filter): Promise<string> {
  const keys = totals.map(({ key }) => key)
  const names = by === 'project' || by === 'user' ? await namesOf(call.client, by, keys) : new Map<string, string>()
  const tables = [...Map.groupBy(totals, ({ amount }) => amount.currency)].map(([currency, rows]) =>
    tableOf(currency, rows, by, names),
  )
  return `${tables.join('\n') || 'Nothing was charged.\n'}${await throughWhen(call, filter)}`
}

function tableOf(currency: string, rows: readonly Total[], by: Grouping, names: ReadonlyMap<string, string>): string {
  const places = placesFor(rows.flatMap((row) => PARTS.map((part) => BigInt(row[part].grains))))
  const next = PARTS.map(() => runningAmounts(places))
  const named = rows
    .map((row) => ({ row, label: names.get(row.key) ?? row.key }))
    .sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0))
  const cells = named.map(({ row, label }) => [
    label,
    ...PARTS.map((part, i) => grouped(next[i]!(BigInt(row[part].grains)))),
  ])
  const sums = PARTS.map((part) => {
    const sum = rows.reduce((total, row) => total + BigInt(row[part].grains), 0n)
    return grouped(formatGrains(sum, places))
  })
  const titles = [`Amount ${currency}`, 'Cash', 'Cards', 'Unpaid'].map((title) => ({ title, right: true }))
  const title = by === 'sku' ? 'SKU' : by[0]!.toUpperCase() + by.slice(1)
  return table([{ title }, ...titles], [...cells, undefined, ['Total', ...sums]])
}

/** Of the account that pays; others' accounts are not for the key to see. */
async function throughWhen({ client, me }: Call, { account_id, view }: Filter): Promise<string> {
  const id = account_id ?? me?.account_id
  if (!id || view === 'joined') return ''
  const { balance } = await client.accounts.get({ account_id: id })
  return `Use through ${localInstant(balance.attributed_at)}; what came since is in corehour balance\n`
}
