import { Refusal, type Tx } from '../../../base/index.ts'
import { findAccount } from '../../../identity/index.ts'
import { billLines, billTotals, type BillFilter, type BillLine, type BillTotal } from '../../../settlement/index.ts'
import { billFilterOf, type BillQuestion } from '../billFilter.ts'
import type { Caller, HandlersOf } from '../call.ts'
import { money, page } from '../show.ts'

const PAGE = 50

export const billHandlers: HandlersOf<'bills'> = {
  lines: {
    async read(tx, { caller, query }) {
      const { limit = PAGE, cursor } = query
      const filter = await filterOf(tx, caller, query)
      const lines = await billLines(tx, filter, { limit, ...(cursor !== undefined && { cursor }) })
      return page(lines, showLine)
    },
  },
  totals: {
    async read(tx, { caller, query }) {
      const totals = await billTotals(tx, await filterOf(tx, caller, query), query.group_by ?? 'none')
      return { data: totals.map((total) => ({ key: total.key, ...showParts(total) })) }
    },
  },
}

/** @throws Refusal not_found for an account that isn't there, beside what `billFilterOf` refuses. */
async function filterOf(tx: Tx, caller: Caller, asked: BillQuestion): Promise<BillFilter> {
  const filter = billFilterOf(caller, asked)
  if ('accountId' in filter.of && !(await findAccount(tx, filter.of.accountId)))
    throw new Refusal('not_found', { value: filter.of.accountId })
  return filter
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
export function showParts({ currency, amount, cash, granted, unpaid }: BillLine | BillTotal) {
  return {
    amount: money(currency, amount),
    cash: money(currency, cash),
    granted: money(currency, granted),
    unpaid: money(currency, unpaid),
  }
}
