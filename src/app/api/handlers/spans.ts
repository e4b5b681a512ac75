import { bucketOf, Refusal } from '../../../base/index.ts'
import { readStanding, reckonSpan, spans, type Command, type Span } from '../../../metering/index.ts'
import { loadPrices, type PriceBook } from '../../../pricing/index.ts'
import { readWallets } from '../../../wallet/index.ts'
import type { HandlersOf } from '../call.ts'
import { seenBy } from '../seen.ts'
import { instant, money, page, perHour, pinned } from '../show.ts'
import { showCommand } from './commands.ts'

const PAGE = 50

export const spanHandlers: HandlersOf<'spans'> = {
  list: {
    async read(tx, call) {
      const { limit = PAGE, cursor, running } = call.query
      const filter = await seenBy(tx, call.caller, call.query)
      const { accountId } = filter
      const [wallet] = await readWallets(tx, [{ bucket: bucketOf(accountId), accountId }])
      if (!wallet) throw new Refusal('not_found', { value: accountId })
      const found = await spans(
        tx,
        { ...filter, ...(running !== undefined && { running }) },
        { limit, ...(cursor !== undefined && { cursor }) },
      )
      const runs = found.data.filter(({ endedAt }) => endedAt === null)
      const standing = await readStanding(tx, accountId, runs)
      const commands = new Map(runs.map((span, n) => [span, standing[n]]))
      const book = await loadPrices(tx, wallet.currency)
      return page(found, (span) => show(book, span, commands.get(span), tx.now))
    },
  },
}

function show(book: PriceBook, span: Span, command: Command | undefined, now: Temporal.Instant) {
  const { currency } = book
  const { price_id, price_list_id } = pinned(book, span.priceId)
  const { seconds, cost } = reckonSpan(span, now)
  return {
    span_id: span.spanId,
    account_id: span.accountId,
    project_id: span.projectId,
    user_id: span.userId,
    kind: span.kind,
    sku: span.sku,
    price_id,
    price_list_id,
    source: span.source,
    subject: span.subject,
    run: span.run,
    quantity: span.quantity,
    per_hour: perHour(currency, span.rate),
    started_at: instant(span.startedAt),
    ended_at: instant(span.endedAt),
    seconds,
    cost: money(currency, cost),
    command: command ? showCommand(command) : null,
  }
}
