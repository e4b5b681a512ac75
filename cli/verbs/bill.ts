import { formatGrains, runningAmounts } from '@corehour/contract'
import { open, REMOTE_HELP } from '../call.ts'
import { FILTER, FILTER_HELP, filterOf, nameOfKeys } from '../filter.ts'
import { grouped, placesFor, table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

const GROUPINGS = ['day', 'month', 'project', 'user', 'kind', 'sku'] as const
const PARTS = ['amount', 'cash', 'granted', 'unpaid'] as const

export const billVerb: Verb = {
  summary: 'a bill: by month, day, project, user, kind or SKU',
  help: `corehour bill [options]

What was used and who paid, up to the last full hour. The columns add up to the last digit.

${FILTER_HELP}  --by KEY              a row per day, month (otherwise), project, user, kind or sku
${REMOTE_HELP}
Example: corehour bill --from 2026-01-01 --to 2026-02-01 --by project
`,
  async run(args, terminal) {
    const { call, client, values } = open(args, terminal, { ...FILTER, by: { type: 'string' } })
    const by = GROUPINGS.find((each) => each === (values.by ?? 'month'))
    if (!by) throw new UsageError(`--by is one of ${GROUPINGS.join(', ')}, not '${values.by}'`)
    const { data } = await client.bills.totals({ ...(await filterOf(client, values)), group_by: by })
    const names = call.json
      ? new Map<string, string>()
      : await nameOfKeys(
          client,
          by,
          data.map(({ key }) => key),
        )
    call.print({ data }, () => {
      if (data.length === 0) return 'Nothing was charged.\n'
      return [...Map.groupBy(data, ({ amount }) => amount.currency)]
        .map(([currency, rows]) => {
          const places = placesFor(rows.map(({ amount }) => BigInt(amount.grains)))
          const next = PARTS.map(() => runningAmounts(places))
          const cells = rows.map((row) => [
            names.get(row.key) ?? row.key,
            ...PARTS.map((part, i) => grouped(next[i]!(BigInt(row[part].grains)))),
          ])
          const sums = PARTS.map((part) => {
            const sum = rows.reduce((total, row) => total + BigInt(row[part].grains), 0n)
            return grouped(formatGrains(sum, places))
          })
          const titles = [`Amount ${currency}`, 'Cash', 'Cards', 'Unpaid'].map((title) => ({ title, right: true }))
          const title = by[0]!.toUpperCase() + by.slice(1)
          return table([{ title }, ...titles], [...cells, undefined, ['Total', ...sums]])
        })
        .join('\n')
    })
    return EXIT.done
  },
}
