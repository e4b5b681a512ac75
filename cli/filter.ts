import type { Client } from '@corehour/sdk'
import { UsageError, type Options } from './verb.ts'

/** Options that choose lines of a bill. */
export const FILTER = {
  account: { type: 'string' },
  view: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  kind: { type: 'string', multiple: true },
  project: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  sku: { type: 'string', multiple: true },
} as const satisfies Options

export const FILTER_HELP = `  --from DAY --to DAY   from this day, and up to that day without it, such as 2026-01-01
  --kind job|node|storage   --project NAME|ID   --user ID   --sku SKU
                        only these; each may be given several times
  --view created|joined the projects that you created, or take part in; otherwise all that your account pays
  --account ID          another account than the key's own, for staff
`

type Values = { [Name in keyof typeof FILTER]?: (typeof FILTER)[Name] extends { multiple: true } ? string[] : string }

/** @throws UsageError for a project that isn't there, or a value that can't be. */
export async function filterOf(client: Client, values: Values) {
  const { account, view, from, to, kind, project, user, sku } = values
  for (const [name, day] of [
    ['from', from],
    ['to', to],
  ] as const)
    if (day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(day))
      throw new UsageError(`--${name} is a day such as 2026-01-31, not '${day}'`)
  const odd = kind?.find((each) => !['job', 'node', 'storage'].includes(each))
  if (odd !== undefined) throw new UsageError(`--kind is job, node or storage, not '${odd}'`)
  if (view !== undefined && view !== 'created' && view !== 'joined')
    throw new UsageError(`--view is created or joined, not '${view}'`)
  return {
    ...(account !== undefined && { account_id: account }),
    ...(view !== undefined && { view: view as 'created' | 'joined' }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(kind && { kind: kind as ('job' | 'node' | 'storage')[] }),
    ...(project && { project_id: await Promise.all(project.map((each) => projectOf(client, each))) }),
    ...(user && { user_id: user }),
    ...(sku && { sku }),
  }
}

/** A project by its id, or by its name among those that the key's user created or takes part in. */
export async function projectOf(client: Client, nameOrId: string): Promise<string> {
  if (nameOrId.startsWith('proj_')) return nameOrId
  const found = new Set<string>()
  for (const view of ['created', 'joined'] as const)
    for await (const { name, project_id } of client.projects.list.each({ view, limit: 1000 }))
      if (name === nameOrId) found.add(project_id)
  const [first, second] = found
  if (first === undefined) throw new UsageError(`you have no project '${nameOrId}': see corehour projects`)
  if (second !== undefined) throw new UsageError(`'${nameOrId}' is the name of several projects: use the id`)
  return first
}

/** Names of projects and users, where the key may see them. */
export async function nameOfKeys(client: Client, by: string, keys: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const look = async (key: string) => {
    const found =
      by === 'project'
        ? await client.projects.get({ project_id: key })
        : by === 'user'
          ? await client.users.get({ user_id: key })
          : undefined
    if (found) names.set(key, found.name)
  }
  // A user who left, or whom the key may not see, stays an id.
  if (by === 'project' || by === 'user') await Promise.allSettled(keys.slice(0, 200).map(look))
  return names
}
