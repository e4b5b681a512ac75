import type { FastifyInstance } from 'fastify'
import { open } from 'node:fs/promises'
import { Refusal, snapshot, SYSTEM, type App } from '../../base/index.ts'
import { fileNameOf, findExport, type BillExport } from '../../settlement/index.ts'
import { codeOf } from '../cannot-start.ts'
import { fileOf } from '../exporter.ts'
import type { Services, Shelf } from './services.ts'

const TYPES: Record<BillExport['format'], string> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

type FileRequest = { Params: { export_id: string }; Querystring: { expires?: unknown; signature?: unknown } }

/**
 * Serves finished exports to whoever has a signed link, without a key: links are opened by browsers. No route of the
 * contract, because it answers a file.
 */
export function serveFiles(http: FastifyInstance, app: App, { shelf }: Services): void {
  http.get<FileRequest>(
    '/v1/exports/:export_id/file',
    // To ask for the head alone would read the whole file.
    { exposeHeadRoute: false },
    async ({ params, query: { expires, signature } }, reply) => {
      const { export_id: exportId } = params
      const signed = typeof expires === 'string' && typeof signature === 'string'
      if (!signed || !shelf.isSigned(exportId, expires, signature)) throw new Refusal('link_expired')
      const found = await snapshot(app, SYSTEM, (tx) => findExport(tx, exportId))
      const file = found?.state === 'done' ? await openFile(shelf, found) : undefined
      if (!found || !file) throw new Refusal('link_expired')
      return reply
        .header('content-type', TYPES[found.format])
        .header('content-disposition', `attachment; filename="${fileNameOf(found)}"`)
        .header('content-length', String(found.bytes))
        .header('cache-control', 'private, no-store')
        .header('x-content-type-options', 'nosniff')
        .send(file.createReadStream())
    },
  )
}

/** Undefined when the file is deleted already. */
async function openFile(shelf: Shelf, found: BillExport) {
  try {
    return await open(fileOf(shelf, found))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
