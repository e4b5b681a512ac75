/** A price list as it is published. */
export type PriceDocument = {
  currency: string
  effective_at: string
  machines?: Record<string, string>
  queues?: Record<string, { cpu_hour?: string; gpu_hour?: string; gb_hour?: string }>
  storage?: { personal_gb_month?: string; project_gb_month?: string }
}

/** Reads a list as it was typed; whether it is one the server says. Undefined: no JSON object. */
export function readList(text: string): Omit<PriceDocument, 'effective_at'> | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return typeof list === 'object' && list !== null && !Array.isArray(list) ? (list as PriceDocument) : undefined
  } catch {
    return undefined
  }
}

export type PriceChange = { name: string; was: string | undefined; is: string | undefined }

/** What one list changes of another, by the names of single prices; `0` and nothing are the same price. */
export function compareLists(
  before: Omit<PriceDocument, 'effective_at'>,
  after: Omit<PriceDocument, 'effective_at'>,
): PriceChange[] {
  const [was, is] = [flatten(before), flatten(after)]
  const names = [...new Set([...was.keys(), ...is.keys()])].sort()
  return names.flatMap((name) => (was.get(name) === is.get(name) ? [] : { name, was: was.get(name), is: is.get(name) }))
}

function flatten({ machines, queues, storage }: Omit<PriceDocument, 'effective_at'>): Map<string, string> {
  const queued = Object.entries(queues ?? {}).flatMap(([queue, prices]) =>
    Object.entries(prices ?? {}).map(([unit, price]) => [`${queue} ${unit}`, String(price)] as const),
  )
  return new Map([
    ...Object.entries(machines ?? {}).map(([name, price]) => [name, String(price)] as const),
    ...queued,
    ...Object.entries(storage ?? {}).map(([name, price]) => [`storage ${name}`, String(price)] as const),
  ])
}
