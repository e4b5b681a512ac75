import { Refusal } from '../../../base/index.ts'
import { findAccount } from '../../../identity/index.ts'
import { quote } from '../../../pricing/index.ts'
import { accountOf, type HandlersOf } from '../call.ts'
import { instant, perHour, price } from '../show.ts'

/** Long enough to decide, short enough that a new price list soon counts. */
const VALID_SECONDS = 900

export const quoteHandlers: HandlersOf<'quotes'> = {
  create: {
    async act(tx, { caller, body }) {
      const accountId = accountOf(caller, body.account_id)
      const account = await findAccount(tx, accountId)
      if (!account) throw new Refusal('not_found', { value: accountId })
      const { currency } = account
      const { sku, quantity, valid_seconds: validSeconds = VALID_SECONDS } = body
      const made = await quote(tx, { accountId, currency, sku, quantity, validSeconds })
      return {
        quote_id: made.quoteId,
        account_id: made.accountId,
        sku: made.sku,
        quantity: made.quantity,
        price: price(made.price),
        per_hour: perHour(currency, made.rate),
        created_at: instant(made.createdAt),
        expires_at: instant(made.expiresAt),
      }
    },
  },
}
