/** The part of a SKU that people know it by: `a100` of `queue:a100`. */
export function nameSku(sku: string): string {
  return sku.replace(/^(queue|machine|storage):/, '')
}
