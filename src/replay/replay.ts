import { audit, type Audit } from '../audit/index.ts'
import {
  boundaryBefore,
  earlier,
  formatGrains,
  later,
  manualClock,
  Refusal,
  SYSTEM,
  transact,
  type App,
  type Clock,
  type Database,
} from '../base/index.ts'
import { loadPrices, parsePriceList, publishPriceList } from '../pricing/index.ts'
import { checkPeriod, partChargeable, type RefusedRow } from './chargeable.ts'
import { drive } from './drive.ts'
import { schedule } from './schedule.ts'
import { countDeductions, isBlank, readAccounts, type AccountFigures } from './store.ts'
import type { Trace, TraceRow } from './trace.ts'
import { openWorld } from './world.ts'

export type ReplayOptions = {
  /** A migrated database without books. */
  database: Database
  timeZone: string
  /** The price list, as parsed JSON. */
  prices: unknown
  /** Cash in grains for each account at the first instant; none where undefined. */
  credit?: bigint | undefined
  /** By which clock the seconds taken are told. */
  wallClock: Clock
  onProgress?: ((done: number, at: Temporal.Instant) => void) | undefined
  signal?: AbortSignal | undefined
}

export type Replay = {
  currency: string
  /** From when the price list was applied; earlier than it says where the trace begins before that. */
  pricesFrom?: Temporal.Instant
  /** How many rows were charged. */
  spans: number
  refused: RefusedRow[]
  /** The earliest start and the last end of what was charged. */
  first?: Temporal.Instant
  last?: Temporal.Instant
  deductions: bigint
  accounts: AccountFigures[]
  audit: Audit
  /** Wall clock, from the opening to the end of the audit. */
  seconds: number
}

/** What a bigint holds, in grains: 2.56 billion main units. */
const MOST_OF_AN_ACCOUNT = 2n ** 63n - 1n

/**
 * Lives a trace through on fresh books: opens its accounts, sends its events, deducts at every boundary, attributes at every hour,
 * audits. Everything goes through the operations that a server uses; only the clock is moved by hand.
 * @throws Refusal bad_price_list, books_not_empty, trace_too_long, amount_too_large.
 */
export async function replay(trace: Trace, options: ReplayOptions): Promise<Replay> {
  const { database, timeZone, wallClock } = options
  const began = wallClock.now()
  const prices = parsePriceList(options.prices)
  checkPeriod(trace)
  if (!(await isBlank(database))) throw new Refusal('books_not_empty')
  const clock = manualClock(boundaryBefore(trace.first ?? began))
  const app: App = { database, clock, timeZone, log: { info() {}, error: endReplay } }

  const pricesFrom = earlier(Temporal.Instant.from(prices.effective_at), clock.now())
  const book = await transact(app, SYSTEM, async (tx) => {
    await publishPriceList(tx, { ...prices, effective_at: pricesFrom.toString() })
    return loadPrices(tx, prices.currency)
  })
  const { rows, refused } = partChargeable(trace.rows, book)
  const { credit, onProgress, signal } = options
  const world = await openWorld(app, rows, { currency: prices.currency, ...(credit === undefined ? {} : { credit }) })
  await drive({ app, clock, world, onProgress, signal }, schedule(rows))
  const result = {
    currency: prices.currency,
    ...(trace.first ? { pricesFrom } : {}),
    spans: rows.length,
    refused,
    ...periodOf(rows),
    deductions: await countDeductions(database),
    accounts: await readAccounts(database),
    audit: await audit(app),
  }
  return { ...result, seconds: wallClock.now().since(began).total('seconds') }
}

/** A server passes over a wallet that it can't debit, complains, and goes on with the others; a replay with a hole is none. */
function endReplay(details: { error?: unknown; accountId?: string }, message: string): never {
  const { error, accountId } = details
  const tooLarge = error instanceof Error && 'code' in error && error.code === '22003'
  if (tooLarge)
    throw new Refusal('amount_too_large', {
      value: `of account ${accountId}`,
      limit: formatGrains(MOST_OF_AN_ACCOUNT, 0),
    })
  throw new Error(message, { cause: error })
}

/** The earliest start and the last end of what is charged. */
function periodOf(rows: readonly TraceRow[]): { first?: Temporal.Instant; last?: Temporal.Instant } {
  if (rows.length === 0) return {}
  const first = rows.map((row) => row.start).reduce(earlier)
  const last = rows.map((row) => row.start.add({ seconds: row.seconds })).reduce(later)
  return { first, last }
}
