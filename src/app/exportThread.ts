// The thread in which one export is written: its work and memory are apart from those of requests.
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase, snapshot, SYSTEM, type App, type DatabaseOptions } from '../base/index.ts'
import { billDetails, restoreFilter, writeDetails, type ExportFormat, type StoredFilter } from '../settlement/index.ts'

/** What a thread is told. */
export type ExportOrder = {
  database: DatabaseOptions
  timeZone: string
  /** The instant that its transaction has. */
  now: string
  filter: StoredFilter
  format: ExportFormat
  path: string
}
/** What it says: how far it is, and at last that it is done. */
export type ExportNews = { rows: number; bytes?: number }

const { database: options, timeZone, now, filter, format, path } = workerData as ExportOrder
const say = (news: ExportNews) => parentPort!.postMessage(news)
const at = Temporal.Instant.from(now)
const database = openDatabase({ ...options, max: 1 })
const app: App = { database, timeZone, clock: { now: () => at }, log: { info() {}, error() {} } }
try {
  say(
    await snapshot(app, SYSTEM, (tx) =>
      writeDetails(billDetails(tx, restoreFilter(filter)), format, path, timeZone, (rows) => say({ rows })),
    ),
  )
} finally {
  await database.close()
}
