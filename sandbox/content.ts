/** What a request's JSON holds, of which nothing is known yet. */
export type Content = Record<string, unknown>

/** The object in a body; empty for none, undefined for what is no object. */
export function readContent(body: Buffer | string | undefined): Content | undefined {
  if (!body || body.length === 0) return {}
  try {
    const content: unknown = JSON.parse(body.toString())
    return isObject(content) ? content : undefined
  } catch {
    return undefined
  }
}

/** A member as a text; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A member as an object; an empty one for anything else. */
export function objectOf(value: unknown): Content {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Content {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
