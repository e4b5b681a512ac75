import type { Routes } from '@corehour/contract'
import { audit, type Audit } from '../../../audit/index.ts'
import { perApp, readCursor, startOfDay, toPage, writeCursor, type Tx } from '../../../base/index.ts'
import { readDays } from '../billFilter.ts'
import type { Call, HandlersOf } from '../call.ts'
import { gather } from '../gather.ts'
import { instant, page } from '../show.ts'
import { readActors, readStaffActions, type ActionFilter, type StaffAction } from '../store.ts'

const PAGE = 50
/**
 * Two run at once, and whoever asks meanwhile shares the next: so an answer takes twice that at most, and comes before clients give up
 * (fetch waits 300 s for the first byte in Node and in Chrome).
 */
const AUDIT_SECONDS = 120
const MOST_ASKED = 1000

const audits = perApp((app) =>
  gather<undefined, Audit>(
    async (asked) => {
      const found = await audit(app, { seconds: AUDIT_SECONDS })
      return asked.map(() => found)
    },
    { most: MOST_ASKED, slow: 1 },
  ),
)

export const staffHandlers: HandlersOf<'staff'> = {
  actions: {
    async read(tx, { query }) {
      const limit = query.limit ?? PAGE
      const before = query.cursor === undefined ? undefined : readCursor(query.cursor, 1)[0]!
      const actions = await readStaffActions(tx, filterOf(tx, query), {
        ...(before !== undefined && { before }),
        limit: limit + 1,
      })
      return page(
        toPage(actions, limit, (last) => writeCursor([last.actionId])),
        show,
      )
    },
  },
  actors: {
    async read(tx) {
      const actors = await readActors(tx)
      return { data: actors.map(({ keyId, keyName }) => ({ key_id: keyId, key_name: keyName })) }
    },
  },
  audit: {
    async outside(app) {
      const { violations, checked } = await audits(app)(undefined)
      return { checked, violations: violations.map(({ rows, ...rest }) => ({ ...rest, rows: rows.map(plain) })) }
    },
  },
}

/** Days begin in the operator's time zone. */
function filterOf({ timeZone }: Tx, asked: Call<Routes['staff']['actions']>['query']): ActionFilter {
  const { about, key_id: keyId, route } = asked
  const { from, to } = readDays(asked)
  return {
    ...(about !== undefined && { about }),
    ...(keyId !== undefined && { keyId }),
    ...(route !== undefined && { route }),
    ...(from && { from: startOfDay(from, timeZone) }),
    ...(to && { to: startOfDay(to, timeZone) }),
  }
}

function show(action: StaffAction) {
  return {
    action_id: action.actionId,
    at: instant(action.at),
    key_id: action.keyId,
    key_name: action.keyName,
    route: action.route,
    about: action.about,
    request: action.request,
    status: action.status,
    code: action.code,
    request_id: action.requestId,
  }
}

/** A row whose bigints and instants are text. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  )
}
