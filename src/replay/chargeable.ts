import type { RefusalCode } from '@corehour/contract'
import { Refusal } from '../base/index.ts'
import { priceAt, rateOf, type PriceBook } from '../pricing/index.ts'
import type { Trace, TraceRow } from './trace.ts'

/** A row that the engine would refuse, with its code and the refusal itself for a reader. */
export type RefusedRow = { line: number; code: RefusalCode; refusal: Refusal }

export function skuOf(row: TraceRow): string {
  return `queue:${row.queue}`
}

/**
 * Parts the rows that can be charged from those whose quantity or SKU metering would refuse. Asked before anything is sent: a start
 * that is refused must take its stop with it, or the stop would wait for ever.
 */
export function partChargeable(
  rows: readonly TraceRow[],
  book: PriceBook,
): { rows: TraceRow[]; refused: RefusedRow[] } {
  const chargeable: TraceRow[] = []
  const refused: RefusedRow[] = []
  for (const row of rows) {
    const refusal = refusalOf(row, book)
    if (refusal) refused.push({ line: row.line, code: refusal.code, refusal })
    else chargeable.push(row)
  }
  return { rows: chargeable, refused }
}

function refusalOf(row: TraceRow, book: PriceBook): Refusal | undefined {
  const price = priceAt(book, skuOf(row), row.start)
  if (!price) return new Refusal('unknown_sku', { value: skuOf(row), at: row.start.toString() })
  try {
    rateOf(price, row.quantity)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** Every boundary is walked, so time costs: ten years are a million boundaries, some twenty minutes. */
const MOST_YEARS = 10
const SECONDS_A_YEAR = 31_557_600

/**
 * A row in the wrong unit (milliseconds, or seconds since another beginning) would stretch the period over centuries.
 * @throws Refusal trace_too_long, naming the rows at both ends.
 */
export function checkPeriod({ rows, first, last }: Trace): void {
  if (!first || !last || last.since(first).total('seconds') <= MOST_YEARS * SECONDS_A_YEAR) return
  const [starts, ends] = [rows.find((row) => row.start.equals(first)), rows.find((row) => endOf(row).equals(last))]
  throw new Refusal('trace_too_long', {
    first: first.toString(),
    first_line: starts?.line,
    last: last.toString(),
    last_line: ends?.line,
    years: MOST_YEARS,
  })
}

function endOf(row: TraceRow): Temporal.Instant {
  return row.start.add({ seconds: row.seconds })
}
