import { useQueries } from '@tanstack/react-query'
import { nameOf } from '../../books/names.ts'
import { nameSku } from '../../books/sku.ts'
import { useClient } from '../../books/useBooks.ts'
import { useWords } from '../../words/index.tsx'

/** Names by their keys; `settled` once every one has come, or is known not to. */
export type Names = { names: Map<string, string>; settled: boolean }

/** Names of projects, users and kinds by their keys on a bill; who may not be seen stays an id. */
export function useNames(group: string, keys: readonly string[]): Names {
  const client = useClient()
  const { kinds } = useWords()
  const named = group === 'project' || group === 'user' ? group : undefined
  const found = useQueries({
    queries: (named ? keys : []).map((key) => ({
      queryKey: ['name', group, key],
      queryFn: () => nameOf(client, named!, key),
      staleTime: 600_000,
    })),
  })
  if (group === 'kind') return { names: new Map(Object.entries(kinds)), settled: true }
  if (!named) return { names: new Map(keys.map((key) => [key, nameSku(key)])), settled: true }
  const names = new Map(keys.flatMap((key, i) => (found[i]?.data ? [[key, found[i].data] as const] : [])))
  return { names, settled: found.every(({ isPending }) => !isPending) }
}
