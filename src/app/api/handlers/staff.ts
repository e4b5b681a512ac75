import { audit, type Audit } from '../../../audit/index.ts'
import { perApp, readCursor, toPage, writeCursor } from '../../../base/index.ts'
import type { HandlersOf } from '../call.ts'
import { gather } from '../gather.ts'
import { instant, page } from '../show.ts'
import { readStaffActions, type StaffAction } from '../store.ts'

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
      const actions = await readStaffActions(tx, {
        ...(query.about !== undefined && { about: query.about }),
        ...(before !== undefined && { before }),
        limit: limit + 1,
      })
      return page(
        toPage(actions, limit, (last) => writeCursor([last.actionId])),
        show,
      )
    },
  },
  audit: {
    async outside(app) {
      const { violations, checked } = await audits(app)(undefined)
      return { checked, violations: violations.map(({ rows, ...rest }) => ({ ...rest, rows: rows.map(plain) })) }
    },
  },
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
