import { divideHalfUp } from '@corehour/contract'

/** Unit prices by SKU. */
export type PriceTable = ReadonlyMap<string, Readonly<Record<string, string>>>
/** What happens to one unit price. `fallsBack`: the new list doesn't name the queue, so that it costs what queue:* does. */
export type Change = {
  sku: string
  unit: string
  was: string | undefined
  becomes: string | undefined
  kind: 'new' | 'gone' | 'dearer' | 'cheaper' | 'same'
  /** Such as `+12.5 %`; empty where one of both is nothing. */
  percent: string
  fallsBack: boolean
}

const ANY_QUEUE = 'queue:*'

/** What becomes of every price when one list takes the place of another; a queue that a list doesn't name costs what `queue:*` does. */
export function changesBetween(before: PriceTable, after: PriceTable): Change[] {
  const skus = [...new Set([...before.keys(), ...after.keys()])].sort()
  return skus.flatMap((sku) => {
    const [old, fresh] = [unitsIn(before, sku), unitsIn(after, sku)]
    const units = [...new Set([...Object.keys(old ?? {}), ...Object.keys(fresh ?? {})])]
    return units.map((unit) => ({
      ...{ sku, unit, was: old?.[unit], becomes: fresh?.[unit] },
      ...judge(old && (old[unit] ?? '0'), fresh && (fresh[unit] ?? '0')),
      fallsBack: fresh !== undefined && !after.has(sku),
    }))
  })
}

function unitsIn(prices: PriceTable, sku: string) {
  return prices.get(sku) ?? (sku.startsWith('queue:') ? prices.get(ANY_QUEUE) : undefined)
}

/** Of a SKU that is new or gone altogether, what is free is nothing to tell. */
function judge(was: string | undefined, becomes: string | undefined): Pick<Change, 'kind' | 'percent'> {
  const [from, to] = [micro(was ?? '0'), micro(becomes ?? '0')]
  if (from === to) return { kind: 'same', percent: '' }
  if (was === undefined) return { kind: 'new', percent: '' }
  if (becomes === undefined) return { kind: 'gone', percent: '' }
  return { kind: to > from ? 'dearer' : 'cheaper', percent: from === 0n ? '' : percentOf(from, to) }
}

function percentOf(from: bigint, to: bigint): string {
  const tenths = divideHalfUp((to - from) * 1000n, from)
  const size = tenths < 0n ? -tenths : tenths
  return `${to > from ? '+' : '-'}${size / 10n}.${size % 10n} %`
}

/** A decimal with at most six places as a whole number of millionths. */
function micro(decimal: string): bigint {
  const [whole, fraction = ''] = decimal.split('.')
  return BigInt(whole! + fraction.padEnd(6, '0'))
}
