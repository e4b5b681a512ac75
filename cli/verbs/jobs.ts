import { accountOf, first, open, REMOTE_HELP } from '../call.ts'
import { nameOfKeys, projectOf } from '../filter.ts'
import { duration, localTime, quantityOf } from '../show.ts'
import { amounts, table } from '../table.ts'
import { EXIT, type Verb } from '../verb.ts'
import { readLimit } from './ledger.ts'

export const jobsVerb: Verb = {
  summary: 'what runs and ran, and what it has cost so far',
  help: `corehour jobs [options]

Jobs, nodes and storage: what runs first, then the last ended. A resized one is there once for each size.

  --running             only what runs
  --project NAME|ID     only of this project
  --account ID          another account than the key's own, for staff and platforms
  --limit N             so many; 20 where left out
${REMOTE_HELP}
Example: corehour jobs --running
`,
  async run(args, terminal) {
    const options = {
      running: { type: 'boolean' },
      project: { type: 'string' },
      account: { type: 'string' },
      limit: { type: 'string' },
    } as const
    const { call, client, values } = open(args, terminal, options)
    const limit = readLimit(values.limit ?? '20')
    const project_id = values.project === undefined ? undefined : await projectOf(client, values.project)
    const account_id = project_id === undefined ? await accountOf(client, values.account) : values.account
    const rows = await first(
      client.spans.list.each({
        account_id,
        project_id,
        running: values.running,
        limit: Math.min(limit, 1000),
      }),
      limit,
    )
    const projects = call.json
      ? new Map<string, string>()
      : await nameOfKeys(client, 'project', [...new Set(rows.map((row) => row.project_id))])
    call.print({ data: rows }, () => {
      if (rows.length === 0) return values.running ? 'Nothing runs.\n' : 'Nothing has run yet.\n'
      const costs = amounts(rows.map(({ cost }) => cost))
      const rates = amounts(rows.map(({ per_hour }) => per_hour))
      const columns = [
        { title: 'Job' },
        { title: 'Project' },
        { title: 'SKU' },
        { title: 'How much' },
        { title: 'Began' },
        { title: 'Time', right: true },
        { title: `${rows[0]!.cost.currency}/h`, right: true },
        { title: `Cost ${rows[0]!.cost.currency}`, right: true },
        { title: '' },
      ]
      return table(
        columns,
        rows.map((row) => [
          row.subject,
          projects.get(row.project_id) ?? row.project_id,
          row.sku,
          quantityOf(row.quantity),
          localTime(row.started_at),
          duration(row.seconds),
          rates(row.per_hour),
          costs(row.cost),
          row.ended_at === null ? 'runs' : '',
        ]),
      )
    })
    return EXIT.done
  },
}
