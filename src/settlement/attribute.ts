import {
  dayOf,
  earlier,
  hourBefore,
  hoursBetween,
  instantOf,
  later,
  midnightsBetween,
  secondsOf,
  type Tx,
} from '../base/index.ts'
import {
  lockedWallets,
  readAllLots,
  readOpenLots,
  settleWallets,
  type Lot,
  type Wallet,
  type WalletKey,
} from '../wallet/index.ts'
import {
  compareKeys,
  giveBack,
  openPlan,
  repay,
  take,
  usableLots,
  writeOff,
  type LineKey,
  type NetDraw,
  type Plan,
} from './plan.ts'
import * as store from './store.ts'
import type { Correction, Mark, Piece, Use } from './store.ts'

/** What wallets are attributed by beside themselves. No deduction changes it, so it may be read before one as well as after. */
export type Standing = { marks: readonly Mark[]; openLots: readonly Lot[] }

export async function readStanding(tx: Tx, keys: readonly WalletKey[]): Promise<Standing> {
  const [marks, openLots] = await Promise.all([store.readMarks(tx, keys), readOpenLots(tx, keys)])
  return { marks, openLots }
}

/**
 * Lays the deducted use of locked wallets over days, projects, users and SKUs, and over the lots that pay: the plan of it, not
 * yet written. Attribution is cut at every hour, every expiry and every change of lots, and nowhere else, so who looks, and
 * when, never changes who pays. `hour`: through the last full hour and every expiry that is due; `exact`: through all that is
 * deducted, for whoever is about to change lots.
 */
export async function planAttribution(
  tx: Tx,
  wallets: readonly Wallet[],
  { marks, openLots }: Standing,
  cut: 'hour' | 'exact',
): Promise<Plan[]> {
  const settled = await bookLate(tx, wallets)
  const corrections = groupBy(await store.readCorrections(tx, settled, marks), (c) => c.accountId)
  const givesBack = [...corrections.values()].flat().filter((c) => c.difference < 0n)
  const lots = groupBy(givesBack.length > 0 ? await readAllLots(tx, settled) : openLots, (lot) => lot.accountId)
  const draws = groupBy(await store.readNetDraws(tx, givesBack), (d) => d.lineId)
  // While there are arrears no lot has money; only one that comes in, or is given back to, can pay them.
  const indebted = settled.filter((w) => w.arrears > 0n && (cut === 'exact' || corrections.has(w.accountId)))
  const unpaid = groupBy(await store.readUnpaidLines(tx, indebted), (line) => line.accountId)

  if (corrections.size > 0) await store.removeMarks(tx, settled)

  const plans = settled.map((wallet) =>
    openPlan(wallet, lots.get(wallet.accountId) ?? [], unpaid.get(wallet.accountId) ?? []),
  )
  const ends = plans.map((plan) => endOf(plan, cut))
  const pieces = plans.flatMap((plan, n) =>
    cutPieces(plan, ends[n]!, corrections.has(plan.wallet.accountId), n, tx.timeZone),
  )
  const use = groupBy(await store.readUse(tx, pieces), (u) => u.piece)
  const piecesOf = groupBy(
    pieces.map((piece, index) => ({ ...piece, index })),
    (piece) => piece.plan,
  )
  plans.forEach((plan, n) => {
    correct(plan, corrections.get(plan.wallet.accountId) ?? [], draws)
    layOut(plan, piecesOf.get(n) ?? [], use, ends[n]!)
  })
  return plans
}

/** Late use that is not booked yet is booked now, so that balance, lots and arrears tell what is left to attribute. */
async function bookLate(tx: Tx, wallets: readonly Wallet[]): Promise<Wallet[]> {
  const late = wallets.filter((wallet) => wallet.late !== 0n)
  if (late.length > 0) {
    const oldest = late.map((wallet) => wallet.settledAt).reduce(earlier)
    await settleWallets(tx, lockedWallets(late, oldest), oldest)
  }
  return wallets.map((wallet) =>
    wallet.late === 0n
      ? wallet
      : { ...wallet, balance: wallet.balance - wallet.late, late: 0n, lastSeq: wallet.lastSeq + 1n },
  )
}

/** Through which instant a wallet is attributed. */
function endOf({ wallet, lots }: Plan, cut: 'hour' | 'exact'): Temporal.Instant {
  if (cut === 'exact') return wallet.settledAt
  const due = lots.filter((lot) => isDue(lot, wallet.settledAt)).map((lot) => lot.expiresAt!)
  return [hourBefore(wallet.settledAt), ...due].reduce(later, wallet.attributedAt)
}

/**
 * The stretches, none over midnight, for which use is summed. Where one lot (or none) pays for all of it, the hours between
 * can't matter and are left out: what is not attributed yet is known from the books alone, before any span is read.
 */
function cutPieces(plan: Plan, end: Temporal.Instant, corrected: boolean, n: number, timeZone: string): Piece[] {
  const { wallet, lots } = plan
  const from = wallet.attributedAt
  if (secondsOf(from) >= secondsOf(end)) return []
  const [first] = usableLots(plan, from)
  const open = lots.reduce((sum, lot) => sum + lot.remaining, 0n) - wallet.arrears - wallet.balance
  const lasts = !first || (first.remaining >= open && !(first.expiresAt && secondsOf(first.expiresAt) < secondsOf(end)))
  const whole = !corrected && lasts
  const expiries = lots.flatMap((lot) =>
    isDue(lot, end) && secondsOf(lot.expiresAt!) > secondsOf(from) ? secondsOf(lot.expiresAt!) : [],
  )
  const cuts = [
    ...expiries,
    ...(whole ? [] : hoursBetween(from, end).map(secondsOf)),
    ...midnightsBetween(from, end, timeZone).map(secondsOf),
    secondsOf(end),
  ]
  const { bucket, accountId } = wallet
  let start = secondsOf(from)
  return [...new Set(cuts)]
    .sort((a, b) => a - b)
    .map((cut) => {
      const piece = { plan: n, bucket, accountId, from: instantOf(start), to: instantOf(cut) }
      start = cut
      return { ...piece, day: dayOf(piece.from, timeZone) }
    })
}

/** Late use: first what comes back, then arrears that it can pay, then what is still to be drawn. */
function correct(plan: Plan, corrections: readonly Correction[], draws: Map<string, NetDraw[]>): void {
  if (corrections.length === 0) return
  const at = plan.wallet.attributedAt
  const ordered = [...corrections].sort((a, b) => compareKeys(a.key, b.key))
  for (const { key, difference, lineId } of ordered)
    if (difference < 0n) giveBack(plan, key, -difference, draws.get(lineId) ?? [], at)
  repay(plan, at)
  const more = ordered.filter(({ difference }) => difference > 0n)
  if (more.length > 0)
    take(
      plan,
      more.map(({ key, difference }) => ({ key, amount: difference })),
      'late',
      at,
      at,
    )
}

/** Draws stretch by stretch, in order of time, day and key; a grant is written off once all before its expiry is drawn. */
function layOut(
  plan: Plan,
  pieces: readonly (Piece & { index: number })[],
  use: Map<number, Use[]>,
  end: Temporal.Instant,
): void {
  let from = plan.wallet.attributedAt
  const expiries = [...new Set(plan.lots.flatMap((lot) => (isDue(lot, end) ? secondsOf(lot.expiresAt!) : [])))].sort(
    (a, b) => a - b,
  )
  for (const to of [...expiries.filter((each) => each > secondsOf(from)).map(instantOf), end]) {
    const items = pieces
      .filter((piece) => secondsOf(piece.from) >= secondsOf(from) && secondsOf(piece.from) < secondsOf(to))
      .flatMap((piece) => itemsOf(piece, use.get(piece.index) ?? []))
    if (items.length > 0) take(plan, items, 'use', from, to)
    for (const lot of plan.lots) if (isDue(lot, to)) writeOff(plan, lot, to)
    from = to
  }
  plan.attributedAt = later(plan.attributedAt, end)
}

function itemsOf(piece: Piece, use: readonly Use[]): { key: LineKey; amount: bigint }[] {
  return use
    .map(({ projectId, userId, kind, sku, amount }) => ({
      key: { day: piece.day, projectId, userId, kind, sku },
      amount,
    }))
    .sort((a, b) => compareKeys(a.key, b.key))
}

function isDue(lot: Lot, at: Temporal.Instant): boolean {
  return lot.expiresAt !== null && lot.expiredAt === null && secondsOf(lot.expiresAt) <= secondsOf(at)
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  return Map.groupBy(items, key)
}
