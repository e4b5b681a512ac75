import type { Client } from '@corehour/sdk'
import { accountOf, type Call } from './call.ts'
import { UsageError, type Options } from './verb.ts'

/** Which lines of which bills. */
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
  --kind job|node|storage   --project NAME|ID   --user NAME|ID   --sku SKU
                        only these; each may be given several times
  --account NAME|ID     only this account's; for staff another than the key's own
  --view created|joined the projects that you created, or take part in; otherwise all that your account pays
`

type Values = { [Name in keyof typeof FILTER]?: (typeof FILTER)[Name] extends { multiple: true } ? string[] : string }
export type Filter = Awaited<ReturnType<typeof filterOf>>

/** @throws UsageError for a name that nothing has, or a value that can't be. */
export async function filterOf(call: Call, values: Values) {
  const { account, view, from, to, kind, project, user, sku } = values
  readDay('from', from)
  readDay('to', to)
  const odd = kind?.find((each) => !['job', 'node', 'storage'].includes(each))
  if (odd !== undefined) throw new UsageError(`--kind is job, node or storage, not '${odd}'`)
  if (view !== undefined && view !== 'created' && view !== 'joined')
    throw new UsageError(`--view is created or joined, not '${view}'`)
  const ofStaff = account !== undefined || call.me?.scope === 'staff'
  const common = {
    account_id: ofStaff ? await accountOf(call, account) : undefined,
    view: view as 'created' | 'joined' | undefined,
    from,
    to,
  }
  return {
    ...common,
    kind: kind as ('job' | 'node' | 'storage')[] | undefined,
    project_id: project && (await namedIn(call, common, 'project', project)),
    user_id: user && (await namedIn(call, common, 'user', user)),
    sku,
  }
}

/** @throws UsageError for what is no calendar day. */
export function readDay(name: string, text: string | undefined): Temporal.PlainDate | undefined {
  if (text === undefined) return undefined
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.PlainDate.from(text)
  } catch {
    // The thirtieth of February.
  }
  throw new UsageError(`--${name} is a day such as 2026-01-31, not '${text}'`)
}

/** Ids of projects or users that are named by their ids, or by the names that stand on the bill. */
async function namedIn(
  { client }: Call,
  filter: object,
  kind: 'project' | 'user',
  named: readonly string[],
): Promise<string[]> {
  const prefix = kind === 'project' ? 'proj_' : 'user_'
  if (named.every((each) => each.startsWith(prefix))) return [...named]
  const { data } = await client.bills.totals({ ...filter, group_by: kind })
  const names = await namesOf(
    client,
    kind,
    data.map(({ key }) => key),
  )
  return named.flatMap((each) => {
    if (each.startsWith(prefix)) return each
    const ids = [...names].filter(([, name]) => name === each).map(([id]) => id)
    if (ids.length === 0) throw new UsageError(`no ${kind} on this bill is called '${each}'`)
    return ids
  })
}

/**
 * A project by its id, or by its name among those that the key's user created or takes part in.
 * @throws UsageError where there is none, or several.
 */
export async function projectOf({ client, me }: Call, nameOrId: string): Promise<string> {
  if (nameOrId.startsWith('proj_')) return nameOrId
  if (me?.scope !== 'customer') throw new UsageError(`with a ${me?.scope} key name the project by its id, proj_..`)
  const found = new Set<string>()
  for (const view of ['created', 'joined'] as const)
    for await (const { name, project_id, deleted_at } of client.projects.list.each({ view, limit: 1000 }))
      if (name === nameOrId && deleted_at === null) found.add(project_id)
  const [first, second] = found
  if (first === undefined) throw new UsageError(`you have no project '${nameOrId}': see corehour projects`)
  if (second !== undefined) throw new UsageError(`'${nameOrId}' is the name of several projects: use the id`)
  return first
}

/** A page of names at once, so that a bill of many users doesn't knock a thousand times. */
const AT_ONCE = 16
const MOST_NAMES = 500

/** Names of projects or users, where the key may see them: whom it may not stays an id. */
export async function namesOf(
  client: Client,
  kind: 'project' | 'user',
  ids: readonly string[],
): Promise<Map<string, string>> {
  const wanted = [...new Set(ids)].slice(0, MOST_NAMES)
  const names = new Map<string, string>()
  const nameOf = async (id: string) =>
    (kind === 'project' ? await client.projects.get({ project_id: id }) : await client.users.get({ user_id: id })).name
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE)
    const found = await Promise.allSettled(some.map(nameOf))
    found.forEach((each, i) => each.status === 'fulfilled' && names.set(some[i]!, each.value))
  }
  return names
}
