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
import { readWallets } from '../wallet/index.ts'
import { findSources, type BillFilter } from './billFilter.ts'
import type { BillLine } from './bills.ts'
import { readLine, readPaidBy } from './billStore.ts'
import { billDetails, type BillDetail } from './details.ts'

/** A line, and as whose it was found: what may be seen of it is what that one may see. */
export type FoundLine = { line: BillLine; of: BillFilter['of'] }

/** A bill line by its id among those that some may see, the first that finds it; undefined where none does. */
export async function findBillLine(
  tx: Tx,
  whose: readonly BillFilter['of'][],
  lineId: string,
): Promise<FoundLine | undefined> {
  for (const of of whose)
    for (const source of await findSources(tx, { of })) {
      const line = await readLine(tx, source, lineId)
      if (!line) continue
      const [wallet] = await readWallets(tx, [source])
      return { line: { ...line, currency: wallet!.currency }, of }
    }
  return undefined
}

/** How much of a line one lot paid, in grains; `lotId` null: nobody yet. */
export type PaidBy = {
  lotId: string | null
  kind: 'cash' | 'grant' | null
  channel: string | null
  amount: bigint
}

/** Which lots paid a line: its draws, summed. They sum to its amount. Grants come first, then cash, then what nobody paid yet. */
export function paidBy(tx: Tx, { accountId, lineId }: BillLine): Promise<PaidBy[]> {
  return readPaidBy(tx, bucketOf(accountId), accountId, lineId)
}

/**
 * One page of what a line is made of, in order of start: the spans and charges of its day and key, and last a correction that its next
 * attribution will book. All pages sum to the line, to the grain. `tx` is to be a snapshot.
 * @throws Refusal bad_request when the limit is not 1 to 1000 or the cursor is not one that was handed out.
 */
export async function lineDetails(tx: Tx, found: FoundLine, page: PageRequest): Promise<Page<BillDetail>> {
  const limit = checkLimit(page.limit)
  const after = page.cursor === undefined ? undefined : readPosition(page.cursor)
  const rows: BillDetail[] = []
  // A page begins where the one before ended, but who paid for what comes first is known only from the beginning.
  for await (const details of billDetails(tx, filterOf(found))) {
    rows.push(...details.filter((each) => isOnLine(each) && (!after || comesAfter(each, after))))
    if (rows.length > limit) break
  }
  return toPage(rows.slice(0, limit + 1), limit, writePosition)
}

function filterOf({ line, of }: FoundLine): BillFilter {
  const { day, kind, projectId, userId, sku } = line
  return {
    of,
    from: day,
    to: day.add({ days: 1 }),
    kinds: [kind],
    projectIds: [projectId],
    userIds: [userId],
    skus: [sku],
  }
}

/** What began after the last attribution is on no line yet. */
function isOnLine({ billedFrom, amount }: BillDetail): boolean {
  return billedFrom !== null || amount !== 0n
}

type Position = Pick<BillDetail, 'startedAt' | 'type' | 'id'>

function comesAfter(detail: BillDetail, after: Position): boolean {
  const [a, b] = [detail.startedAt ?? Infinity, after.startedAt ?? Infinity]
  if (a !== b) return a > b
  return detail.type === after.type ? detail.id > after.id : detail.type > after.type
}

function writePosition({ startedAt, type, id }: BillDetail): string {
  return writeCursor([String(startedAt ?? ''), type, id])
}

function readPosition(cursor: string): Position {
  const [startedAt, type, id] = readCursor(cursor, 3) as [string, string, string]
  if (!/^(\d{1,12})?$/.test(startedAt) || (type !== 'use' && type !== 'charge' && type !== 'correction'))
    throw badCursor()
  return { startedAt: startedAt === '' ? null : Number(startedAt), type, id }
}
