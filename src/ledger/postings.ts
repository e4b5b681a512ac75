import {
  badCursor,
  bucketOf,
  checkLimit,
  readCursor,
  toPage,
  writeCursor,
  type Page,
  type PageRequest,
  type Tx,
} from '../base/index.ts'
import { gapsOf, LAST } from './gaps.ts'
import { readDeductions, readOthers, readUse, type Posting } from './store.ts'

const LOOKED_THROUGH = 50

/**
 * One page of an account's journal, newest first. Postings that arrive meanwhile stand before the first page, so the
 * pages hold every older one exactly once.
 * @throws Refusal bad_request when the limit or the cursor is none.
 */
export async function postings(tx: Tx, accountId: string, page: PageRequest): Promise<Page<Posting>> {
  return readPage(page, (before, limit) => newestBefore(tx, accountId, before, limit))
}

/**
 * One page of the deductions, of use or late use, whose used stretch has a part between two instants; newest first, as `postings`.
 * @throws Refusal bad_request when the limit or the cursor is none.
 */
export async function deductions(
  tx: Tx,
  accountId: string,
  used: { from: Temporal.Instant; to: Temporal.Instant },
  page: PageRequest,
): Promise<Page<Posting>> {
  return readPage(page, async (before, limit) =>
    newest(await readDeductions(tx, bucketOf(accountId), accountId, before, limit, used), limit),
  )
}

/** A posting by its number; undefined where the journal has none such. */
export async function findPosting(tx: Tx, accountId: string, seq: bigint): Promise<Posting | undefined> {
  const [posting] = await newestBefore(tx, accountId, seq + 1n, 1)
  return posting?.seq === seq ? posting : undefined
}

/** The last deduction, of use or late use, before a posting that took effect by an instant; undefined where there was none. */
export async function findLastDeduction(
  tx: Tx,
  accountId: string,
  before: bigint,
  by: Temporal.Instant,
): Promise<Posting | undefined> {
  const isIt = ({ source, at }: Posting) =>
    (source === 'use' || source === 'late') && Temporal.Instant.compare(at, by) <= 0
  // Nearly always one of the few before it.
  for (let above = before; above > 1n;) {
    const page = await newestBefore(tx, accountId, above, LOOKED_THROUGH)
    const found = page.find(isIt)
    if (found || page.length === 0) return found
    above = page.at(-1)!.seq
  }
  return undefined
}

/** The newest postings before a number, newest first: the others first, since these tell when there was use in between. */
async function newestBefore(tx: Tx, accountId: string, before: bigint, limit: number): Promise<Posting[]> {
  const bucket = bucketOf(accountId)
  const { next, others } = await readOthers(tx, bucket, accountId, before, limit)
  return newest([...others, ...(await readUse(tx, bucket, accountId, gapsOf(before, limit, next, others)))], limit)
}

function newest(found: readonly Posting[], limit: number): Posting[] {
  return found.toSorted((a, b) => (a.seq > b.seq ? -1 : 1)).slice(0, limit)
}

async function readPage(
  page: PageRequest,
  read: (before: bigint, limit: number) => Promise<Posting[]>,
): Promise<Page<Posting>> {
  const limit = checkLimit(page.limit)
  const before = page.cursor === undefined ? LAST : readSeq(page.cursor)
  return toPage(await read(before, limit + 1), limit, (last) => writeCursor([last.seq.toString()]))
}

function readSeq(cursor: string): bigint {
  const [seq] = readCursor(cursor, 1)
  if (!/^\d{1,18}$/.test(seq!)) throw badCursor()
  return BigInt(seq!)
}
