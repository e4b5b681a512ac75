import { secondsOf, type Rate } from '../base/index.ts'

/** An account's money. Amounts in grains, rate in grains per second. */
export type Wallet = {
  bucket: number
  accountId: string
  currency: string
  /** What people see: moves only at a deduction and when money comes in or goes out. */
  balance: bigint
  /** Owed since settledAt beyond rate x time: what changed within the current five minutes. */
  accrued: bigint
  /** Owed (or given back) for use before settledAt that became known later; booked at the next deduction. */
  late: bigint
  rate: Rate
  /** Everything used before this instant has been deducted. */
  settledAt: Temporal.Instant
  /** Everything used before this instant has been laid over bill lines and lots. */
  attributedAt: Temporal.Instant
  /** The newest instant at which something happened to this wallet; its time never goes back. */
  seenAt: Temporal.Instant
  held: bigint
  arrears: bigint
  lastSeq: bigint
}

/** What of a wallet says how much may be spent. */
export type Funds = Pick<Wallet, 'balance' | 'accrued' | 'late' | 'rate' | 'settledAt' | 'held'>

/** One portion of funding. */
export type Lot = {
  bucket: number
  accountId: string
  lotId: string
  kind: 'cash' | 'grant'
  priority: number
  expiresAt: Temporal.Instant | null
  amount: bigint
  remaining: bigint
  expired: bigint
  expiredAt: Temporal.Instant | null
  /** Sequence of the posting that brought it in: the order of arrival. */
  seq: bigint
}

/** The balance at an instant at or after settledAt, with what the five-minute deduction has not booked yet. In grains. */
export function liveBalance(wallet: Funds, at: Temporal.Instant): bigint {
  return (
    wallet.balance - wallet.accrued - wallet.late - wallet.rate * BigInt(secondsOf(at) - secondsOf(wallet.settledAt))
  )
}

/** What may still be spent at an instant: live balance less what is held. In grains. */
export function available(wallet: Funds, at: Temporal.Instant): bigint {
  return liveBalance(wallet, at) - wallet.held
}

/** The end of the year 9999: what comes later can't be written as a date, and is as good as never. */
const LAST_SECOND = 253_402_300_799n

/** The first whole second at which nothing is available any more, if use goes on as at `at`; undefined when nothing runs. */
export function runsOutAt(wallet: Wallet, at: Temporal.Instant): Temporal.Instant | undefined {
  const left = available(wallet, at)
  if (left <= 0n) return at
  if (wallet.rate === 0n) return undefined
  const seconds = (left + wallet.rate - 1n) / wallet.rate
  return BigInt(secondsOf(at)) + seconds > LAST_SECOND ? undefined : at.add({ seconds: Number(seconds) })
}

/** Grants before cash; grants by priority, expiry, id; cash by arrival. The one rule of who pays first. */
export function compareLots(a: Lot, b: Lot): number {
  if (a.kind !== b.kind) return a.kind === 'grant' ? -1 : 1
  if (a.kind === 'cash') return a.seq < b.seq ? -1 : 1
  return a.priority - b.priority || Temporal.Instant.compare(a.expiresAt!, b.expiresAt!) || (a.lotId < b.lotId ? -1 : 1)
}
