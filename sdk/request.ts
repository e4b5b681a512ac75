import { namesIn, type Route } from '@corehour/contract'

/** Where a request goes, below the server's address, and what it carries. */
export type Request = { method: string; path: string; body: string | undefined }
type Fields = Readonly<Record<string, unknown>>

/**
 * Lays the flat fields of a call out over path, query and body, by the contract's own names.
 * @throws TypeError for a part of the path that is missing, and for a field that has no place.
 */
export function toRequest(name: string, route: Route, input: Fields): Request {
  const inPath = namesIn(route.path)
  const inQuery = Object.keys(route.query?.properties ?? {})
  const rest = Object.entries(input).filter(([field]) => !inPath.includes(field) && !inQuery.includes(field))
  const search = searchOf(inQuery, input)
  return {
    method: route.method,
    path: pathOf(name, route, input) + (search === '' ? '' : `?${search}`),
    body: bodyOf(name, route, rest),
  }
}

function pathOf(name: string, route: Route, input: Fields): string {
  return route.path.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = input[field]
    // Dots alone would be read as another folder.
    if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) throw new TypeError(`${name} needs ${field}`)
    return encodeURIComponent(value)
  })
}

function searchOf(names: readonly string[], input: Fields): string {
  const search = new URLSearchParams()
  for (const field of names) {
    const value = input[field]
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) search.append(field, String(each))
  }
  return search.toString()
}

function bodyOf(name: string, route: Route, rest: [string, unknown][]): string | undefined {
  if (route.judgedByItem) {
    const [[field, events] = [], ...others] = rest
    if (field !== 'events' || others.length > 0) throw new TypeError(`${name} takes events, and nothing else`)
    return JSON.stringify(events)
  }
  if (route.body) return JSON.stringify(Object.fromEntries(rest))
  const odd = rest.find(([, value]) => value !== undefined)
  if (odd) throw new TypeError(`${name} takes no field ${odd[0]}`)
  return undefined
}
