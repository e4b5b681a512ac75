import { instantOf, Refusal, type Tx } from '../../../base/index.ts'
import { findAccount } from '../../../identity/index.ts'
import { loadPrices, type PriceBook } from '../../../pricing/index.ts'
import {
  billLines,
  billTotals,
  cutTotals,
  findBillLine,
  largestTotals,
  lineDetails,
  paidBy,
  type BillDetail,
  type BillFilter,
  type BillLine,
  type BillTotal,
  type FoundLine,
  type Grouping,
  type LargestTotals,
} from '../../../settlement/index.ts'
import { billFilterOf, type BillQuestion } from '../billFilter.ts'
import { accountOf, type Caller, type HandlersOf } from '../call.ts'
import { BadRequest } from '../problem.ts'
import { instant, money, page, perHour, pinned } from '../show.ts'
import { seenUsers } from './names.ts'

const PAGE = 50

type TotalsQuestion = BillQuestion & { group_by?: Grouping; limit?: number; search?: string }

export const billHandlers: HandlersOf<'bills'> = {
  lines: {
    async read(tx, { caller, query }) {
      const { limit = PAGE, cursor } = query
      const filter = await filterOf(tx, caller, query)
      const lines = await billLines(tx, filter, { limit, ...(cursor !== undefined && { cursor }) })
      return page(lines, showLine)
    },
  },
  line: {
    async read(tx, { caller, params, query }) {
      const { line, of } = await mustFindLine(tx, caller, params.line_id, query.account_id)
      const paid = 'accountId' in of ? await paidBy(tx, line) : null
      const { currency } = line
      return {
        ...showLine(line),
        paid_by:
          paid &&
          paid.map(({ lotId, kind, channel, amount }) => ({
            lot_id: lotId,
            kind,
            channel,
            amount: money(currency, amount),
          })),
      }
    },
  },
  details: {
    async read(tx, { caller, params, query }) {
      const { limit = PAGE, cursor, account_id: named } = query
      const found = await mustFindLine(tx, caller, params.line_id, named)
      const details = await lineDetails(tx, found, { limit, ...(cursor !== undefined && { cursor }) })
      const book = await loadPrices(tx, found.line.currency)
      return page(details, (detail) => showDetail(book, detail))
    },
  },
  totals: {
    async read(tx, { caller, query }) {
      const { data, rest } = await totalsOf(tx, caller, query)
      return {
        data: data.map((total) => ({ key: total.key, ...showParts(total) })),
        rest: rest.map((each) => ({ keys: each.keys, ...showParts(each) })),
      }
    },
  },
}

/** @throws Refusal as `filterOf`, and bad_request where what is searched has no name. */
async function totalsOf(tx: Tx, caller: Caller, asked: TotalsQuestion): Promise<LargestTotals> {
  const { group_by: groupBy = 'none', limit, search } = asked
  const filter = await filterOf(tx, caller, asked)
  if (search === undefined && limit !== undefined) return largestTotals(tx, filter, groupBy, limit)
  const totals = await billTotals(tx, filter, groupBy)
  const found = search === undefined ? totals : await calledSo(tx, caller, { totals, groupBy, search })
  return limit === undefined ? { data: found, rest: [] } : cutTotals(found, limit)
}

/** Those of some totals whose user or SKU is called so. Names that the caller may not see find nothing. */
async function calledSo(
  tx: Tx,
  caller: Caller,
  { totals, groupBy, search }: { totals: BillTotal[]; groupBy: Grouping; search: string },
): Promise<BillTotal[]> {
  const wanted = search.toLowerCase()
  if (groupBy === 'sku') return totals.filter(({ key }) => key.toLowerCase().includes(wanted))
  if (groupBy !== 'user') throw new BadRequest('search', 'search goes with group_by user or sku')
  const users = await seenUsers(
    tx,
    caller,
    totals.map(({ key }) => key),
  )
  const called = new Set(users.flatMap(({ userId, name }) => (name.toLowerCase().includes(wanted) ? userId : [])))
  return totals.filter(({ key }) => called.has(key))
}

/** @throws Refusal not_found for an account that isn't there, beside what `billFilterOf` refuses. */
async function filterOf(tx: Tx, caller: Caller, asked: BillQuestion): Promise<BillFilter> {
  const filter = billFilterOf(caller, asked)
  if ('accountId' in filter.of && !(await findAccount(tx, filter.of.accountId)))
    throw new Refusal('not_found', { value: filter.of.accountId })
  return filter
}

/**
 * A line that the caller may see: of the account, or as a customer of the projects that the user takes part in.
 * @throws Refusal not_found.
 */
async function mustFindLine(tx: Tx, caller: Caller, lineId: string, named: string | undefined): Promise<FoundLine> {
  const { userId } = caller
  const found = await findBillLine(
    tx,
    [
      { accountId: accountOf(caller, named) },
      ...(caller.scope === 'customer' && userId !== null ? [{ userId, tab: 'joined' } as const] : []),
    ],
    lineId,
  )
  if (!found) throw new Refusal('not_found', { value: lineId })
  return found
}

function showDetail(book: PriceBook, detail: BillDetail) {
  const { currency } = book
  const at = (second: number | null) => (second === null ? null : instant(instantOf(second)))
  const price =
    detail.priceId === null ? { price_id: null, price_list_id: null, unit_prices: null } : pinned(book, detail.priceId)
  return {
    type: detail.type,
    id: detail.id,
    source: detail.source,
    subject: detail.subject,
    run: detail.run,
    started_at: at(detail.startedAt),
    ended_at: at(detail.endedAt),
    billed_from: at(detail.billedFrom),
    billed_to: at(detail.billedTo),
    seconds: detail.seconds,
    ...price,
    per_hour: detail.rate === null ? null : perHour(currency, detail.rate),
    ...showParts({ ...detail, currency }),
    pending: money(currency, detail.pending),
  }
}

function showLine(line: BillLine) {
  return {
    line_id: line.lineId,
    account_id: line.accountId,
    day: line.day.toString(),
    project_id: line.projectId,
    user_id: line.userId,
    kind: line.kind,
    sku: line.sku,
    ...showParts(line),
  }
}

/** Who paid how much of a line or a total. */
export function showParts({
  currency,
  amount,
  cash,
  granted,
  unpaid,
}: Pick<BillLine | BillTotal, 'currency' | 'amount' | 'cash' | 'granted' | 'unpaid'>) {
  return {
    amount: money(currency, amount),
    cash: money(currency, cash),
    granted: money(currency, granted),
    unpaid: money(currency, unpaid),
  }
}
