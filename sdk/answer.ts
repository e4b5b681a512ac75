import type { Route } from '@corehour/contract'

/** What of a JSON Schema says which fields are there. */
type Shape = {
  type?: string
  required?: readonly string[]
  properties?: Readonly<Record<string, Shape>>
  items?: Shape
  allOf?: readonly Shape[]
  anyOf?: readonly Shape[]
}

/**
 * The first field that an answer must have by the contract and has not, such as `balance.held`: a server of another version may know it by
 * another name. What an answer has beside, and which words stand in it, is not looked at: a newer server may know more of them.
 */
export function lackingIn(schema: Route['response'], answer: unknown): string | undefined {
  return lacking(schema as Shape, answer, '')
}

function lacking(shape: Shape, value: unknown, at: string): string | undefined {
  const { type, required = [], properties = {}, items, allOf = [], anyOf } = shape
  const here = at || 'its fields'
  if (type === 'null') return value === null ? undefined : here
  if (type === 'array') return Array.isArray(value) ? items && first(value, (each) => lacking(items, each, at)) : here
  if (type === 'object') {
    if (typeof value !== 'object' || value === null) return here
    const fields = value as Record<string, unknown>
    return first(Object.entries(properties), ([name, each]) => {
      const where = at === '' ? name : `${at}.${name}`
      if (fields[name] !== undefined) return lacking(each, fields[name], where)
      return required.includes(name) ? where : undefined
    })
  }
  if (!anyOf) return first(allOf, (each) => lacking(each, value, at))
  const ways = anyOf.map((each) => lacking(each, value, at))
  return ways.includes(undefined) ? undefined : ways[0]
}

function first<T>(list: readonly T[], look: (each: T) => string | undefined): string | undefined {
  for (const each of list) {
    const found = look(each)
    if (found !== undefined) return found
  }
  return undefined
}
