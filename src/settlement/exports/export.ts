import { bucketOf, newId, Refusal, type Tx } from '../../base/index.ts'
import type { BillFilter } from '../billFilter.ts'
import { countOpen, insertExport, readExport, readExports, type ExportFormat, type ExportState } from './exportStore.ts'

/** A detailed bill that was asked for as a file. */
export type BillExport = {
  bucket: number
  accountId: string
  exportId: string
  /** The key that asked. */
  keyId: string
  /** The customer who asked; null: staff. */
  userId: string | null
  format: ExportFormat
  filter: BillFilter
  state: ExportState
  /** How often it was taken up: who took it last alone may write to it. */
  fence: number
  /** How often it was taken up and not given back in order. */
  tries: number
  rows: bigint
  /** Of the file; there when it is done. */
  bytes: bigint | null
  createdAt: Temporal.Instant
  finishedAt: Temporal.Instant | null
  /**
   * When it may be taken up (queued), begins anew (running), or its file is deleted (done). Null: nothing more
   * happens.
   */
  dueAt: Temporal.Instant | null
}

/** Exports that one user, or one key of staff, may have waiting or running: more would only wait. */
const MOST_OPEN = 20
const AGAIN_SECONDS = 30

/**
 * Puts an export of an account into the queue.
 * @throws Refusal too_many_exports when 20 of the same user (or of the same staff key) are waiting or running.
 */
export async function requestExport(
  tx: Tx,
  asked: Pick<BillExport, 'accountId' | 'keyId' | 'userId' | 'format' | 'filter'>,
): Promise<BillExport> {
  const bucket = bucketOf(asked.accountId)
  if ((await countOpen(tx, { ...asked, bucket })) >= MOST_OPEN)
    throw new Refusal('too_many_exports', { limit: MOST_OPEN, seconds: AGAIN_SECONDS })
  const asking: BillExport = {
    ...asked,
    bucket,
    exportId: newId('exp', tx.now),
    state: 'queued',
    fence: 0,
    tries: 0,
    rows: 0n,
    bytes: null,
    createdAt: tx.now,
    finishedAt: null,
    dueAt: tx.now,
  }
  await insertExport(tx, asking)
  return asking
}

/** One export by its id, whoever asked for it. */
export function findExport(tx: Tx, exportId: string): Promise<BillExport | undefined> {
  return readExport(tx, exportId)
}

/**
 * What a user asked for on an account, or with null what staff asked for on any; newest first, after the id `before`.
 */
export function listExports(
  tx: Tx,
  asker: { accountId: string; userId: string } | null,
  page: { before?: string; limit: number },
): Promise<BillExport[]> {
  return readExports(tx, asker && { ...asker, bucket: bucketOf(asker.accountId) }, page)
}

/** A name for the file that says which days it covers: bill-2026-01-01-2026-02-01.csv. */
export function fileNameOf({ format, filter: { from, to } }: Pick<BillExport, 'format' | 'filter'>): string {
  return `${['bill', ...(from ? [from] : []), ...(to ? [from ? to : `until-${to}`] : [])].join('-')}.${format}`
}
