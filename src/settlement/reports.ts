import { dayOf, type Tx } from '../base/index.ts'
import type { BillTotal } from './bills.ts'
import { readArrears, readLiabilities, readRevenue, type RevenueDays } from './reportStore.ts'

/** `channel`: by which way the money came that paid; `none`, where nobody has paid yet, is `unpaid`. */
export type RevenueGrouping = 'none' | 'day' | 'month' | 'kind' | 'sku' | 'channel'

/**
 * What all accounts together used on some days, as attributed, by a key in its order; one row for each currency. It reads all lines of these
 * days: for people who run Corehour, not for every request.
 */
export function revenue(tx: Tx, days: RevenueDays, groupBy: RevenueGrouping): Promise<BillTotal[]> {
  return readRevenue(tx, days, groupBy)
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
