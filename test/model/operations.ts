import { isDeepStrictEqual } from 'node:util'
import { available, boundary, copyOf, post, usable, type Account } from './account.ts'
import { attribute, draw, dueLots, repay, settle } from './books.ts'
import { fold } from './fold.ts'
import { dayOf, floorTo, lineOf, overlap, type Event, type Key, type Span } from './rules.ts'

/** Stores an event once and gives the wallet the difference that it makes. False: it was known. */
export function applyEvent(account: Account, now: number, event: Event): boolean {
  const known = account.events.get(event.resource) ?? []
  settle(account, boundary(account, now))
  if (known.some(({ id }) => id === event.id)) return false
  account.events.set(event.resource, [...known, event])
  refold(account, event.resource)
  return true
}

/** Deleting a project stops all that runs in it. */
export function deleteProject(account: Account, now: number, project: string): void {
  if (account.deleted.has(project)) return
  settle(account, boundary(account, now))
  account.deleted.set(project, now)
  for (const resource of account.events.keys()) refold(account, resource)
}

function refold(account: Account, resource: string): void {
  const before = account.spans.get(resource) ?? []
  const after = fold(account.events.get(resource)!, account.deleted)
  account.spans.set(resource, after)
  const { attributed } = account
  if (
    !isDeepStrictEqual(
      before.flatMap((span) => cut(span, attributed)),
      after.flatMap((span) => cut(span, attributed)),
    )
  ) {
    account.marked = true
  }
  for (const span of before) putOn(account, span, -1n)
  for (const span of after) putOn(account, span, 1n)
}

/** A span as far as it lies before an instant. */
function cut(span: Span, end: number): Span[] {
  return span.from < end ? [{ ...span, to: Math.min(span.to ?? end, end) }] : []
}

function putOn(account: Account, span: Span, sign: bigint): void {
  const { settled } = account
  const rate = sign * span.rate
  const after = (second: number) => BigInt(Math.max(second, settled) - settled)
  if (span.to === undefined) {
    account.rate += rate
    account.accrued -= rate * after(span.from)
  } else {
    account.accrued += rate * (after(span.to) - after(span.from))
  }
  account.late += rate * BigInt(overlap(span.from, span.to, -Infinity, settled))
}

/** What stands before every change of lots: all use through this second is deducted, laid out, expired and repaid. */
function bringUp(account: Account, now: number): void {
  settle(account, now)
  attribute(account, now, true)
}

export type Credit = {
  id: string
  paymentId: string
  kind: 'cash' | 'grant'
  amount: bigint
  priority: number
  expires: number | undefined
}

/** Money in. The same payment a second time changes nothing. */
export function credit(
  account: Account,
  now: number,
  { id, paymentId, kind, amount, priority, expires }: Credit,
): void {
  if (account.keys.has(paymentId)) return
  account.keys.add(paymentId)
  bringUp(account, now)
  account.lots.push({
    id,
    paymentId,
    kind,
    priority,
    expires,
    order: account.lots.length,
    amount,
    remaining: amount,
    expired: 0n,
    writtenOff: false,
  })
  post(account, 'credit', kind === 'cash' ? 'gateway' : 'promotion', `lot:${id}`, amount, now)
  account.balance += amount
  repay(account)
}

/** A one-off debit, whole or not at all. False: not enough available, and nothing has happened. */
export function charge(account: Account, now: number, chargeId: string, key: Key, amount: bigint): boolean {
  if (account.keys.has(chargeId)) return true
  const tried = copyOf(account)
  bringUp(tried, now)
  const inLots = usable(tried, now).reduce((sum, lot) => sum + lot.remaining, 0n)
  if (available(tried, now) < amount || inLots < amount) return false
  tried.keys.add(chargeId)
  tried.balance -= amount
  post(tried, 'charge', 'unattributed', 'revenue', amount, now)
  draw(tried, lineOf(dayOf(now), key), amount, 'charge', undefined, now)
  Object.assign(account, tried)
  return true
}

/** Reserves money. False: not enough available. */
export function placeHold(account: Account, now: number, id: string, amount: bigint, expires: number): boolean {
  if (available(account, now) < amount) return false
  account.held += amount
  account.holds.push({ id, amount, expires })
  return true
}

export function endHold(account: Account, id: string): void {
  for (const hold of account.holds) if (hold.id === id) account.held -= hold.amount
  account.holds = account.holds.filter((hold) => hold.id !== id)
}

/**
 * The clock: deductions at boundaries, attribution at hours, expiries and holds when due. Each looks only at accounts for which
 * there is something to do.
 */
export function tick(account: Account, now: number, what: 'deduct' | 'attribute' | 'due'): void {
  if (what === 'deduct') {
    const idle = account.rate === 0n && account.accrued === 0n && account.late === 0n
    if (account.settled < boundary(account, now) && !idle) settle(account, boundary(account, now))
  }
  if (what === 'attribute') {
    const hour = floorTo(now, account.rules.hour)
    if ((account.attributed < hour && account.settled > account.attributed) || account.marked) {
      settle(account, Math.max(hour, account.settled))
      attribute(account, account.settled, false)
    }
  }
  if (what === 'due') {
    if (dueLots(account, now).length > 0) {
      settle(account, now)
      attribute(account, account.settled, false)
    }
    for (const hold of account.holds) if (hold.expires <= now) endHold(account, hold.id)
  }
}
