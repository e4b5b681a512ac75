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
import { readDeductions, readLastDeduction, readPostings, type Posting } from './store.ts'

const LAST = 2n ** 63n - 1n

/**
 * One page of an account's journal, newest first. Postings that arrive meanwhile stand before the first page, so the
 * pages hold every older one exactly once.
 * @throws Refusal bad_request when the limit or the cursor is none.
 */
export async function postings(tx: Tx, accountId: string, page: PageRequest): Promise<Page<Posting>> {
  return readPage(page, (before, limit) => readPostings(tx, bucketOf(accountId), accountId, before, limit))
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
  return readPage(page, (before, limit) => readDeductions(tx, bucketOf(accountId), accountId, before, limit, used))
}

/** A posting by its number; undefined where the journal has none such. */
export async function findPosting(tx: Tx, accountId: string, seq: bigint): Promise<Posting | undefined> {
  const [posting] = await readPostings(tx, bucketOf(accountId), accountId, seq + 1n, 1)
  return posting?.seq === seq ? posting : undefined
}

/** The last deduction before a posting that took effect by an instant; undefined where there was none. */
export function findLastDeduction(
  tx: Tx,
  accountId: string,
  before: bigint,
  by: Temporal.Instant,
): Promise<{ seq: bigint; at: Temporal.Instant } | undefined> {
  return readLastDeduction(tx, bucketOf(accountId), accountId, before, by)
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
