import { accountsInArrears, arrearsByAge, liabilities, revenue } from '../../../settlement/index.ts'
import type { HandlersOf } from '../call.ts'
import { readDays } from '../billFilter.ts'
import { BadRequest } from '../problem.ts'
import { money, page } from '../show.ts'
import { showParts } from './bills.ts'

const PAGE = 50

export const reportHandlers: HandlersOf<'reports'> = {
  revenue: {
    async read(tx, { query }) {
      const { group_by: groupBy = 'none', by_day: byDay = false, limit: most } = query
      const found = await revenue(tx, readDays(query), { groupBy, byDay, ...(most !== undefined && { most }) })
      const dayOf = ({ day }: { day: Temporal.PlainDate | null }) => ({ day: day?.toString() ?? null })
      return {
        data: found.data.map((total) => ({ key: total.key, ...dayOf(total), ...showParts(total) })),
        rest: found.rest.map((rest) => ({ keys: rest.keys, ...dayOf(rest), ...showParts(rest) })),
      }
    },
  },
  liabilities: {
    async read(tx) {
      const found = await liabilities(tx)
      return {
        data: found.map(({ currency, accounts, ...parts }) => ({
          currency,
          accounts: Number(accounts),
          cash: money(currency, parts.cash),
          granted: money(currency, parts.granted),
          held: money(currency, parts.held),
          unattributed: money(currency, parts.unattributed),
          arrears: money(currency, parts.arrears),
        })),
      }
    },
  },
  arrears: {
    async read(tx) {
      const ages = await arrearsByAge(tx)
      return {
        data: ages.map(({ currency, from, to, accounts, amount }) => ({
          currency,
          from_days: from,
          to_days: to,
          accounts: Number(accounts),
          amount: money(currency, amount),
        })),
      }
    },
  },
  inArrears: {
    async read(tx, { query }) {
      const { from_days: from, to_days: to, currency, limit = PAGE, cursor } = query
      if (from !== undefined && to !== undefined && from >= to)
        throw new BadRequest('to_days', 'to_days is more than from_days')
      const asked = {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(currency && { currency }),
      }
      const found = await accountsInArrears(tx, asked, { limit, ...(cursor !== undefined && { cursor }) })
      return page(found, ({ accountId, name, amount, arrears, oldest, ...row }) => ({
        account_id: accountId,
        name,
        currency: row.currency,
        amount: money(row.currency, amount),
        arrears: money(row.currency, arrears),
        oldest: oldest.toString(),
      }))
    },
  },
}
