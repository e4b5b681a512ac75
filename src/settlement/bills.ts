import {
  badCursor,
  bucketOf,
  checkLimit,
  readCursor,
  Refusal,
  toPage,
  writeCursor,
  type Page,
  type PageRequest,
  type Tx,
} from '../base/index.ts'
import { readWallets } from '../wallet/index.ts'
import { findSources, type BillFilter } from './billFilter.ts'
import { readLines, readOpenUse, readTotals, type LinePosition } from './billStore.ts'

/** One attributed row. Grains; amount = cash + granted + unpaid. */
export type BillLine = {
  lineId: string
  /** Who pays. */
  accountId: string
  day: Temporal.PlainDate
  projectId: string
  userId: string
  kind: string
  sku: string
  amount: bigint
  cash: bigint
  granted: bigint
  unpaid: bigint
}

/**
 * One page of bill lines, newest day first. Every line that stood when the first page was read comes exactly once, whatever is
 * written meanwhile.
 * @throws Refusal bad_request when the limit is not 1 to 1000 or the cursor is not one that was handed out.
 */
export async function billLines(tx: Tx, filter: BillFilter, page: PageRequest): Promise<Page<BillLine>> {
  const limit = checkLimit(page.limit)
  const after = page.cursor === undefined ? undefined : readPosition(page.cursor)
  const found: BillLine[] = []
  for (const source of await findSources(tx, filter))
    found.push(...(await readLines(tx, source, filter, after, limit + 1)))
  found.sort(newestFirst)
  return toPage(found.slice(0, limit + 1), limit, ({ day, lineId }) => writeCursor([day.toString(), lineId]))
}

export type Grouping = 'none' | 'day' | 'month' | 'project' | 'user' | 'kind' | 'sku'
/** `key`: the day (2026-01-31), month (2026-01), project, user, kind or SKU; empty where nothing is grouped. Grains. */
export type BillTotal = { key: string; amount: bigint; cash: bigint; granted: bigint; unpaid: bigint }

/** Totals of bill lines by a key, in its order. Without a line there is no row. */
export async function billTotals(tx: Tx, filter: BillFilter, groupBy: Grouping): Promise<BillTotal[]> {
  const totals = new Map<string, BillTotal>()
  for (const source of await findSources(tx, filter)) {
    for (const row of await readTotals(tx, source, filter, groupBy)) {
      const total = totals.get(row.key)
      if (!total) totals.set(row.key, row)
      else for (const part of ['amount', 'cash', 'granted', 'unpaid'] as const) total[part] += row[part]
    }
  }
  return [...totals.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

/**
 * Use that is deducted and not attributed yet: from `from` (attributed_at) up to `to` (settled_at), in grains by key. It is
 * reckoned for display: which lot pays for it, and so its place on the bill, is settled at the next attribution.
 */
export type OpenUse = {
  from: Temporal.Instant
  to: Temporal.Instant
  use: { projectId: string; userId: string; kind: string; sku: string; amount: bigint }[]
}

/** @throws Refusal unknown_account. */
export async function openUse(tx: Tx, accountId: string): Promise<OpenUse> {
  const bucket = bucketOf(accountId)
  const [wallet] = await readWallets(tx, [{ bucket, accountId }])
  if (!wallet) throw new Refusal('unknown_account', { value: accountId })
  return { from: wallet.attributedAt, to: wallet.settledAt, use: await readOpenUse(tx, bucket, accountId) }
}

function newestFirst(a: BillLine, b: BillLine): number {
  return Temporal.PlainDate.compare(b.day, a.day) || (a.lineId > b.lineId ? -1 : 1)
}

function readPosition(cursor: string): LinePosition {
  const [day, lineId] = readCursor(cursor, 2) as [string, string]
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || lineId.includes('\0')) throw badCursor()
  try {
    Temporal.PlainDate.from(day)
  } catch {
    throw badCursor()
  }
  return { day, lineId }
}
