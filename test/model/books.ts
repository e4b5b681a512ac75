import { netDraws, post, usable, type Account, type Draw, type Lot, type Why } from './account.ts'
import { add, byText, dayOf, floorTo, startOfDay, useOf } from './rules.ts'

/** The deduction: debits the wallet for all use through an instant, and for late use either way. */
export function settle(account: Account, through: number): void {
  while (account.settled < through) {
    // After an outage, one posting a day.
    const end = Math.min(through, startOfDay(dayOf(account.settled) + 1))
    const owed = account.accrued + account.rate * BigInt(end - account.settled)
    if (owed < 0n) throw new Error(`a deduction of ${owed} over [${account.settled}, ${end})`)
    account.accrued = 0n
    account.settled = end
    account.balance -= owed
    if (owed > 0n) post(account, 'use', 'unattributed', 'revenue', owed, end)
    bookLate(account)
  }
  bookLate(account)
}

function bookLate(account: Account): void {
  const { late, settled } = account
  account.late = 0n
  account.balance -= late
  if (late > 0n) post(account, 'late', 'unattributed', 'revenue', late, settled)
  if (late < 0n) post(account, 'late', 'revenue', 'unattributed', -late, settled)
}

/**
 * Lays deducted money over lines and lots. `exact`: through `through` itself, because lots are about to change;
 * else to the last hour, and to the expiries that are due.
 */
export function attribute(account: Account, through: number, exact: boolean): void {
  let end = Math.min(through, account.settled)
  if (!exact) {
    const due = dueLots(account, account.settled).map((lot) => lot.expires!)
    end = Math.max(floorTo(end, account.rules.hour), ...due)
    settle(account, account.settled)
  }
  reconcile(account)
  if (account.rules.cutsAtExpiry) {
    for (let due = dueLots(account, end); due.length > 0; due = dueLots(account, end)) {
      const first = Math.min(...due.map((lot) => lot.expires!))
      advance(account, first)
      for (const lot of due) if (lot.expires === first) writeOff(account, lot)
    }
  }
  advance(account, end)
  if (!account.rules.cutsAtExpiry) for (const lot of dueLots(account, end)) writeOff(account, lot)
}

/** Grants that have expired at `at` and are not written off. */
export function dueLots(account: Account, at: number): Lot[] {
  return account.lots.filter((lot) => !lot.writtenOff && lot.expires !== undefined && lot.expires <= at)
}

/** What lies before `attributed` and was changed by late events: given back, repaid from it, and only then drawn. */
function reconcile(account: Account): void {
  account.marked = false
  const open = [...unattributed(account)].sort(([a], [b]) => byText(a, b))
  for (const [line, amount] of open) if (amount < 0n) giveBack(account, line, -amount)
  repay(account)
  for (const [line, amount] of open) if (amount > 0n) draw(account, line, amount, 'late', undefined, account.attributed)
}

/** Use before `attributed` less what was drawn for it, per line, where the two differ. */
export function unattributed(account: Account): Map<string, bigint> {
  const open = useOf([...account.spans.values()].flat(), -Infinity, account.attributed)
  for (const each of account.draws) if (each.why !== 'charge') add(open, each.line, -each.amount)
  return new Map([...open].filter(([, amount]) => amount !== 0n))
}

/** Draws the use up to `end`, hour by hour. */
function advance(account: Account, end: number): void {
  while (account.attributed < end) {
    const from = account.attributed
    const to = Math.min(end, floorTo(from, account.rules.hour) + account.rules.hour)
    const use = useOf([...account.spans.values()].flat(), from, to)
    for (const [line, amount] of [...use].sort(([a], [b]) => byText(a, b))) draw(account, line, amount, 'use', to, from)
    account.attributed = to
  }
}

/** Takes an amount for a line out of the lots usable at `at`, in their order; what none covers becomes arrears. */
export function draw(
  account: Account,
  line: string,
  amount: bigint,
  why: Why,
  usedTo: number | undefined,
  at: number,
): void {
  for (const lot of [...usable(account, at), undefined]) {
    const part = lot === undefined || lot.remaining > amount ? amount : lot.remaining
    if (part === 0n) continue
    amount -= part
    if (lot) lot.remaining -= part
    const seq = post(account, 'draw', lot ? `lot:${lot.id}` : 'arrears', 'unattributed', part, at)
    account.draws.push({ seq, line, lot, amount: part, why, usedTo })
  }
}

/** Gives an amount back out of the line's own draws: arrears first, then what was drawn last. */
function giveBack(account: Account, line: string, amount: bigint): void {
  const own = new Map<Lot | undefined, { net: bigint; newest: number }>()
  for (const each of account.draws.filter((draw) => draw.line === line)) {
    own.set(each.lot, { net: (own.get(each.lot)?.net ?? 0n) + each.amount, newest: each.seq })
  }
  const order = [...own].map(([lot, { net, newest }]) => ({ lot, net, newest })).filter(({ net }) => net > 0n)
  for (const { lot, net } of order.sort(account.rules.backOrder)) {
    const part = net < amount ? net : amount
    if (part === 0n) continue
    amount -= part
    if (lot) lot.remaining += part
    const seq = post(account, 'undraw', 'unattributed', lot ? `lot:${lot.id}` : 'arrears', part, account.attributed)
    account.draws.push({ seq, line, lot, amount: -part, why: 'late', usedTo: undefined })
    if (lot?.writtenOff && account.rules.expiresAgain) writeOff(account, lot)
  }
  if (amount > 0n) throw new Error(`${amount} to give back on ${line} and no draws left`)
}

/** Money that lots have pays what nobody has paid yet, oldest line first. */
export function repay(account: Account): void {
  if (!account.rules.repays) return
  for (const [line, net] of [...netDraws(account)].sort(([a], [b]) => byText(a, b))) {
    let owed = net.get(undefined) ?? 0n
    for (const lot of usable(account, account.attributed)) {
      const part = lot.remaining < owed ? lot.remaining : owed
      if (part === 0n) continue
      owed -= part
      lot.remaining -= part
      const seq = post(account, 'repay', `lot:${lot.id}`, 'arrears', part, account.attributed)
      const pair: Draw = { seq, line, lot: undefined, amount: -part, why: 'repay', usedTo: undefined }
      account.draws.push(pair, { ...pair, lot, amount: part })
    }
  }
}

function writeOff(account: Account, lot: Lot): void {
  if (lot.remaining > 0n) post(account, 'expiry', `lot:${lot.id}`, 'promotion', lot.remaining, account.attributed)
  account.balance -= lot.remaining
  lot.expired += lot.remaining
  lot.remaining = 0n
  lot.writtenOff = true
}
