import { DEFAULT_CURRENCY } from '@corehour/contract'
import {
  derivedId,
  newId,
  parseAmount,
  parseInstant,
  readCursor,
  Refusal,
  toPage,
  writeCursor,
  transact,
  type Tx,
} from '../../../base/index.ts'
import { findAccount } from '../../../identity/index.ts'
import {
  findBatch,
  issueBatch,
  listBatches,
  readCard,
  readCards,
  readCodes,
  redeemCode,
  revokeBatch,
  type Card,
  type CountedBatch,
} from '../../../payments/index.ts'
import { accountOf, actorOf, type HandlersOf } from '../call.ts'
import { instant, money, page } from '../show.ts'

const PAGE = 50

export const cardHandlers: HandlersOf<'cards'> = {
  redeem: {
    async outside(app, { caller, body, idempotencyKey, receivedAt }) {
      const accountId = caller.accountId!
      const actor = actorOf(caller)
      // A caller that names no request can't ask for its answer again.
      const requestId =
        idempotencyKey === undefined ? newId('act', receivedAt) : derivedId('act', caller.keyId, idempotencyKey)
      const { lotId, arrearsPaid } = await redeemCode(app, actor, { accountId, code: body.code, requestId })
      return transact(app, actor, async (tx) => {
        const currency = await currencyOf(tx, accountId)
        const card = await readCard(tx, accountId, lotId)
        return { card: show(tx, currency, card!), arrears_paid: money(currency, arrearsPaid) }
      })
    },
  },
  list: {
    async read(tx, { caller, query }) {
      const accountId = accountOf(caller, query.account_id)
      const currency = await currencyOf(tx, accountId)
      const limit = query.limit ?? PAGE
      const rows = await readCards(tx, accountId, { ...placeIn(query.cursor, 'before'), limit: limit + 1 })
      return page(
        toPage(rows, limit, ({ lotId }) => writeCursor([lotId])),
        (row) => show(tx, currency, row),
      )
    },
  },
}

export const cardBatchHandlers: HandlersOf<'cardBatches'> = {
  create: {
    async act(tx, { caller, body, idempotencyKey }) {
      const at = (text: string | undefined) => (text === undefined ? null : parseInstant(text))
      const terms = {
        currency: body.currency ?? DEFAULT_CURRENCY,
        amount: parseAmount(body.amount),
        count: body.count,
        expiresAt: at(body.expires_at),
        validDays: body.valid_days ?? null,
        redeemBy: at(body.redeem_by),
        oncePerAccount: body.once_per_account ?? true,
        note: body.note ?? null,
      }
      // Also where the stored answer is forgotten, one request issues one batch.
      const { batch, codes } = await issueBatch(tx, terms, derivedId('act', caller.keyId, idempotencyKey!))
      return { batch: showBatch(batch), codes }
    },
  },
  list: {
    async read(tx, { query }) {
      const limit = query.limit ?? PAGE
      const rows = await listBatches(tx, { ...placeIn(query.cursor, 'before'), limit: limit + 1 })
      return page(
        toPage(rows, limit, ({ batchId }) => writeCursor([batchId])),
        showBatch,
      )
    },
  },
  get: {
    read: async (tx, { params }) => showBatch(found(await findBatch(tx, params.batch_id), params.batch_id)),
  },
  codes: {
    async read(tx, { params, query }) {
      found(await findBatch(tx, params.batch_id), params.batch_id)
      const limit = query.limit ?? PAGE
      const rows = await readCodes(tx, params.batch_id, { ...placeIn(query.cursor, 'after'), limit: limit + 1 })
      return page(
        toPage(rows, limit, ({ codeHash }) => writeCursor([codeHash])),
        ({ last, accountId, redeemedAt }) => ({ last, account_id: accountId, redeemed_at: instant(redeemedAt) }),
      )
    },
  },
  revoke: {
    act: async (tx, { params }) => showBatch(found(await revokeBatch(tx, params.batch_id), params.batch_id)),
  },
}

/** Where a page goes on, under the name that the list gives it. */
function placeIn<Name extends string>(cursor: string | undefined, name: Name): { [N in Name]?: string } {
  return cursor === undefined ? {} : ({ [name]: readCursor(cursor, 1)[0]! } as { [N in Name]: string })
}

/** @throws Refusal not_found. */
function found<T>(thing: T | undefined, id: string): T {
  if (!thing) throw new Refusal('not_found', { value: id })
  return thing
}

async function currencyOf(tx: Tx, accountId: string): Promise<string> {
  return found(await findAccount(tx, accountId), accountId).currency
}

function show(tx: Tx, currency: string, card: Card) {
  return {
    lot_id: card.lotId,
    state: stateOf(tx, card),
    amount: money(currency, card.amount),
    remaining: money(currency, card.remaining),
    priority: card.priority,
    expires_at: instant(card.expiresAt),
    note: card.note,
    code: card.code,
    issued_at: instant(card.createdAt),
  }
}

function stateOf({ now }: Tx, { expiresAt, remaining }: Card): 'usable' | 'used' | 'expired' {
  if (Temporal.Instant.compare(expiresAt, now) <= 0) return 'expired'
  return remaining > 0n ? 'usable' : 'used'
}

function showBatch(batch: CountedBatch) {
  return {
    batch_id: batch.batchId,
    amount: money(batch.currency, batch.amount),
    count: batch.count,
    redeemed: batch.redeemed,
    expires_at: instant(batch.expiresAt),
    valid_days: batch.validDays,
    redeem_by: instant(batch.redeemBy),
    once_per_account: batch.oncePerAccount,
    note: batch.note,
    created_at: instant(batch.createdAt),
    revoked_at: instant(batch.revokedAt),
  }
}
