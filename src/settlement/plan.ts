import { assert, derivedId, secondsOf } from '../base/index.ts'
import { compareLots, type Lot, type Wallet } from '../wallet/index.ts'

/** What a bill line is about: one day's use of one SKU by one user in one project. */
export type LineKey = { day: Temporal.PlainDate; projectId: string; userId: string; kind: string; sku: string }
/** Grains of a line by who paid: cash lots, grants, or nobody yet. */
export type Paid = { cash: bigint; granted: bigint; unpaid: bigint }
export type NewPosting = {
  seq: bigint
  source: 'draw' | 'undraw' | 'repay' | 'expiry' | 'credit' | 'charge'
  sourceId: string | null
  debit: string
  credit: string
  amount: bigint
  /** The instant at which the lots were judged usable, and the end of the use paid for. */
  usedFrom: Temporal.Instant
  usedTo: Temporal.Instant
}
export type NewDraw = {
  seq: bigint
  lineId: string
  lotId: string | null
  amount: bigint
  why: 'use' | 'late' | 'charge' | 'repay'
  usedTo: Temporal.Instant | null
}
/** A lot that comes in: a payment, or a card. */
export type NewLot = { lot: Lot; paymentId: string; channel: string; note?: string; at: Temporal.Instant }
export type UnpaidLine = { lineId: string; key: LineKey; amount: bigint }

/**
 * What one transaction is about to do to one account's lots: a pure record, filled by the functions below in the order in which
 * money moves, and written once. Lots are changed in memory; `balance` and `arrears` are differences.
 */
export type Plan = {
  wallet: Wallet
  lots: Lot[]
  balance: bigint
  arrears: bigint
  lastSeq: bigint
  attributedAt: Temporal.Instant
  postings: NewPosting[]
  draws: NewDraw[]
  lines: Map<string, { key: LineKey; paid: Paid }>
  /** Lines with arrears, oldest first once sorted; what a lot that gains money pays first. */
  unpaid: Map<string, UnpaidLine>
  touched: Set<Lot>
  /** Of `lots`, those that are not in the books yet: each is inserted as it stands at last, not updated. */
  opened: NewLot[]
}

export function openPlan(wallet: Wallet, lots: Lot[], unpaid: UnpaidLine[]): Plan {
  return {
    wallet,
    lots: [...lots].sort(compareLots),
    balance: 0n,
    arrears: 0n,
    lastSeq: wallet.lastSeq,
    attributedAt: wallet.attributedAt,
    postings: [],
    draws: [],
    lines: new Map(),
    unpaid: new Map(unpaid.map((line) => [line.lineId, line])),
    touched: new Set(),
    opened: [],
  }
}

export function lineIdOf(accountId: string, key: LineKey): string {
  return derivedId('line', accountId, key.day.toString(), key.projectId, key.userId, key.kind, key.sku)
}

/** Lots with money that may pay for use at an instant, in the order in which they pay. */
export function usableLots(plan: Plan, at: Temporal.Instant): Lot[] {
  return plan.lots.filter((lot) => lot.remaining > 0n && isUsable(lot, at))
}

/**
 * Draws from the lots what some lines cost, in the order given; what no lot covers becomes arrears. One posting a lot.
 * `at` decides which lots may pay, `usedTo` ends the use that is paid for.
 */
export function take(
  plan: Plan,
  items: readonly { key: LineKey; amount: bigint }[],
  why: NewDraw['why'],
  at: Temporal.Instant,
  usedTo: Temporal.Instant,
): void {
  const lots = usableLots(plan, at)
  const drawn = new Map<Lot | null, Map<string, { key: LineKey; amount: bigint }>>()
  let next = 0
  for (const { key, amount } of items) {
    const lineId = lineIdOf(plan.wallet.accountId, key)
    let left = amount
    while (left > 0n) {
      while (lots[next]?.remaining === 0n) next++
      const lot = lots[next] ?? null
      const part = lot && lot.remaining < left ? lot.remaining : left
      if (lot) lot.remaining -= part
      left -= part
      const lines = drawn.get(lot) ?? drawn.set(lot, new Map()).get(lot)!
      const line = lines.get(lineId)
      if (line) line.amount += part
      else lines.set(lineId, { key, amount: part })
    }
  }
  for (const [lot, lines] of drawn) {
    const seq = post(plan, 'draw', null, accountOf(lot), 'unattributed', sum(lines.values()), at, usedTo)
    for (const [lineId, { key, amount }] of lines)
      draw(plan, seq, lineId, key, lot, amount, why, why === 'use' ? usedTo : null)
  }
}

/** What some line drew so far from one lot (null: from none), and when last. */
export type NetDraw = { lotId: string | null; amount: bigint; lastSeq: bigint }

/** Gives back what a line drew too much: arrears first, then the newest lot. To an expired grant it comes only to expire again. */
export function giveBack(
  plan: Plan,
  key: LineKey,
  amount: bigint,
  draws: readonly NetDraw[],
  at: Temporal.Instant,
): void {
  const lineId = lineIdOf(plan.wallet.accountId, key)
  let left = amount
  for (const net of [...draws].sort(compareNewest)) {
    const part = net.amount < left ? net.amount : left
    if (part <= 0n) continue
    left -= part
    const lot = net.lotId === null ? null : lotOf(plan, net.lotId)
    const seq = post(plan, 'undraw', null, 'unattributed', accountOf(lot), part, at, at)
    draw(plan, seq, lineId, key, lot, -part, 'late', null)
    if (!lot) continue
    lot.remaining += part
    if (lot.expiredAt) writeOff(plan, lot, at)
  }
  assert(left === 0n, `line ${lineId} gives back ${left} grains more than it drew`)
}

/** Money in a lot first pays what was drawn from no lot, oldest day first. */
export function repay(plan: Plan, at: Temporal.Instant): void {
  const lines = [...plan.unpaid.values()].filter((line) => line.amount > 0n).sort((a, b) => compareKeys(a.key, b.key))
  let next = 0
  let owed = lines[0]?.amount ?? 0n
  for (const lot of usableLots(plan, at)) {
    const parts: { line: UnpaidLine; amount: bigint }[] = []
    while (lot.remaining > 0n && next < lines.length) {
      const amount = owed < lot.remaining ? owed : lot.remaining
      lot.remaining -= amount
      owed -= amount
      parts.push({ line: lines[next]!, amount })
      if (owed === 0n) owed = lines[++next]?.amount ?? 0n
    }
    if (parts.length === 0) return
    const seq = post(plan, 'repay', null, accountOf(lot), 'arrears', sum(parts), at, at)
    for (const { line, amount } of parts) {
      draw(plan, seq, line.lineId, line.key, null, -amount, 'repay', null)
      draw(plan, seq, line.lineId, line.key, lot, amount, 'repay', null)
    }
  }
}

/** Ends a grant: what is left of it goes back to where it came from. */
export function writeOff(plan: Plan, lot: Lot, at: Temporal.Instant): void {
  if (lot.remaining > 0n) {
    post(plan, 'expiry', lot.lotId, accountOf(lot), 'promotion', lot.remaining, at, at)
    plan.balance -= lot.remaining
    lot.expired += lot.remaining
    lot.remaining = 0n
  }
  lot.expiredAt ??= lot.expiresAt
  plan.touched.add(lot)
}

/** Adds a posting to the journal; answers its seq. */
export function post(
  plan: Plan,
  source: NewPosting['source'],
  sourceId: string | null,
  debit: string,
  credit: string,
  amount: bigint,
  usedFrom: Temporal.Instant,
  usedTo: Temporal.Instant,
): bigint {
  plan.lastSeq += 1n
  plan.postings.push({ seq: plan.lastSeq, source, sourceId, debit, credit, amount, usedFrom, usedTo })
  return plan.lastSeq
}

export function accountOf(lot: Lot | null): string {
  return lot ? `lot:${lot.lotId}` : 'arrears'
}

export function compareKeys(a: LineKey, b: LineKey): number {
  return (
    Temporal.PlainDate.compare(a.day, b.day) ||
    compareText(a.projectId, b.projectId) ||
    compareText(a.userId, b.userId) ||
    compareText(a.kind, b.kind) ||
    compareText(a.sku, b.sku)
  )
}

function draw(
  plan: Plan,
  seq: bigint,
  lineId: string,
  key: LineKey,
  lot: Lot | null,
  amount: bigint,
  why: NewDraw['why'],
  usedTo: Temporal.Instant | null,
): void {
  plan.draws.push({ seq, lineId, lotId: lot?.lotId ?? null, amount, why, usedTo })
  const line =
    plan.lines.get(lineId) ?? plan.lines.set(lineId, { key, paid: { cash: 0n, granted: 0n, unpaid: 0n } }).get(lineId)!
  if (lot) {
    line.paid[lot.kind === 'cash' ? 'cash' : 'granted'] += amount
    plan.touched.add(lot)
    return
  }
  line.paid.unpaid += amount
  plan.arrears += amount
  const unpaid = plan.unpaid.get(lineId)
  if (unpaid) unpaid.amount += amount
  else plan.unpaid.set(lineId, { lineId, key, amount })
}

function lotOf(plan: Plan, lotId: string): Lot {
  const lot = plan.lots.find((each) => each.lotId === lotId)
  assert(lot, `lot ${lotId} is not loaded`)
  return lot
}

function isUsable(lot: Lot, at: Temporal.Instant): boolean {
  return !lot.expiredAt && (!lot.expiresAt || secondsOf(lot.expiresAt) > secondsOf(at))
}

function compareNewest(a: NetDraw, b: NetDraw): number {
  if (a.lotId === null || b.lotId === null) return a.lotId === null ? -1 : 1
  return a.lastSeq > b.lastSeq ? -1 : 1
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sum(parts: Iterable<{ amount: bigint }>): bigint {
  let total = 0n
  for (const { amount } of parts) total += amount
  return total
}
