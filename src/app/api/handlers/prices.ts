import { DEFAULT_CURRENCY } from '@corehour/contract'
import { badCursor, parseInstant, readCursor, Refusal, toPage, writeCursor } from '../../../base/index.ts'
import {
  findPriceList,
  pagePriceLists,
  pricesInForce,
  publishPriceList,
  type PriceList,
} from '../../../pricing/index.ts'
import type { HandlersOf } from '../call.ts'
import { instant, page, price } from '../show.ts'

const PAGE = 50

export const priceHandlers: HandlersOf<'prices'> = {
  list: {
    async read(tx, { query }) {
      const currency = query.currency ?? DEFAULT_CURRENCY
      const at = query.at === undefined ? tx.now : parseInstant(query.at)
      const { search } = query
      const found = await pricesInForce(tx, { currency, at, ...(search !== undefined && { search }) })
      return {
        currency,
        at: instant(at),
        price_list_id: found.priceListId,
        effective_at: instant(found.effectiveAt),
        until: instant(found.until),
        data: found.prices.map(price),
      }
    },
  },
}

export const priceListHandlers: HandlersOf<'priceLists'> = {
  list: {
    async read(tx, { query }) {
      const limit = query.limit ?? PAGE
      const lists = await pagePriceLists(tx, {
        currency: query.currency ?? DEFAULT_CURRENCY,
        ...(query.cursor !== undefined && { before: instantIn(query.cursor) }),
        limit: limit + 1,
      })
      return page(
        toPage(lists, limit, (last) => writeCursor([last.effectiveAt.toString()])),
        show,
      )
    },
  },
  get: {
    async read(tx, { params }) {
      const list = await findPriceList(tx, params.price_list_id)
      if (!list) throw new Refusal('not_found', { value: params.price_list_id })
      return show(list)
    },
  },
  publish: {
    async act(tx, { body }) {
      return show(await publishPriceList(tx, body))
    },
  },
}

function instantIn(cursor: string): Temporal.Instant {
  const [text] = readCursor(cursor, 1)
  try {
    return parseInstant(text!)
  } catch {
    throw badCursor()
  }
}

function show(list: PriceList) {
  return {
    price_list_id: list.priceListId,
    currency: list.currency,
    effective_at: instant(list.effectiveAt),
    published_at: instant(list.publishedAt),
    document: list.document,
  }
}
