import { useState } from 'react'

/** A key for one act: the same until what is asked changes, so that a second press, however quick, is the same act to the server. */
export function useKey(...asked: readonly unknown[]): string {
  const said = JSON.stringify(asked)
  const [kept, keep] = useState(() => ({ said, key: newKey() }))
  if (kept.said === said) return kept.key
  const next = { said, key: newKey() }
  keep(next)
  return next.key
}

function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
