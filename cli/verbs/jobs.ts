import type { Client } from '@corehour/sdk'
import { accountOf, LIST, LIST_HELP, listed, more, open, REMOTE_HELP } from '../call.ts'
import { namesOf, projectOf } from '../filter.ts'
import { duration, localTime, localZone, quantityOf } from '../show.ts'
import { amounts, table } from '../table.ts'
import { EXIT, type Verb } from '../verb.ts'

export const jobsVerb: Verb = {
  summary: 'what runs and ran, and what it has cost so far',
  help: `corehour jobs [options]

Jobs, nodes and storage: what runs first, then the last ended. A resized one is there once for each size.

  --running             only what runs
  --project NAME|ID     only of this project
  --user ID             only of this user
  --account ID          another account than the key's own, for staff and platforms
${LIST_HELP}${REMOTE_HELP}
Example: corehour jobs --running
`,
  async run(args, terminal) {
    const options = {
      running: { type: 'boolean' },
      project: { type: 'string' },
      user: { type: 'string' },
      account: { type: 'string' },
      ...LIST,
    } as const
    const { call, client, values } = await open(args, terminal, options)
    const { project, user: user_id, running } = values
    const project_id = project === undefined ? undefined : await projectOf(call, project)
    const named = values.account !== undefined || project_id === undefined
    const account_id = named ? await accountOf(call, values.account) : undefined
    const rows = await listed(client.spans.list, { account_id, project_id, user_id, running }, values)
    const projects = call.json
      ? undefined
      : await namesOf(
          client,
          'project',
          rows.data.map((row) => row.project_id),
        )
    call.print(rows, () => {
      const [head] = rows.data
      if (!head) return running ? 'Nothing runs.\n' : 'Nothing has run yet.\n'
      const costs = amounts(rows.data.map(({ cost }) => cost))
      const rates = amounts(rows.data.map(({ per_hour }) => per_hour))
      const columns = [
        { title: 'Job' },
        { title: 'Project' },
        { title: 'SKU' },
        { title: 'How much' },
        { title: `Began (${localZone()})` },
        { title: 'Time', right: true },
        { title: `${head.cost.currency}/h`, right: true },
        { title: `Cost ${head.cost.currency}`, right: true },
        { title: '' },
      ]
      const cells = rows.data.map((row) => [
        row.subject,
        projects?.get(row.project_id) ?? row.project_id,
        row.sku,
        quantityOf(row.quantity),
        localTime(row.started_at),
        duration(row.seconds),
        rates(row.per_hour),
        costs(row.cost),
        standing(row),
      ])
      return `${table(columns, cells)}${more(rows)}`
    })
    return EXIT.done
  },
}

type Row = Awaited<ReturnType<Client['spans']['list']>>['data'][number]

/** Whether it runs, and what its platform was asked or would not do. */
function standing({ ended_at, command }: Row): string {
  if (ended_at !== null) return ''
  if (!command) return 'runs'
  return command.state === 'refused'
    ? `runs; will not ${command.action}: ${command.note}`
    : `runs; asked to ${command.action}`
}
