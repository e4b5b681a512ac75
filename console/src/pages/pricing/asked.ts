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

const DECIMAL = /^\d{1,9}(\.\d{1,6})?$/

/** Reads an address; what can't be is left out. */
export function readAsked(search: Record<string, unknown>): Asked {
  const decimal = (name: string) => {
    const text = typeof search[name] === 'number' ? String(search[name]) : search[name]
    return typeof text === 'string' && DECIMAL.test(text) ? { [name]: text } : {}
  }
  const { sku, nodes, at, search: words } = search
  return {
    ...(typeof sku === 'string' && sku !== '' && { sku }),
    ...decimal('cpu'),
    ...decimal('gpu'),
    ...decimal('gb'),
    ...decimal('hours'),
    ...(typeof nodes === 'number' && Number.isInteger(nodes) && nodes > 0 && { nodes }),
    ...(typeof at === 'string' && at !== '' && { at }),
    ...(typeof words === 'string' && words !== '' && { search: words }),
  }
}
