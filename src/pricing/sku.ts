/** One thing that a SKU counts: its name in a quantity, its unit price's name, and the quantity meant where none is given. */
export type Unit = { counts: string; price: string; otherwise: '0' | '1' }
export type Family = { period: 'hour' | 'month'; units: readonly Unit[] }

/** How SKUs are priced, by the word before the colon: machine types whole, queues per resource, storage plans by the month. */
const FAMILIES: readonly [string, Family][] = [
  ['machine', { period: 'hour', units: [{ counts: 'count', price: 'machine_hour', otherwise: '1' }] }],
  [
    'queue',
    {
      period: 'hour',
      units: [
        { counts: 'cpu', price: 'cpu_hour', otherwise: '0' },
        { counts: 'gpu', price: 'gpu_hour', otherwise: '0' },
        { counts: 'gb', price: 'gb_hour', otherwise: '0' },
      ],
    },
  ],
  ['storage', { period: 'month', units: [{ counts: 'gb', price: 'gb_month', otherwise: '0' }] }],
]

/** The queue whose price holds for every queue that a list doesn't name. */
export const ANY_QUEUE = 'queue:*'

/** How a SKU is priced; undefined for a word that no list can price. */
export function familyOf(sku: string): Family | undefined {
  for (const [word, family] of FAMILIES) if (sku.startsWith(word) && sku[word.length] === ':') return family
  return undefined
}
