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
import type { UsageKind } from '../metering/index.ts'
import { readWallets } from '../wallet/index.ts'
import { findSources, type BillFilter, type BillSource } from './billFilter.ts'
import { readLargest, readLines, readOpenUse, readTotals, type LinePosition } from './billStore.ts'

/** One attributed row. Grains; amount = cash + granted + unpaid. */
export type BillLine = {
  lineId: string
  /** Who pays. */
  accountId: string
  currency: string
  day: Temporal.PlainDate
  projectId: string
  userId: string
  kind: UsageKind
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
  const read = (source: BillSource) => readLines(tx, source, filter, after, limit + 1)
  const found = (await fromEach(tx, await findSources(tx, filter), read)).sort(newestFirst)
  return toPage(found.slice(0, limit + 1), limit, ({ day, lineId }) => writeCursor([day.toString(), lineId]))
}

export type Grouping = 'none' | 'day' | 'month' | 'project' | 'user' | 'kind' | 'sku'
/** `key`: the day (2026-01-31), month (2026-01), project, user, kind or SKU; empty where nothing is grouped. Grains. */
export type BillTotal = { key: string; currency: string; amount: bigint; cash: bigint; granted: bigint; unpaid: bigint }

/** Totals of bill lines by a key, in its order: one for each currency, which are never added up. Without a line there is no row. */
export async function billTotals(tx: Tx, filter: BillFilter, groupBy: Grouping): Promise<BillTotal[]> {
  const totals = new Map<string, BillTotal>()
  const read = (source: BillSource) => readTotals(tx, source, filter, groupBy)
  for (const row of await fromEach(tx, await findSources(tx, filter), read)) {
    const key = `${row.key}\0${row.currency}`
    const total = totals.get(key)
    if (!total) totals.set(key, row)
    else for (const part of ['amount', 'cash', 'granted', 'unpaid'] as const) total[part] += row[part]
  }
  return [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total)
}

/** What a limit leaves out: the sum of so many keys. */
export type BillRest = Omit<BillTotal, 'key'> & { keys: number }
export type LargestTotals = { data: BillTotal[]; rest: BillRest[] }

/**
 * The largest `most` totals of each currency, the largest first, and for each currency what the others come to: together they are all lines,
 * to the grain. Where one account pays, which may have ten thousand projects, the database answers no more than these.
 */
export async function largestTotals(
  tx: Tx,
  filter: BillFilter,
  groupBy: Grouping,
  most: number,
): Promise<LargestTotals> {
  const sources = await findSources(tx, filter)
  if (sources.length > 1) return cutTotals(await billTotals(tx, filter, groupBy), most)
  const read = (source: BillSource) => readLargest(tx, source, filter, groupBy, most)
  const rows = await fromEach(tx, sources, read)
  return {
    data: rows.flatMap(({ key, keys: _, ...sums }) => (key === null ? [] : { key, ...sums })),
    rest: rows.flatMap(({ key, ...rest }) => (key === null ? rest : [])),
  }
}

/** The same of totals that are read already. */
export function cutTotals(totals: readonly BillTotal[], most: number): LargestTotals {
  const byCurrency = [...Map.groupBy(totals, ({ currency }) => currency).values()].map((each) =>
    each.toSorted((a, b) => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : a.key < b.key ? -1 : 1)),
  )
  return {
    data: byCurrency.flatMap((each) => each.slice(0, most)),
    rest: byCurrency.flatMap((each) => (each.length > most ? sumOf(each.slice(most)) : [])),
  }
}

function sumOf(totals: readonly BillTotal[]): BillRest {
  const sum = (part: 'amount' | 'cash' | 'granted' | 'unpaid') => totals.reduce((all, each) => all + each[part], 0n)
  return {
    keys: totals.length,
    currency: totals[0]!.currency,
    amount: sum('amount'),
    cash: sum('cash'),
    granted: sum('granted'),
    unpaid: sum('unpaid'),
  }
}

/** What is read from each source, with the currency of its account. All of it travels together. */
async function fromEach<R>(
  tx: Tx,
  sources: readonly BillSource[],
  read: (source: BillSource) => Promise<R[]>,
): Promise<(R & { currency: string })[]> {
  const [wallets, ...rows] = await Promise.all([readWallets(tx, sources), ...sources.map(read)])
  const currencies = new Map(wallets.map(({ accountId, currency }) => [accountId, currency]))
  // An account that isn't there has no rows either.
  return sources.flatMap(({ accountId }, n) =>
    rows[n]!.map((row) => ({ ...row, currency: currencies.get(accountId)! })),
  )
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
  if (!/^[12]\d{3}-\d\d-\d\d$/.test(day) || lineId.includes('\0')) throw badCursor()
  try {
    Temporal.PlainDate.from(day)
  } catch {
    throw badCursor()
  }
  return { day, lineId }
}
