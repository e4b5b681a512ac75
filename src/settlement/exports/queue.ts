import type { Tx } from '../../base/index.ts'
import type { BillExport } from './export.ts'
import { readDue, readExport, updateExport } from './exportStore.ts'

// No row is locked and none is skipped: what is due is read, and each change holds only while the row still is in the
// state, and taken as often, as it was read. Of two workers one finds it changed. So every statement names one
// bucket, as Citus needs it.

/** Who took an export and says nothing for so long is given up, and it begins anew. */
const LEASE_SECONDS = 60
const MOST_TRIES = 3
/** The second try may meet a database that is back. */
const AGAIN_SECONDS = 10
const KEPT_HOURS = 24

/** Exports of which something is due by now: to be taken up (queued, running), or their file to be deleted (done). */
export function dueExports(tx: Tx, limit: number): Promise<BillExport[]> {
  return readDue(tx, limit)
}

/**
 * Takes up an export that is due: it as it stands then, `running`, or `failed` where three before gave no sign of
 * life. Undefined: another was first.
 */
export async function takeExport(tx: Tx, due: BillExport): Promise<BillExport | undefined> {
  if (due.tries >= MOST_TRIES) return (await failExport(tx, due)) ? { ...due, state: 'failed' } : undefined
  const change = {
    state: 'running',
    fence: due.fence + 1,
    tries: due.tries + 1,
    rows: 0n,
    dueAt: leaseEnd(tx),
  } as const
  return (await updateExport(tx, due, change)) ? { ...due, ...change } : undefined
}

/** Says how far an export is and keeps it for another minute. False: another has taken it up. */
export function noteProgress(tx: Tx, taken: BillExport, rows: bigint): Promise<boolean> {
  return updateExport(tx, taken, { rows, dueAt: leaseEnd(tx) })
}

/** Done: the file lies there, and is kept for a day. False: another has taken it up, and this file is nobody's. */
export async function finishExport(tx: Tx, taken: BillExport, file: { rows: bigint; bytes: bigint }): Promise<boolean> {
  const dueAt = tx.now.add({ hours: KEPT_HOURS })
  if (await updateExport(tx, taken, { ...file, state: 'done', finishedAt: tx.now, dueAt })) return true
  // It may be the second attempt, after a commit whose answer was lost.
  const found = await readExport(tx, taken.exportId)
  return found?.state === 'done' && found.fence === taken.fence
}

/** Gives an export back unfinished, for no fault of its own. */
export function giveBackExport(tx: Tx, taken: BillExport): Promise<boolean> {
  return updateExport(tx, taken, { state: 'queued', rows: 0n, tries: taken.tries - 1, dueAt: tx.now })
}

/** One try has failed: `again` after a while, `failed` for good, or another has taken it up. */
export async function failTry(tx: Tx, taken: BillExport): Promise<'again' | 'failed' | 'taken'> {
  if (taken.tries >= MOST_TRIES) return (await failExport(tx, taken)) ? 'failed' : 'taken'
  const later = tx.now.add({ seconds: AGAIN_SECONDS })
  return (await updateExport(tx, taken, { state: 'queued', rows: 0n, dueAt: later })) ? 'again' : 'taken'
}

/** The file of an export that is done is deleted. */
export function forgetFile(tx: Tx, done: BillExport): Promise<boolean> {
  return updateExport(tx, done, { dueAt: null })
}

function failExport(tx: Tx, due: BillExport): Promise<boolean> {
  return updateExport(tx, due, { state: 'failed', finishedAt: tx.now, dueAt: null })
}

function leaseEnd(tx: Tx): Temporal.Instant {
  return tx.now.add({ seconds: LEASE_SECONDS })
}
