import {
  type Actor,
  badCursor,
  derivedId,
  glance,
  parseAmount,
  parseInstant,
  perApp,
  readCursor,
  Refusal,
  toPage,
  type Tx,
  writeCursor,
} from '../../../base/index.ts'
import { blockAccount, findAccount, openView, searchAccounts, type Account } from '../../../identity/index.ts'
import { deductions, postings, type Posting } from '../../../ledger/index.ts'
import { CHANNELS, giveCard, type Channel } from '../../../payments/index.ts'
import type { UsedStretch } from '../../../metering/index.ts'
import { loadPrices, type PriceBook } from '../../../pricing/index.ts'
import { credit, explainPosting } from '../../../settlement/index.ts'
import {
  available,
  lockWallet,
  readBalances,
  listLots,
  runsOutAt,
  type Balance,
  type Lot,
} from '../../../wallet/index.ts'
import { followAccount } from '../../follow.ts'
import { accountOf, type HandlersOf } from '../call.ts'
import { gather } from '../gather.ts'
import { BadRequest } from '../problem.ts'
import { instant, money, page, perHour, pinned } from '../show.ts'

const PAGE = 50
/** Many callers share one statement; more accounts take it longer than others should wait: 100 are read in 1.5 ms, 500 in 6. */
const MOST_BALANCES = 200
const READER: Actor = { kind: 'system', id: 'balances' }
const balanceIn = perApp((app) =>
  gather((accountIds: readonly string[]) => glance(app, READER, (tx) => readBalances(tx, accountIds)), {
    most: MOST_BALANCES,
  }),
)

export const accountHandlers: HandlersOf<'accounts'> = {
  list: {
    async read(tx, { query }) {
      const limit = query.limit ?? PAGE
      const after = query.cursor === undefined ? undefined : readPosition(query.cursor)
      const found = await searchAccounts(tx, query.search, after, limit + 1)
      const { data, nextCursor } = toPage(found, limit, ({ name, accountId }) => writeCursor([name, accountId]))
      const balances = await readBalances(
        tx,
        data.map(({ accountId }) => accountId),
      )
      const rows = balances.filter((balance) => balance !== undefined)
      return page({ data: rows, ...(nextCursor !== undefined && { nextCursor }) }, show)
    },
  },
  get: {
    async outside(app, { caller, params }) {
      const accountId = accountOf(caller, params.account_id)
      const balance = await balanceIn(app)(accountId)
      if (!balance) throw new Refusal('not_found', { value: accountId })
      return show(balance)
    },
  },
  events: {
    async *follow(app, { caller, params }, gone) {
      const accountId = accountOf(caller, params.account_id)
      let known = false
      for await (const balance of followAccount(app, accountId, gone)) {
        known = true
        yield show(balance)
      }
      if (!known && !gone.aborted) throw new Refusal('not_found', { value: accountId })
    },
  },
  postings: {
    async read(tx, { caller, params, query }) {
      const { accountId, currency } = await mustFind(tx, accountOf(caller, params.account_id))
      const { limit = PAGE, cursor } = query
      const asked = { limit, ...(cursor !== undefined && { cursor }) }
      const used = readUsed(query)
      const found = await (used ? deductions(tx, accountId, used, asked) : postings(tx, accountId, asked))
      return page(found, (posting) => showPosting(currency, posting))
    },
  },
  explanation: {
    async read(tx, { caller, params, query }) {
      const account = await mustFind(tx, accountOf(caller, params.account_id))
      const found = await explainPosting(tx, account, BigInt(params.seq))
      if (!found) throw new Refusal('not_found', { value: params.seq })
      const { limit = PAGE, cursor } = query
      const from = cursor === undefined ? 0 : readPlace(cursor)
      const { posting, stretches } = found
      // It never changes, so a place in it is enough to go on from.
      const rows = (stretches ?? []).slice(from, from + limit + 1)
      const book = await loadPrices(tx, account.currency)
      const explained = stretches?.reduce((sum, { amount }) => sum + amount, 0n)
      return {
        ...page(
          toPage(rows, limit, () => writeCursor([String(from + limit)])),
          (stretch) => showStretch(book, stretch),
        ),
        posting: showPosting(account.currency, posting),
        explained: explained === undefined ? null : money(account.currency, explained),
      }
    },
  },
  lots: {
    async read(tx, { caller, params }) {
      const { accountId, currency } = await mustFind(tx, accountOf(caller, params.account_id))
      return { data: (await listLots(tx, accountId)).map((lot) => showLot(currency, lot)) }
    },
  },
  view: {
    async act(tx, { caller, params, body }) {
      const account = await mustFind(tx, params.account_id)
      const view = await openView(tx, account, {
        keyId: caller.keyId,
        keyName: caller.name,
        reason: body.reason.trim(),
      })
      const { viewId, accountId, reason, expiresAt } = view
      return { view_id: viewId, account_id: accountId, reason, expires_at: instant(expiresAt) }
    },
  },
  credit: {
    async act(tx, { params, body }) {
      const { amount, channel, payment_id: paymentId, note } = body
      if (CHANNELS.includes(channel as Channel))
        throw new Refusal('bad_request', { detail: `what comes by ${channel} is credited when it says so` })
      const payment = {
        accountId: params.account_id,
        kind: 'cash',
        amount: parseAmount(amount),
        channel,
        paymentId,
      } as const
      try {
        const given = await credit(tx, { ...payment, ...(note !== undefined && { note }) })
        return showCredit(given.currency, payment.amount, given)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        if (error.code === 'unknown_account') throw new Refusal('not_found', { value: params.account_id })
        throw error.code === 'key_reused' ? new Refusal('payment_reused', { value: paymentId }) : error
      }
    },
  },
  grant: {
    async act(tx, { caller, params, body, idempotencyKey }) {
      const { amount, expires_at: expiresAt, priority, note } = body
      const { currency } = await mustFind(tx, params.account_id)
      const given = await giveCard(tx, {
        accountId: params.account_id,
        currency,
        amount: parseAmount(amount),
        // Also where the stored answer is forgotten, one request gives one card.
        paymentId: derivedId('act', caller.keyId, idempotencyKey!),
        expiresAt: parseInstant(expiresAt),
        ...(priority !== undefined && { priority }),
        ...(note !== undefined && { note }),
      })
      return showCredit(currency, parseAmount(amount), given)
    },
  },
  block: {
    act: (tx, { params, body }) => setBlock(tx, params.account_id, body.reason),
  },
  unblock: {
    act: (tx, { params }) => setBlock(tx, params.account_id, null),
  },
}

/**
 * The stretch of use whose deductions are asked for; undefined where the whole journal is.
 * @throws Refusal bad_request, bad_time.
 */
function readUsed({ used_from: from, used_to: to }: { used_from?: string; used_to?: string }) {
  if (from === undefined && to === undefined) return undefined
  if (from === undefined || to === undefined)
    throw new BadRequest(
      from === undefined ? 'used_from' : 'used_to',
      'used_from and used_to go together: name both, or neither for the whole journal',
    )
  const used = { from: parseInstant(from), to: parseInstant(to) }
  if (Temporal.Instant.compare(used.from, used.to) >= 0) throw new BadRequest('used_to', 'used_to is after used_from')
  return used
}

/** @throws Refusal not_found. */
async function mustFind(tx: Tx, accountId: string): Promise<Account> {
  const account = await findAccount(tx, accountId)
  if (!account) throw new Refusal('not_found', { value: accountId })
  return account
}

function showCredit(currency: string, amount: bigint, { lotId, repaid }: { lotId: string; repaid: bigint }) {
  return { lot_id: lotId, amount: money(currency, amount), arrears_paid: money(currency, repaid) }
}

async function setBlock(tx: Tx, accountId: string, reason: string | null) {
  await mustFind(tx, accountId)
  // Who admits work holds the wallet: what is admitted now was admitted before.
  await lockWallet(tx, accountId)
  await blockAccount(tx, accountId, reason)
  const [balance] = await readBalances(tx, [accountId])
  return show(balance!)
}

function readPosition(cursor: string): { name: string; accountId: string } {
  const [name, accountId] = readCursor(cursor, 2) as [string, string]
  return { name, accountId }
}

function show({ account, wallet, asOf, inFlight, cash, granted, nextDeductionAt }: Balance) {
  const { currency } = wallet
  const { blockedAt, blockedReason } = account
  return {
    account_id: account.accountId,
    name: account.name,
    currency,
    created_at: instant(account.createdAt),
    blocked: blockedAt && { at: instant(blockedAt), reason: blockedReason! },
    balance: {
      as_of: instant(asOf),
      settled: money(currency, wallet.balance),
      in_flight: money(currency, inFlight),
      held: money(currency, wallet.held),
      available: money(currency, available(wallet, asOf)),
      cash: money(currency, cash),
      granted: money(currency, granted),
      arrears: money(currency, wallet.arrears),
      spend_per_hour: perHour(currency, wallet.rate),
      runs_out_at: instant(runsOutAt(wallet, asOf)),
      settled_at: instant(wallet.settledAt),
      next_deduction_at: instant(nextDeductionAt),
      attributed_at: instant(wallet.attributedAt),
    },
  }
}

function showPosting(currency: string, posting: Posting) {
  return {
    seq: Number(posting.seq),
    source: posting.source,
    source_id: posting.sourceId,
    debit: posting.debit,
    credit: posting.credit,
    amount: money(currency, posting.amount),
    used_from: instant(posting.usedFrom),
    used_to: instant(posting.usedTo),
    at: instant(posting.at),
    recorded_at: instant(posting.recordedAt),
  }
}

function showStretch(book: PriceBook, stretch: UsedStretch) {
  return {
    span_id: stretch.spanId,
    project_id: stretch.projectId,
    user_id: stretch.userId,
    kind: stretch.kind,
    sku: stretch.sku,
    ...pinned(book, stretch.priceId),
    source: stretch.source,
    subject: stretch.subject,
    run: stretch.run,
    quantity: stretch.quantity,
    per_hour: perHour(book.currency, stretch.rate),
    from: instant(stretch.from),
    to: instant(stretch.to),
    seconds: stretch.seconds,
    amount: money(book.currency, stretch.amount),
  }
}

function readPlace(cursor: string): number {
  const [text] = readCursor(cursor, 1)
  if (!/^\d{1,9}$/.test(text!)) throw badCursor()
  return Number(text)
}

function showLot(currency: string, lot: Lot) {
  return {
    lot_id: lot.lotId,
    kind: lot.kind,
    amount: money(currency, lot.amount),
    remaining: money(currency, lot.remaining),
    priority: lot.priority,
    expires_at: instant(lot.expiresAt),
    expired_at: instant(lot.expiredAt),
  }
}
