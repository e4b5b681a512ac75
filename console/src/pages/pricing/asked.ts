/** What an estimate is asked for: it lives in the address, so that it can be shared. */
export type Asked = {
  sku?: string | undefined
  cpu?: string | undefined
  gpu?: string | undefined
  gb?: string | undefined
  nodes?: number | undefined
  hours?: string | undefined
  at?: string | undefined
  search?: string | undefined
}

/** `2` or `2.5`: at most six places. */
export function isDecimal(text: string): boolean {
  return /^\d{1,9}(\.\d{1,6})?$/.test(text)
}

/** A whole number of nodes: 1 to 100,000. */
export function isCount(text: string): boolean {
  return /^([1-9]\d{0,4}|100000)$/.test(text)
}

/** Reads an address; what can't be is left out. */
export function readAsked(search: Record<string, unknown>): Asked {
  const decimal = (name: string) => {
    const text = typeof search[name] === 'number' ? String(search[name]) : search[name]
    return typeof text === 'string' && isDecimal(text) ? { [name]: text } : {}
  }
  const { sku, nodes, at, search: words } = search
  return {
    ...(typeof sku === 'string' && sku !== '' && { sku }),
    ...decimal('cpu'),
    ...decimal('gpu'),
    ...decimal('gb'),
    ...decimal('hours'),
    ...(typeof nodes === 'number' && isCount(String(nodes)) && { nodes }),
    ...(typeof at === 'string' && at !== '' && { at }),
    ...(typeof words === 'string' && words !== '' && { search: words }),
  }
}
