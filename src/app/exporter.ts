import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { SYSTEM, transact, type App } from '../base/index.ts'
import * as settlement from '../settlement/index.ts'
import type { BillExport } from '../settlement/index.ts'
import type { Shelf } from './api/services.ts'
import type { ExportNews, ExportOrder } from './exportThread.ts'

/** A large one leaves room for a small one beside it. */
const MOST_AT_ONCE = 2
const LOOK_MS = 1000
/** Who asks is told before the row is committed: it is looked for after 20 ms, and then ever more seldom. */
const FIRST_LOOK_MS = 20
const PROGRESS_MS = 1000
// A million rows take 60 MB here; a thread that wants more ends alone, not the server.
const LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32 }

const bells = new WeakMap<Shelf, () => void>()

/** Tells whoever writes the exports of a shelf that there is one more. */
export function ringExporter(shelf: Shelf): void {
  bells.get(shelf)?.()
}

/** Where the file of an export lies that was taken up so often: a slow writer of before writes another file. */
export function fileOf(shelf: Shelf, { exportId, fence, format }: BillExport): string {
  return shelf.pathOf(`${exportId}.${fence}`, format)
}

/**
 * Writes the exports that are asked for and deletes the files whose time is over, until stopped. What it was writing
 * then is given back and begins anew with the next server; what a killed one was writing, when its minute is over.
 */
export async function runExports(app: App, shelf: Shelf, stopping: AbortSignal): Promise<void> {
  await mkdir(dirname(shelf.pathOf('any', 'csv')), { recursive: true, mode: 0o700 })
  const writing = new Map<string, Promise<void>>()
  let pause = FIRST_LOOK_MS
  let bell = new AbortController()
  const ring = () => {
    pause = FIRST_LOOK_MS
    bell.abort()
  }
  bells.set(shelf, ring)
  const begin = (due: BillExport) => {
    const done = writeOne(app, shelf, due, stopping).catch((error: unknown) => complain(app, due, error))
    writing.set(
      due.exportId,
      done.finally(() => (writing.delete(due.exportId), ring())),
    )
  }
  while (!stopping.aborted) {
    try {
      const due = await transact(app, SYSTEM, (tx) => settlement.dueExports(tx, MOST_AT_ONCE * 10))
      for (const each of due) {
        if (each.state === 'done') await deleteFile(app, shelf, each)
        else if (writing.size < MOST_AT_ONCE && !writing.has(each.exportId)) begin(each)
      }
    } catch (error) {
      app.log.error({ error }, 'exports were not looked for; it is tried again')
    }
    await sleep(pause, undefined, { signal: AbortSignal.any([stopping, bell.signal]) }).catch(() => {})
    if (bell.signal.aborted) bell = new AbortController()
    else pause = Math.min(LOOK_MS, pause * 2)
  }
  await Promise.all(writing.values())
}

/** Takes an export up and brings it to an end: done, given back, or one try fewer. */
async function writeOne(app: App, shelf: Shelf, due: BillExport, stopping: AbortSignal): Promise<void> {
  const change = <T>(work: Parameters<typeof transact<T>>[2]) => transact(app, SYSTEM, work)
  const taken = await change((tx) => settlement.takeExport(tx, due))
  if (!taken) return
  if (taken.state === 'failed') {
    await deleteLeftovers(shelf, taken)
    return complain(app, taken, new Error('whoever wrote it gave no sign of life'), 'failed')
  }
  const path = fileOf(shelf, taken)
  const lost = new AbortController()
  let rows = 0
  const noting = setInterval(() => {
    change((tx) => settlement.noteProgress(tx, taken, BigInt(rows)))
      .then((still) => still || lost.abort())
      .catch((error: unknown) => complain(app, taken, error))
  }, PROGRESS_MS)
  try {
    await deleteLeftovers(shelf, taken)
    const file = await writeApart(app, taken, path, AbortSignal.any([stopping, lost.signal]), (so) => (rows = so))
    await keepFile(path)
    clearInterval(noting)
    if (!(await change((tx) => settlement.finishExport(tx, taken, file)))) await rm(path, { force: true })
  } catch (error) {
    clearInterval(noting)
    // Its own alone: the others are of whoever has taken it up since.
    for (const own of [path, partOf(path)]) await rm(own, { force: true })
    if (lost.signal.aborted) return
    if (stopping.aborted) return void (await change((tx) => settlement.giveBackExport(tx, taken)))
    complain(app, taken, error, await change((tx) => settlement.failTry(tx, taken)))
  }
}

/** Writes a file beside `path` in a thread with a connection of its own. */
async function writeApart(
  app: App,
  { filter, format }: BillExport,
  path: string,
  ending: AbortSignal,
  watch: (rows: number) => void,
): Promise<{ rows: bigint; bytes: bigint }> {
  ending.throwIfAborted()
  const { connectionString, host, user, database } = app.database.pool.options
  const order: ExportOrder = {
    database: JSON.parse(JSON.stringify({ connectionString, host, user, database })),
    timeZone: app.timeZone,
    now: app.clock.now().toString(),
    filter: JSON.parse(JSON.stringify(filter)),
    format,
    path: partOf(path),
  }
  const thread = new Worker(new URL('./exportThread.ts', import.meta.url), {
    workerData: order,
    resourceLimits: LIMITS,
  })
  const end = () => void thread.terminate()
  ending.addEventListener('abort', end, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      let last: ExportNews | undefined
      thread.on('message', (news: ExportNews) => watch((last = news).rows))
      thread.on('error', reject)
      thread.on('exit', () => {
        if (last?.bytes === undefined) reject(new Error('the thread ended before its file'))
        else resolve({ rows: BigInt(last.rows), bytes: BigInt(last.bytes) })
      })
    })
  } finally {
    ending.removeEventListener('abort', end)
  }
}

function partOf(path: string): string {
  return `${path}.part`
}

/** Gives a whole file its name, so that it survives a power cut. */
async function keepFile(path: string): Promise<void> {
  await rename(partOf(path), path)
  const folder = await open(dirname(path))
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function deleteFile(app: App, shelf: Shelf, done: BillExport): Promise<void> {
  await deleteLeftovers(shelf, done)
  await transact(app, SYSTEM, (tx) => settlement.forgetFile(tx, done))
}

/** Deletes every file of an export, whoever wrote it. */
async function deleteLeftovers(shelf: Shelf, { exportId, format }: BillExport): Promise<void> {
  const folder = dirname(shelf.pathOf(exportId, format))
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${exportId}.`)) await rm(join(folder, name), { force: true })
  }
}

function complain(app: App, { exportId, accountId, tries }: BillExport, error: unknown, outcome?: string): void {
  app.log.error({ error, export_id: exportId, account_id: accountId, tries, outcome }, 'an export was not written')
}
