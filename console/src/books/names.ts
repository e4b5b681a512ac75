import type { Client } from '@corehour/sdk'

type Group = 'project' | 'user'
type Wanted = { group: Group; key: string; take(name: string | null): void; fail(error: unknown): void }

/** The most that the server is asked for at once. */
const MOST = 100
let wanted: Wanted[] = []

/**
 * What a project or a user is called; null where the reader may not see it. What is wanted at the same moment is asked for in one go: a page
 * of a bill names up to fifty projects.
 */
export function nameOf(client: Client, group: Group, key: string): Promise<string | null> {
  return new Promise((take, fail) => {
    if (wanted.length === 0) setTimeout(() => askAll(client))
    wanted.push({ group, key, take, fail })
  })
}

function askAll(client: Client): void {
  const all = wanted
  wanted = []
  for (let from = 0; from < all.length; from += MOST) void ask(client, all.slice(from, from + MOST))
}

async function ask(client: Client, these: readonly Wanted[]): Promise<void> {
  const keysOf = (group: Group) => [...new Set(these.filter((each) => each.group === group).map(({ key }) => key))]
  try {
    const found = await client.names.list({ project_id: keysOf('project'), user_id: keysOf('user') })
    const names = new Map([
      ...found.projects.map(({ project_id, name }) => [project_id, name] as const),
      ...found.users.map(({ user_id, name }) => [user_id, name] as const),
    ])
    for (const { key, take } of these) take(names.get(key) ?? null)
  } catch (error) {
    for (const { fail } of these) fail(error)
  }
}
