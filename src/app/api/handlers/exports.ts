import { earlier, readCursor, Refusal, toPage, writeCursor, type Tx } from '../../../base/index.ts'
import { findAccount } from '../../../identity/index.ts'
import { fileNameOf, findExport, listExports, requestExport, type BillExport } from '../../../settlement/index.ts'
import { ringExporter } from '../../exporter.ts'
import { billFilterOf } from '../billFilter.ts'
import type { Caller, HandlersOf } from '../call.ts'
import type { Services, Shelf } from '../services.ts'
import { instant, page } from '../show.ts'

const PAGE = 50
/** A link is asked for right before it is used; who finds an old one in a log reads nothing. */
const LINK_MINUTES = 15

export function exportHandlers({ shelf }: Services): HandlersOf<'exports'> {
  return {
    create: {
      async act(tx, { caller, body }) {
        const { format, ...asked } = body
        const filter = billFilterOf(caller, asked)
        const accountId = 'accountId' in filter.of ? filter.of.accountId : caller.accountId!
        if (!(await findAccount(tx, accountId))) throw new Refusal('not_found', { value: accountId })
        const { keyId, userId } = caller
        const queued = await requestExport(tx, { accountId, keyId, userId, format, filter })
        ringExporter(shelf)
        return show(queued, shelf, tx)
      },
    },
    get: {
      async read(tx, { caller, params }) {
        const found = await findExport(tx, params.export_id)
        if (!found || !isAskedBy(found, caller)) throw new Refusal('not_found', { value: params.export_id })
        return show(found, shelf, tx)
      },
    },
    list: {
      async read(tx, { caller, query }) {
        const limit = query.limit ?? PAGE
        const before = query.cursor === undefined ? undefined : readCursor(query.cursor, 1)[0]!
        const { accountId, userId } = caller
        const asker = caller.scope === 'customer' ? { accountId: accountId!, userId: userId! } : null
        const rows = await listExports(tx, asker, { ...(before !== undefined && { before }), limit: limit + 1 })
        return page(
          toPage(rows, limit, (last) => writeCursor([last.exportId])),
          (row) => show(row, shelf, tx),
        )
      },
    },
  }
}

/** A customer's are those of the same user, by whichever key; those of staff are all staff's. */
function isAskedBy(found: BillExport, caller: Caller): boolean {
  return found.userId === caller.userId && (caller.accountId === null || found.accountId === caller.accountId)
}

function show(row: BillExport, shelf: Shelf, { now }: Tx) {
  const keptUntil = row.state === 'done' ? row.dueAt : null
  const isThere = keptUntil !== null && Temporal.Instant.compare(now, keptUntil) < 0
  const linkEnds = isThere ? earlier(now.add({ minutes: LINK_MINUTES }), keptUntil) : null
  return {
    export_id: row.exportId,
    format: row.format,
    state: row.state,
    rows: Number(row.rows),
    bytes: row.bytes === null ? null : Number(row.bytes),
    file_name: fileNameOf(row),
    created_at: instant(row.createdAt),
    finished_at: instant(row.finishedAt),
    kept_until: isThere ? instant(keptUntil) : null,
    url: linkEnds && shelf.sign(row.exportId, linkEnds),
    expires_at: instant(linkEnds),
  }
}
