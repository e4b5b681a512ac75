import type { Tx } from '../base/index.ts'
import { readWallets } from '../wallet/index.ts'
import { findSources, type BillFilter } from './billFilter.ts'
import { readPieces, type DetailPiece } from './detailStore.ts'

/**
 * One row of the detailed bill: a usage span as far as the filter's days reach, a one-off charge, or a correction of a line that
 * its next attribution will book (`pending` then is what comes back). Grains; amount = cash + granted + unpaid.
 */
export type BillDetail = Omit<DetailPiece, 'day' | 'billedFrom' | 'billedTo'> & {
  /** Who pays, and in which currency. */
  accountId: string
  currency: string
  /** The days of the bill lines that it is part of, first and last. */
  firstDay: Temporal.PlainDate
  lastDay: Temporal.PlainDate
  /** The part of the span that is on the bill. Null: nothing of it yet. */
  billedFrom: Temporal.Instant | null
  billedTo: Temporal.Instant | null
  // Of DetailPiece: `startedAt` and `endedAt` are the whole span's (null: it runs); `seconds` those on the bill; `rate` is the
  // price of what runs in micro-units an hour, which are grains a second; `pending` is use that no bill line has yet.
}

/**
 * The detailed bill, account by account, in order of start. Its amounts, and who paid them, sum to the bill lines of the same
 * filter to the grain. Streams any number of rows in bounded memory; `tx` is to be a snapshot.
 */
export async function* billDetails(tx: Tx, filter: BillFilter): AsyncGenerator<BillDetail> {
  for (const source of await findSources(tx, filter)) {
    const [wallet] = await readWallets(tx, [source])
    if (!wallet) continue
    const payer = { accountId: source.accountId, currency: wallet.currency }
    let detail: BillDetail | undefined
    for await (const piece of readPieces(tx, source, filter)) {
      if (detail && detail.type === piece.type && detail.id === piece.id) {
        extend(detail, piece)
        continue
      }
      if (detail) yield detail
      detail = begin(payer, piece)
    }
    if (detail) yield detail
  }
}

function begin(payer: { accountId: string; currency: string }, piece: DetailPiece): BillDetail {
  const { day, billedFrom, billedTo, ...rest } = piece
  const billed = piece.type !== 'use' || piece.seconds > 0n
  return {
    ...payer,
    ...rest,
    firstDay: day,
    lastDay: day,
    billedFrom: billed ? billedFrom : null,
    billedTo: billed ? billedTo : null,
  }
}

/** The next day of the same span. */
function extend(detail: BillDetail, piece: DetailPiece): void {
  detail.lastDay = piece.day
  if (piece.seconds > 0n) detail.billedTo = piece.billedTo
  for (const part of ['seconds', 'amount', 'granted', 'cash', 'unpaid', 'pending'] as const) detail[part] += piece[part]
}
