import { add, byText, floorTo, BOUNDARY, HOUR, type Event, type Span } from './rules.ts'

export type Lot = {
  id: string
  paymentId: string
  kind: 'cash' | 'grant'
  priority: number
  /** Second from which a grant no longer pays. */
  expires: number | undefined
  /** Order in which it came. */
  order: number
  amount: bigint
  remaining: bigint
  expired: bigint
  writtenOff: boolean
}
export type Why = 'use' | 'late' | 'charge' | 'repay'
/** `lot` undefined: nobody has paid yet. `usedTo`: where it paid for use in its normal course. */
export type Draw = {
  seq: number
  line: string
  lot: Lot | undefined
  amount: bigint
  why: Why
  usedTo: number | undefined
}
export type Posting = { seq: number; source: string; debit: string; credit: string; amount: bigint; at: number }
export type Hold = { id: string; amount: bigint; expires: number }

/** One account's books and all that is known of its use. */
export type Account = {
  balance: bigint
  accrued: bigint
  late: bigint
  rate: bigint
  held: bigint
  settled: number
  attributed: number
  lots: Lot[]
  draws: Draw[]
  postings: Posting[]
  holds: Hold[]
  keys: Set<string>
  events: Map<string, Event[]>
  spans: Map<string, Span[]>
  deleted: Map<string, number>
  /** Late events changed use that was attributed already. */
  marked: boolean
  rules: Rules
}

/** What a test may take away, to see that the comparison notices. */
export type Rules = {
  hour: number
  boundary: number
  lotOrder: (a: Lot, b: Lot) => number
  /** In which order lots get back what was drawn too much; `newest` is the last draw's seq. */
  backOrder: (a: { lot: Lot | undefined; newest: number }, b: { lot: Lot | undefined; newest: number }) => number
  repays: boolean
  cutsAtExpiry: boolean
  expiresAgain: boolean
}

export const RULES: Rules = {
  hour: HOUR,
  boundary: BOUNDARY,
  lotOrder,
  backOrder: (a, b) => Number(a.lot !== undefined) - Number(b.lot !== undefined) || b.newest - a.newest,
  repays: true,
  cutsAtExpiry: true,
  expiresAgain: true,
}

/** Grants by priority, expiry, id; then cash as it came. */
export function lotOrder(a: Lot, b: Lot): number {
  if (a.kind !== b.kind) return a.kind === 'grant' ? -1 : 1
  if (a.kind === 'cash') return a.order - b.order
  return a.priority - b.priority || a.expires! - b.expires! || byText(a.id, b.id)
}

export function newAccount(now: number, rules = RULES): Account {
  return {
    balance: 0n,
    accrued: 0n,
    late: 0n,
    rate: 0n,
    held: 0n,
    settled: now,
    attributed: now,
    lots: [],
    draws: [],
    postings: [],
    holds: [],
    keys: new Set(),
    events: new Map(),
    spans: new Map(),
    deleted: new Map(),
    marked: false,
    rules,
  }
}

/** Another account equal to this one that shares nothing with it. */
export function copyOf(account: Account): Account {
  const { rules, ...rest } = account
  return { ...structuredClone(rest), rules }
}

export function post(
  account: Account,
  source: string,
  debit: string,
  credit: string,
  amount: bigint,
  at: number,
): number {
  const seq = account.postings.length + 1
  account.postings.push({ seq, source, debit, credit, amount, at })
  return seq
}

/** The last boundary at or before an instant. */
export function boundary(account: Account, now: number): number {
  return floorTo(now, account.rules.boundary)
}

export function live(account: Account, at: number): bigint {
  return account.balance - account.accrued - account.late - account.rate * BigInt(at - account.settled)
}

export function available(account: Account, at: number): bigint {
  return live(account, at) - account.held
}

/** Lots that may pay for use at an instant, first to pay first. */
export function usable(account: Account, at: number): Lot[] {
  return account.lots
    .filter((lot) => !lot.writtenOff && (lot.expires === undefined || lot.expires > at))
    .sort(account.rules.lotOrder)
}

/** Net draws per line and lot. */
export function netDraws(account: Account): Map<string, Map<Lot | undefined, bigint>> {
  const net = new Map<string, Map<Lot | undefined, bigint>>()
  for (const draw of account.draws) {
    if (!net.has(draw.line)) net.set(draw.line, new Map())
    add(net.get(draw.line)!, draw.lot, draw.amount)
  }
  return net
}
