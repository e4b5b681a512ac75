import { secondsOf, type Tx } from '../base/index.ts'
import { findAccount } from '../identity/index.ts'
import { readWallets } from '../wallet/index.ts'
import { findSources, type BillFilter, type BillSource } from './billFilter.ts'
import { numberOf, openCalendar, type Calendar } from './calendar.ts'
import { openKeys, type BillKey, type Keys, type Payer } from './detailKeys.ts'
import { openLines, type Laid, type Lines, type Rest } from './detailLines.ts'
import { readDetailSources, type DetailSource } from './detailStore.ts'

/**
 * One row of the detailed bill: a usage span as far as the filter's days reach, a one-off charge, or a correction of
 * a line that its next attribution will book (`pending` then is what comes back). Grains; amount = cash + granted +
 * unpaid. Instants are seconds since the epoch: a million rows have four million of them, and Temporal takes a
 * microsecond for each.
 */
export type BillDetail = {
  type: 'use' | 'charge' | 'correction'
  id: string
  key: BillKey
  source: string | null
  subject: string | null
  run: number | null
  /** The whole span's; an end of null: it runs. */
  startedAt: number | null
  endedAt: number | null
  /** The part of the span that is on the bill. Null: nothing of it yet. */
  billedFrom: number | null
  billedTo: number | null
  /** Those on the bill. */
  seconds: number
  priceId: string | null
  /** The price of what runs in micro-units an hour, which are grains a second. */
  rate: bigint | null
  amount: bigint
  cash: bigint
  granted: bigint
  unpaid: bigint
  /** Use that no bill line has yet. */
  pending: bigint
}

/** Through when an account's use is on the bill, and through when it is deducted. */
type Reach = { attributed: number; settled: number; firstDay: number; endDay: number }

/**
 * The detailed bill, account by account, in order of start, by the thousand. Its amounts, and who paid them, sum to
 * the bill lines of the same filter to the grain. Streams any number of rows: what grows is with the bill lines, not
 * with the spans. `tx` is to be a snapshot, of which nothing else is asked until the last row.
 */
export async function* billDetails(tx: Tx, filter: BillFilter): AsyncGenerator<BillDetail[]> {
  const calendar = openCalendar(tx.timeZone)
  const turns = inTurn(tx)
  for (const source of await findSources(turns, filter)) {
    const [wallet] = await readWallets(turns, [source])
    const account = await findAccount(turns, source.accountId)
    if (!wallet || !account) continue
    const payer = { accountId: source.accountId, accountName: account.name, currency: wallet.currency }
    const reach = {
      attributed: secondsOf(wallet.attributedAt),
      settled: secondsOf(wallet.settledAt),
      firstDay: filter.from ? numberOf(filter.from) : -Infinity,
      endDay: filter.to ? numberOf(filter.to) : Infinity,
    }
    yield* detailsOf(turns, source, filter, payer, reach, calendar)
  }
}

async function* detailsOf(
  tx: Tx,
  source: BillSource,
  filter: BillFilter,
  payer: Payer,
  reach: Reach,
  calendar: Calendar,
): AsyncGenerator<BillDetail[]> {
  const { settled, endDay } = reach
  const before = endDay === Infinity ? settled : Math.min(settled, calendar.startOf(endDay))
  const keys = openKeys(tx, payer)
  const lines = openLines(tx, source, filter, keys)
  try {
    for await (const sources of readDetailSources(tx, source, filter, before)) {
      await lines.readThrough(lastDayOf(sources, before, calendar))
      const details = sources.map((each) => {
        const detail = begin(each, keys)
        if (each.type === 'use') layUse(detail, reach, calendar, lines)
        else layCharge(detail, each, lines)
        return detail
      })
      await keys.name()
      yield details
      lines.leave(calendar.dayAt(sources.at(-1)!.startedAt))
    }
    const rest = await lines.rest()
    await keys.name()
    if (rest.length > 0) yield rest.map((each) => toCorrection(each, calendar))
  } finally {
    await lines.close()
  }
}

/**
 * The same transaction, in which a statement waits for the one before: a page may be on its way while something else
 * is asked.
 */
function inTurn(tx: Tx): Tx {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...tx,
    query(statement, values) {
      const answer = last.then(() => tx.query(statement, values))
      last = answer.catch(() => {})
      return answer as never
    },
  }
}

/** The last day that any of them is laid on. */
function lastDayOf(sources: readonly DetailSource[], before: number, calendar: Calendar): number {
  let last = 0
  let day = -Infinity
  for (const source of sources) {
    last = Math.max(last, Math.min(source.endedAt ?? before, before) - 1, source.startedAt)
    if (source.day !== null) day = Math.max(day, source.day)
  }
  return Math.max(day, calendar.dayAt(last))
}

/** Cuts a span at midnights and at the wallet's last attribution, and lays the parts on the lines of their days. */
function layUse(detail: BillDetail, reach: Reach, calendar: Calendar, lines: Lines): void {
  const startedAt = detail.startedAt!
  const rate = detail.rate!
  const end = Math.min(detail.endedAt ?? reach.settled, reach.settled)
  let day = Math.max(calendar.dayAt(startedAt), reach.firstDay)
  for (let from = Math.max(startedAt, calendar.startOf(day)); from < end && day < reach.endDay; day++) {
    const to = Math.min(end, calendar.startOf(day + 1))
    const middle = Math.min(to, Math.max(from, reach.attributed))
    if (middle > from) {
      detail.billedFrom ??= from
      detail.billedTo = middle
      detail.seconds += middle - from
    }
    const used = rate * BigInt(middle - from)
    const laid = lines.lay(day, detail.key, used)
    add(detail, laid, middle < to ? used + rate * BigInt(to - middle) : used)
    from = to
  }
}

/** A charge stands on its line from the moment it is made. */
function layCharge(detail: BillDetail, { day, amount, startedAt }: DetailSource, lines: Lines): void {
  detail.billedFrom = detail.billedTo = startedAt
  add(detail, lines.lay(day!, detail.key, amount!), amount!)
}

function add(detail: BillDetail, laid: Laid, used: bigint): void {
  detail.amount += laid.amount
  detail.cash += laid.cash
  detail.granted += laid.granted
  detail.unpaid += laid.unpaid
  detail.pending += used - laid.amount
}

function begin(source: DetailSource, keys: Keys): BillDetail {
  return {
    type: source.type,
    id: source.id,
    key: keys.keyOf(source.key),
    source: source.source,
    subject: source.subject,
    run: source.run,
    startedAt: source.startedAt,
    endedAt: source.endedAt,
    billedFrom: null,
    billedTo: null,
    seconds: 0,
    priceId: source.priceId,
    rate: source.rate,
    amount: 0n,
    cash: 0n,
    granted: 0n,
    unpaid: 0n,
    pending: 0n,
  }
}

function toCorrection({ lineId, day, key, ...parts }: Rest, calendar: Calendar): BillDetail {
  const at = calendar.startOf(day)
  return {
    type: 'correction',
    id: lineId,
    key,
    source: null,
    subject: null,
    run: null,
    startedAt: null,
    endedAt: null,
    billedFrom: at,
    billedTo: at,
    seconds: 0,
    priceId: null,
    rate: null,
    ...parts,
    pending: -parts.amount,
  }
}
