import type { Client } from '@corehour/sdk'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'

export type ApiKey = Awaited<ReturnType<Client['keys']['list']>>['data'][number]
export type KeyScope = ApiKey['scope']
export type Made = Awaited<ReturnType<Client['keys']['create']>>
type KeyFilter = NonNullable<Parameters<Client['keys']['list']>[0]>
type Asked = Parameters<Client['keys']['create']>[0]

const KEYS = ['keys']
const MAKING = ['make a key']

/** Keys, the newest first. */
export function useKeys(filter: KeyFilter) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...KEYS, filter],
    queryFn: ({ pageParam, signal }) => client.keys.list({ ...filter, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}

/**
 * Makes a key, once however often it is pressed. What came of it stays until it is put away: its secret comes once. Whoever asks empties the
 * form then, so that the same typed again is another key.
 */
export function useMakeKey(asked: Asked, onMade: () => void) {
  const client = useClient()
  const queries = useQueryClient()
  const [made, setMade] = useState<Made>()
  const idempotencyKey = useKey(asked)
  const making = useMutation({
    mutationKey: MAKING,
    mutationFn: () => client.keys.create(asked, { idempotencyKey }),
    onSuccess: (now) => {
      // A late second press is answered without the secret that is shown already.
      setMade((before) => (before?.key.key_id === now.key.key_id ? before : now))
      onMade()
      return queries.invalidateQueries({ queryKey: KEYS })
    },
  })
  return {
    // Pressed twice within a moment, the page does not know yet that it is under way.
    make: () => queries.isMutating({ mutationKey: MAKING }) === 0 && making.mutate(),
    isMaking: making.isPending,
    error: making.error,
    made,
    putAway: () => setMade(undefined),
  }
}

export function useRevoke() {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (key: ApiKey) => client.keys.revoke({ key_id: key.key_id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEYS }),
  })
}
