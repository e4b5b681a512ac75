import type { BillKey } from '../detailKeys.ts'
import { openEncoder } from './bytes.ts'
import { openIso } from './instants.ts'
import { keepBy, PARTS, type DetailRow } from './rows.ts'

export const COLUMNS = [
  ...['type', 'id', 'account', 'account_name', 'project', 'project_name', 'user', 'user_name', 'kind', 'sku'],
  ...['source', 'job', 'run', 'started_at', 'ended_at', 'billed_from', 'billed_to', 'seconds'],
  ...['unit_price', 'price', 'currency', ...PARTS, ...PARTS.map((part) => `${part}_grains`)],
]

// Read by spreadsheets: the mark says UTF-8, lines end as theirs do, and no cell of a platform's or a person's text
// may act as a formula.
const MARK = '\uFEFF'
const END = '\r\n'
const NEEDS_QUOTES = /[",\r\n]/
/** What spreadsheets take for the beginning of a formula: also the wide signs of East Asian keyboards. */
const ACTS = /^[-=+@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/
const ODD = /[",\r\n\t]|^[-=+@\uFF1D\uFF0B\uFF0D\uFF20]/

/** A text as one cell. */
export function cell(text: string | null): string {
  if (text === null || !ODD.test(text)) return text ?? ''
  const harmless = ACTS.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

export const csvHead = `${MARK}${COLUMNS.join(',')}${END}`

/** Rows as lines of a CSV. Numbers and instants are ours and need no quotes; a negative one is a number, no formula. */
export function openCsv(): (rows: readonly DetailRow[]) => Buffer {
  const iso = openIso()
  const instant = (second: number | null) => (second === null ? '' : iso(second))
  const keyOf = keepBy((key: BillKey) =>
    [
      ...[key.accountId, key.accountName, key.projectId, key.projectName, key.userId, key.userName],
      ...[key.kind, key.sku],
    ]
      .map(cell)
      .join(),
  )
  const line = ({ detail, unitPrice, decimals }: DetailRow) => {
    const of = `${detail.type},${cell(detail.id)},${keyOf(detail.key)},${cell(detail.source)},${cell(detail.subject)},${detail.run ?? ''}`
    const span = `${instant(detail.startedAt)},${instant(detail.endedAt)}`
    const billed = `${instant(detail.billedFrom)},${instant(detail.billedTo)},${detail.seconds}`
    const price = `${unitPrice ?? ''},${cell(detail.priceId)},${detail.key.currency}`
    const shown = `${decimals.amount},${decimals.cash},${decimals.granted},${decimals.unpaid},${decimals.pending}`
    const exact = `${detail.amount},${detail.cash},${detail.granted},${detail.unpaid},${detail.pending}`
    return `${of},${span},${billed},${price},${shown},${exact}${END}`
  }
  return openEncoder(line)
}
