import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify, type Options } from 'csv-stringify'
import { formatGrains } from '../base/index.ts'
import { runningAmounts } from './amounts.ts'
import type { BillDetail } from './details.ts'

const PARTS = ['amount', 'cash', 'granted', 'unpaid', 'pending'] as const
const COLUMNS = [
  ...[
    'type',
    'id',
    'account',
    'project',
    'user',
    'kind',
    'sku',
    'source',
    'job',
    'run',
    'started_at',
    'ended_at',
    'billed_from',
    'billed_to',
  ],
  ...['seconds', 'unit_price', 'price', 'currency'],
  ...PARTS,
  ...PARTS.map((part) => `${part}_grains`),
]
// Read by spreadsheets: the mark says UTF-8, and no cell of a platform's text may act as a formula.
const FORMAT: Options = {
  bom: true,
  escape_formulas: true,
  record_delimiter: 'windows',
  header: true,
  columns: COLUMNS,
  cast: { object: castDecimal },
}
const GRAINS_PER_MICRO = 3600n

/** A decimal with a sign is a number, not a formula. */
type DecimalCell = { decimal: string }

/**
 * Writes a detailed bill as CSV with a header; the amounts are decimals whose columns add up, and exact grains beside them.
 * `unit_price` is the main unit's price of an hour. Answers the number of rows.
 */
export async function writeDetailsCsv(rows: AsyncIterable<BillDetail>, path: string): Promise<number> {
  let count = 0
  async function* records() {
    const toRecord = recordWriter()
    for await (const row of rows) {
      count++
      yield toRecord(row)
    }
  }
  await pipeline(Readable.from(records()), stringify(FORMAT), createWriteStream(path))
  return count
}

/** Columns run on from row to row; each currency has its own. */
function recordWriter(): (row: BillDetail) => unknown[] {
  const running = new Map<string, ((grains: bigint) => string)[]>()
  return (row) => {
    const columns = running.get(row.currency) ?? PARTS.map(() => runningAmounts())
    running.set(row.currency, columns)
    return [
      ...[
        row.type,
        row.id,
        row.accountId,
        row.projectId,
        row.userId,
        row.kind,
        row.sku,
        row.source,
        row.subject,
        row.run,
      ],
      ...[row.startedAt, row.endedAt, row.billedFrom, row.billedTo].map((at) => at?.toString() ?? null),
      row.seconds,
      row.rate === null ? null : formatGrains(row.rate * GRAINS_PER_MICRO, 6),
      row.priceId,
      row.currency,
      ...PARTS.map((part, i): DecimalCell => ({ decimal: columns[i]!(row[part]) })),
      ...PARTS.map((part) => row[part]),
    ]
  }
}

function castDecimal(cell: object) {
  const { decimal } = cell as DecimalCell
  return decimal.startsWith('-') ? { value: decimal, escape_formulas: false } : decimal
}
