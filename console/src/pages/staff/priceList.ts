/** A price list as it is published. */
export type PriceDocument = {
  currency: string
  effective_at: string
  machines?: Record<string, string>
  queues?: Record<string, { cpu_hour?: string; gpu_hour?: string; gb_hour?: string }>
  storage?: { personal_gb_month?: string; project_gb_month?: string }
}

/** What is priced, and for how much; from when is said apart. */
export type Prices = Omit<PriceDocument, 'effective_at'>
export type Part = 'machines' | 'queues' | 'storage'

/** What the server takes as a price: at most six places. Nothing is 0. */
export function isPrice(text: string): boolean {
  return /^(\d{1,12}(\.\d{1,6})?)?$/.test(text)
}

/** A list with one price changed; an empty one is taken out, but for a machine's, which has only the one. */
export function setPrice(of: Prices, part: Part, name: string, unit: string, value: string): Prices {
  if (part === 'machines') return { ...of, machines: { ...of.machines, [name]: value } }
  if (part === 'storage') return { ...of, storage: withField(of.storage ?? {}, `${name}_${unit}`, value) }
  return { ...of, queues: { ...of.queues, [name]: withField(of.queues?.[name] ?? {}, unit, value) } }
}

function withField<T extends object>(of: T, name: string, value: string): T {
  const { [name as keyof T]: _, ...rest } = of
  return (value === '' ? rest : { ...of, [name]: value }) as T
}

/** Whether every price of a list is one. */
export function isWhole(list: Prices): boolean {
  const machines = Object.values(list.machines ?? {})
  return machines.every((price) => price !== '') && [...flatten(list).values()].every(isPrice)
}

/** Reads a list as it was typed; whether it is one the server says. Undefined: no JSON object. */
export function readList(text: string): Prices | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return typeof list === 'object' && list !== null && !Array.isArray(list) ? (list as PriceDocument) : undefined
  } catch {
    return undefined
  }
}

/** One price: of a machine type, a queue or a space, by its unit. */
type Priced = { part: Part; name: string; unit: string }
export type PriceChange = Priced & { was: string | undefined; is: string | undefined }

/** What one list changes of another, price by price. */
export function compareLists(before: Prices, after: Prices): PriceChange[] {
  const [was, is] = [flatten(before), flatten(after)]
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort()
  return keys.flatMap((key) => {
    const [part, name, unit] = JSON.parse(key) as [Part, string, string]
    return was.get(key) === is.get(key) ? [] : { part, name, unit, was: was.get(key), is: is.get(key) }
  })
}

/** Every price by what it is of. */
function flatten({ machines, queues, storage }: Prices): Map<string, string> {
  const queued = Object.entries(queues ?? {}).flatMap(([name, prices]) =>
    Object.entries(prices ?? {}).map(([unit, price]) => ['queues', name, unit, price] as const),
  )
  const prices = [
    ...Object.entries(machines ?? {}).map(([name, price]) => ['machines', name, 'machine_hour', price] as const),
    ...queued,
    ...Object.entries(storage ?? {}).map(
      ([field, price]) => ['storage', field.replace('_gb_month', ''), 'gb_month', price] as const,
    ),
  ]
  return new Map(prices.map(([part, name, unit, price]) => [JSON.stringify([part, name, unit]), String(price)]))
}
