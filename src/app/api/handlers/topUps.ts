import { GRAINS_PER_UNIT, Refusal } from '../../../base/index.ts'
import { accountOf, type Caller, type HandlersOf } from '../call.ts'
import { money } from '../show.ts'

const NONE = { data: [], has_more: false, next_cursor: null }
const none = async (_tx: unknown, { caller, query }: { caller: Caller; query: { account_id?: string } }) => {
  if (caller.scope === 'customer') accountOf(caller, query.account_id)
  return NONE
}

/** No channel is open yet: orders are refused, and there are none. */
export const topUpHandlers: HandlersOf<'topUps'> = {
  options: {
    async read(_tx, { caller, query }) {
      if (caller.scope === 'customer') accountOf(caller, query.account_id)
      return {
        channels: [],
        least: money('CNY', GRAINS_PER_UNIT),
        most: money('CNY', 20_000n * GRAINS_PER_UNIT),
        presets: [],
        arrears: null,
        support: { email: null, phone: null },
        sandbox: false,
      }
    },
  },
  create: {
    async outside(_app, { body, idempotencyKey }) {
      if (idempotencyKey === undefined) throw new Refusal('idempotency_key_required')
      throw new Refusal('channel_closed', { value: body.channel, open: '-' })
    },
  },
  list: { read: none },
  get: {
    async read(_tx, { params }) {
      throw new Refusal('not_found', { value: params.order_id })
    },
  },
  cancel: {
    async outside(_app, { params }) {
      throw new Refusal('not_found', { value: params.order_id })
    },
  },
  events: {
    // eslint-disable-next-line require-yield
    async *follow(_app, { params }) {
      throw new Refusal('not_found', { value: params.order_id })
    },
  },
}

export const paymentHandlers: HandlersOf<'payments'> = { list: { read: none } }
export const noticeHandlers: HandlersOf<'notices'> = { list: { read: async () => NONE } }
export const disputeHandlers: HandlersOf<'disputes'> = { list: { read: async () => NONE } }
