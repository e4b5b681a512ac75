import {
  badCursor,
  dayOf,
  readCursor,
  toPage,
  writeCursor,
  type Page,
  type PageRequest,
  type Tx,
} from '../base/index.ts'
import type { BillRest, BillTotal } from './bills.ts'
import { readArrears, readInArrears, readLiabilities, readRevenue, type RevenueDays } from './reportStore.ts'

/** `channel`: by which way the money came that paid; `none`, where nobody has paid yet, is `unpaid`. */
export type RevenueGrouping = 'none' | 'day' | 'month' | 'kind' | 'sku' | 'channel'

/** `byDay`: each key on each of its days. `most`: only so many of the largest keys of each currency, the others as one. */
export type RevenueAsked = { groupBy: RevenueGrouping; byDay: boolean; most?: number }
/** `day`: where it was asked by day. */
export type Revenue = BillTotal & { day: Temporal.PlainDate | null }
export type RevenueRest = BillRest & { day: Temporal.PlainDate | null }

/**
 * What all accounts together used on some days, as attributed, by a key; one row for each currency. In the order of the keys, or of `most` the
 * largest first, with what the others come to as `rest`. It reads all lines of these days: for people who run Corehour, not for every request.
 */
export async function revenue(
  tx: Tx,
  days: RevenueDays,
  asked: RevenueAsked,
): Promise<{ data: Revenue[]; rest: RevenueRest[] }> {
  const rows = await readRevenue(tx, days, asked)
  return {
    data: rows.flatMap(({ key, keys: _, ...sums }) => (key === null ? [] : { key, ...sums })),
    rest: rows.flatMap(({ key, ...rest }) => (key === null ? rest : [])),
  }
}

/** What is owed to customers and by them in one currency, in grains. */
export type Liability = {
  currency: string
  accounts: bigint
  /** Left of payments: owed to customers in use, or back. */
  cash: bigint
  /** Left of experience cards that have not expired. */
  granted: bigint
  /** Reserved of both. */
  held: bigint
  /** Deducted and not attributed yet: it will lessen cash and granted, or be arrears. */
  unattributed: bigint
  /** Owed by customers. */
  arrears: bigint
}

/** As the books stand now, by currency. */
export function liabilities(tx: Tx): Promise<Liability[]> {
  return readLiabilities(tx)
}

/** Use that nobody has paid yet, by its age in days: `from` or more, and less than `to` (null: any). */
export type ArrearsAge = {
  currency: string
  from: number
  to: number | null
  accounts: bigint
  amount: bigint
}

const AGES = [0, 31, 61, 91] as const

/** Arrears by how long ago they were used, the youngest first; ages in which nothing is owed are left out. */
export async function arrearsByAge(tx: Tx): Promise<ArrearsAge[]> {
  const rows = await readArrears(tx, dayOf(tx.now, tx.timeZone), AGES)
  return rows.map(({ age, ...row }) => ({ ...row, from: AGES[age]!, to: AGES[age + 1] ?? null }))
}

/** An account that owes. `amount`: at the ages that were asked for, the first of it on day `oldest`; `arrears`: at all. */
export type InArrears = {
  accountId: string
  name: string
  currency: string
  amount: bigint
  arrears: bigint
  oldest: Temporal.PlainDate
}
/** `from` days ago or more, and less than `to`; what is left out excludes nothing. */
export type ArrearsAsked = { from?: number; to?: number; currency?: string }

/** The accounts behind arrears of an age, by currency, who owes the most first. @throws Refusal bad_request for a foreign cursor. */
export async function accountsInArrears(
  tx: Tx,
  asked: ArrearsAsked,
  { limit, cursor }: PageRequest,
): Promise<Page<InArrears>> {
  const after = cursor === undefined ? undefined : readPosition(cursor)
  const rows = await readInArrears(tx, dayOf(tx.now, tx.timeZone), asked, { limit: limit + 1, ...(after && { after }) })
  return toPage(rows, limit, ({ currency, amount, accountId }) => writeCursor([currency, String(amount), accountId]))
}

/** After whom a page of accounts in arrears goes on. */
export type OwingPosition = { currency: string; amount: bigint; accountId: string }

function readPosition(cursor: string): OwingPosition {
  const [currency, amount, accountId] = readCursor(cursor, 3) as [string, string, string]
  if (!/^\d{1,19}$/.test(amount)) throw badCursor()
  return { currency, amount: BigInt(amount), accountId }
}
