import { useQueries } from '@tanstack/react-query'
import { useClient } from '../../books/useBooks.ts'
import { useWords } from '../../words/index.tsx'

/** Names by their keys; `settled` once every one has come, or is known not to. */
export type Names = { names: Map<string, string>; settled: boolean }

/** Names of projects, users and kinds by their keys on a bill; who may not be seen stays an id. */
export function useNames(group: string, keys: readonly string[]): Names {
  const client = useClient()
  const { kinds } = useWords()
  const isNamed = group === 'project' || group === 'user'
  const found = useQueries({
    queries: (isNamed ? keys : []).map((key) => ({
      queryKey: [group, key],
      queryFn: async () =>
        group === 'project' ? client.projects.get({ project_id: key }) : client.users.get({ user_id: key }),
      staleTime: 600_000,
    })),
  })
  if (group === 'kind') return { names: new Map(Object.entries(kinds)), settled: true }
  if (!isNamed) return { names: new Map(keys.map((key) => [key, key.replace(/^(queue|machine):/, '')])), settled: true }
  const names = new Map(keys.flatMap((key, i) => (found[i]?.data ? [[key, found[i].data.name] as const] : [])))
  return { names, settled: found.every(({ isPending }) => !isPending) }
}
