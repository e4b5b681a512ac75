import { live, netDraws, type Account } from './account.ts'
import { signed } from './check.ts'

/** How much of a line or of a ledger account, in grains. */
export type Line = { amount: bigint; cash: bigint; granted: bigint; unpaid: bigint }
/** What both sides say of one account, in a form that compares deeply: lots by payment, lines by day and key. */
export type Books = {
  /** With late use taken off that waits for the next deduction. */
  balance: bigint
  live: bigint
  rate: bigint
  held: bigint
  arrears: bigint
  /** Debited for use so far, and late use that waits for the next deduction. */
  deducted: bigint
  lots: Record<string, { amount: bigint; remaining: bigint; expired: bigint }>
  lines: Record<string, Line>
}

/** The model's account as books. Lots must be known by their payment. */
export function booksOf(account: Account, now: number): Books {
  const { rate, held, late } = account
  const lines: Books['lines'] = {}
  for (const [line, net] of netDraws(account)) {
    const sum: Line = { amount: 0n, cash: 0n, granted: 0n, unpaid: 0n }
    for (const [lot, amount] of net) {
      sum.amount += amount
      sum[lot === undefined ? 'unpaid' : lot.kind === 'cash' ? 'cash' : 'granted'] += amount
    }
    if (sum.amount !== 0n) lines[line.replaceAll('\0', ' ')] = sum
  }
  return {
    balance: account.balance - late,
    live: live(account, now),
    rate,
    held,
    arrears: Object.values(lines).reduce((sum, line) => sum + line.unpaid, 0n),
    deducted: signed(account, (source) => source === 'use' || source === 'late') + late,
    lots: Object.fromEntries(
      account.lots.map(({ paymentId, amount, remaining, expired }) => [paymentId, { amount, remaining, expired }]),
    ),
    lines,
  }
}
