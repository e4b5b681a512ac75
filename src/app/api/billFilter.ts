import { Refusal } from '../../base/index.ts'
import type { BillFilter } from '../../settlement/index.ts'
import { accountOf, type Caller } from './call.ts'
import { BadRequest } from './problem.ts'

/** What a request about bills may say, in the contract's words (`billFilter`). */
export type BillQuestion = {
  account_id?: string
  view?: 'account' | 'created' | 'joined'
  from?: string
  to?: string
  kind?: string[]
  project_id?: string[]
  user_id?: string[]
  sku?: string[]
}

/**
 * Which lines a caller asks for: of the account, or as a customer sees them by project.
 * @throws Refusal not_found for another's account, bad_request for a day that is none or a view that isn't there for this caller.
 */
export function billFilterOf(caller: Caller, asked: BillQuestion): BillFilter {
  const { kind, project_id: projectIds, user_id: userIds, sku } = asked
  return {
    of: whose(caller, asked),
    ...readDays(asked),
    ...(kind && { kinds: kind }),
    ...(projectIds && { projectIds }),
    ...(userIds && { userIds }),
    ...(sku && { skus: sku }),
  }
}

/**
 * The days that a request names: from one, and up to another without it.
 * @throws Refusal bad_request for one that is none.
 */
export function readDays({ from, to }: { from?: string; to?: string }): Pick<BillFilter, 'from' | 'to'> {
  return {
    ...(from !== undefined && { from: readDay('from', from) }),
    ...(to !== undefined && { to: readDay('to', to) }),
  }
}

function whose(caller: Caller, { account_id: named, view = 'account' }: BillQuestion): BillFilter['of'] {
  if (view === 'account') return { accountId: accountOf(caller, named) }
  if (caller.scope !== 'customer')
    throw new BadRequest('view', `view ${view} is a customer's own; ask with account_id alone`)
  if (named !== undefined && named !== caller.accountId) throw new Refusal('not_found', { value: named })
  if (named !== undefined) throw new BadRequest('account_id', `account_id does not go with view ${view}`)
  return { userId: caller.userId!, tab: view }
}

/** Days that every database and calendar can hold, with a month on either side. */
const DAY = /^(19|2\d)\d\d-\d\d-\d\d$/

function readDay(param: string, text: string): Temporal.PlainDate {
  try {
    if (DAY.test(text)) return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    // Such as 2026-02-30: answered as every other text that is no day.
  }
  throw new BadRequest(param, `${param} is a day from 1900-01-01 to 2999-12-31, such as 2026-01-31`)
}
