import type { RefusalCode } from '@corehour/contract'
import { BOUNDARY_SECONDS, formatGrains, Refusal, type Rate } from '../base/index.ts'
import {
  estimate,
  honourQuote,
  priceAt,
  rateOf,
  type Price,
  type PriceBook,
  type Quantity,
  type Quote,
} from '../pricing/index.ts'
import { FOR_ADMISSION, type HoldRequest } from '../wallet/index.ts'

/** May this run? */
export type Ask = {
  projectId: string
  userId: string
  sku: string
  quantity: Quantity
  /** From 1: the longest that it may run. Needed where that much is to be held. */
  maxSeconds?: number
  quoteId?: string
  /** What is held until it starts, for so many hours at most: nothing, the cost of five minutes, or of maxSeconds. */
  hold: 'none' | { of: 'interval' | 'max'; holdId: string; hours: number }
}

/** Who asks, and the account that would pay, as they stand. */
export type Standing = {
  accountId: string
  currency: string
  deletedAt: Temporal.Instant | null
  isMember: boolean
  blockedReason: string | null
  /**
   * Grains available for what starts now: without those of grants whose time is over and which are not written off yet. They are in the
   * balance, and pay for nothing that starts now.
   */
  free: bigint
  /** See loadPrices. */
  pricesAsOf: string
}

/** Rate in grains a second; the estimate, in grains, for maxSeconds where that was named. */
export type Terms = { price: Price; rate: Rate; estimate: bigint | null }
export type Allowed = Terms & { decision: 'allowed'; currency: string; hold: HoldRequest | null }
/** Terms are there as far as they are known. */
export type Refused = { [Name in keyof Terms]: Terms[Name] | null } & Objection & {
    decision: 'refused'
    currency: string | null
  }
export type Decision = Allowed | Refused
export type Objection = { code: RefusalCode; details: Record<string, unknown> }

/** What a decision goes by. */
export type Facts = {
  now: Temporal.Instant
  /** Undefined: no such project. */
  standing: Standing | undefined
  isUser: boolean
  /** Of the account's currency. */
  book: PriceBook | undefined
  quote: Quote | undefined
  /** Grains of the account that were promised beside what its standing shows. */
  promised: bigint
}

/** Whether something may run: the first objection, or none. Writes nothing and throws nothing that a caller could act on. */
export function decide(ask: Ask, facts: Facts): Decision {
  const { standing } = facts
  const nothing = { price: null, rate: null, estimate: null }
  if (!standing) {
    const { code, details } = objection('unknown_project', { value: ask.projectId })
    return { decision: 'refused', code, details, currency: null, ...nothing }
  }
  const { currency } = standing
  const { found, wrong } = findTerms(ask, facts)
  const asked: Asked = { ask, facts, standing, wrong, needed: neededFor(ask, found.rate) }
  for (const check of CHECKS) {
    const against = check(asked)
    if (against)
      return { decision: 'refused', code: against.code, details: against.details, currency, ...nothing, ...found }
  }
  return { decision: 'allowed', currency, ...(found as Terms), hold: holdFor(asked) }
}

type Asked = { ask: Ask; facts: Facts; standing: Standing; wrong: Objection | undefined; needed: bigint }

/** In this order; the first that objects is answered. */
const CHECKS: readonly ((asked: Asked) => Objection | undefined)[] = [
  isKnown,
  isNotDeleted,
  isMember,
  isPriced,
  isNotBlocked,
  // Budgets of the project and of the member stand here: they bind before the account's money does.
  hasMoney,
]

function isKnown({ ask, facts, standing }: Asked): Objection | undefined {
  return standing.isMember || facts.isUser ? undefined : objection('unknown_user', { value: ask.userId })
}

function isNotDeleted({ ask, standing }: Asked): Objection | undefined {
  return standing.deletedAt ? objection('project_deleted', { value: ask.projectId }) : undefined
}

function isMember({ ask, standing }: Asked): Objection | undefined {
  return standing.isMember ? undefined : objection('not_a_member', { user: ask.userId, project: ask.projectId })
}

function isPriced({ wrong }: Asked): Objection | undefined {
  return wrong
}

function isNotBlocked({ standing: { blockedReason } }: Asked): Objection | undefined {
  return blockedReason === null ? undefined : objection('account_blocked', { reason: blockedReason })
}

/** Something must be available even for what costs nothing, and with a hold at least the hold. */
function hasMoney({ facts, standing, needed }: Asked): Objection | undefined {
  const free = standing.free - facts.promised
  if (free > 0n && free >= needed) return undefined
  return objection('balance_exhausted', { available: shown(free), needed: needed > 0n ? shown(needed) : '> 0' })
}

/** What it would cost, as far as that can be said, and what is wrong with the rest. */
function findTerms(ask: Ask, facts: Facts): { found: Partial<Terms>; wrong?: Objection } {
  const found: Partial<Terms> = {}
  try {
    found.price = priceFor(ask, facts)
    found.rate = rateOf(found.price, ask.quantity)
    found.estimate = ask.maxSeconds === undefined ? null : estimate(found.price, ask.quantity, ask.maxSeconds)
    return { found }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { found, wrong: error }
  }
}

function priceFor({ quoteId, sku }: Ask, { now, book, quote }: Facts): Price {
  if (quoteId !== undefined) {
    if (!quote) throw new Refusal('unknown_quote', { value: quoteId })
    return honourQuote(quote, sku, now)
  }
  const price = book && priceAt(book, sku, now)
  if (!price) throw new Refusal('unknown_sku', { value: sku, at: now.toString() })
  return price
}

/** Grains that are to be held: none where nothing is, or where it costs nothing. */
function neededFor({ hold, maxSeconds }: Ask, rate: Rate = 0n): bigint {
  if (hold === 'none') return 0n
  return rate * BigInt(hold.of === 'interval' ? BOUNDARY_SECONDS : maxSeconds!)
}

function holdFor({ ask, facts, standing, needed }: Asked): HoldRequest | null {
  if (ask.hold === 'none' || needed === 0n) return null
  return {
    accountId: standing.accountId,
    holdId: ask.hold.holdId,
    amount: needed,
    reason: FOR_ADMISSION,
    expiresAt: facts.now.add({ hours: ask.hold.hours }),
  }
}

function objection(code: RefusalCode, details: Record<string, unknown>): Objection {
  return { code, details }
}

/** Small rates make small holds: as many places as tell two amounts apart, at least two. */
function shown(grains: bigint): string {
  return formatGrains(grains).replace(/0{1,6}$/, '')
}
