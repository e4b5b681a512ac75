/** Which projects are listed, as an address carries it. */
export type Listed = {
  view?: 'created' | 'joined' | undefined
  deleted?: boolean | undefined
  search?: string | undefined
}

/** Reads an address; what can't be is left out. */
export function readListed({ view, deleted, search: words }: Record<string, unknown>): Listed {
  // A name such as `2026` comes as a number.
  const search = String(words ?? '').slice(0, 200)
  return {
    ...((view === 'joined' || view === 'created') && { view }),
    ...(deleted === true && { deleted }),
    ...(search !== '' && { search }),
  }
}
