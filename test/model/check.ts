import assert from 'node:assert/strict'
import { live, netDraws, usable, type Account, type Lot } from './account.ts'
import { unattributed } from './books.ts'
import { add, useOf } from './rules.ts'
import { truth, truthRate } from './truth.ts'

/** Holds the model's own books against brute force: what DESIGN.md calls the invariants. */
export function check(account: Account, now: number): void {
  checkJournal(account)
  checkSpans(account, now)
  checkUse(account, now)
  checkLots(account)
  checkOrder(account)
}

/** Ledger accounts from the journal alone. */
export function ledger(account: Account): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { debit, credit, amount } of account.postings) {
    add(sums, debit, -amount)
    add(sums, credit, amount)
  }
  return sums
}

function checkJournal(account: Account): void {
  account.postings.forEach((posting, i) => {
    assert.equal(posting.seq, i + 1)
    assert.ok(posting.amount > 0n && posting.debit !== posting.credit)
  })
  const sums = ledger(account)
  for (const lot of account.lots) {
    assert.equal(sums.get(`lot:${lot.id}`) ?? 0n, lot.remaining, `journal of lot ${lot.id}`)
    assert.ok(lot.remaining >= 0n && lot.remaining <= lot.amount)
  }
  const inLots = account.lots.reduce((sum, lot) => sum + lot.remaining, 0n)
  const owed = (sums.get('arrears') ?? 0n) + (sums.get('unattributed') ?? 0n)
  assert.equal(account.balance, inLots + owed, 'balance = lots - arrears - unattributed')
  assert.equal(
    account.held,
    account.holds.reduce((sum, hold) => sum + hold.amount, 0n),
  )
}

function checkSpans(account: Account, now: number): void {
  for (const spans of account.spans.values()) {
    spans.forEach((span, i) => {
      assert.ok(span.to === undefined || span.to > span.from, 'a span has length')
      const before = spans[i - 1]
      assert.ok(!before || (before.to !== undefined && before.to <= span.from), 'spans of a resource do not overlap')
    })
  }
  assert.equal(account.rate, truthRate(account.events.values(), account.deleted, now), 'rate = rates of what runs')
  assert.deepEqual(
    useOf([...account.spans.values()].flat(), -Infinity, now),
    truth(account.events.values(), account.deleted, now),
    'spans = truth',
  )
}

function checkUse(account: Account, now: number): void {
  const through = (at: number) => truth(account.events.values(), account.deleted, at)
  const deducted = signed(account, (source) => source === 'use' || source === 'late')
  assert.equal(deducted + account.late, total(through(account.settled)), 'deducted = truth through settled')
  const lines = new Map(unattributed(account))
  for (const draw of account.draws) if (draw.why !== 'charge') add(lines, draw.line, draw.amount)
  for (const [line, amount] of lines) if (amount === 0n) lines.delete(line)
  assert.deepEqual(sorted(lines), sorted(through(account.attributed)), 'lines = truth through attributed')
  for (const [line, net] of netDraws(account))
    for (const part of net.values()) assert.ok(part >= 0n, `a negative part of ${line}`)
  const inflow = account.lots.reduce((sum, lot) => sum + lot.amount - lot.expired, 0n)
  const charged = signed(account, (source) => source === 'charge')
  assert.equal(
    live(account, now),
    inflow - charged - total(through(now)),
    'live balance = money in - expired - charged - used',
  )
}

function checkLots(account: Account): void {
  const drawn = new Map<Lot | undefined, bigint>()
  for (const draw of account.draws) {
    add(drawn, draw.lot, draw.amount)
    assert.ok(
      (draw.usedTo ?? -Infinity) <= (draw.lot?.expires ?? Infinity),
      'no use after its expiry is paid by a grant',
    )
  }
  for (const lot of account.lots) {
    assert.equal(
      lot.amount - lot.remaining,
      (drawn.get(lot) ?? 0n) + lot.expired,
      `lot ${lot.id} = its draws and what expired`,
    )
    assert.ok(!lot.writtenOff || lot.remaining === 0n, 'an expired grant holds nothing')
  }
  const arrears = drawn.get(undefined) ?? 0n
  assert.equal(-(ledger(account).get('arrears') ?? 0n), arrears)
  const free = usable(account, account.attributed).some((lot) => lot.remaining > 0n)
  assert.ok(arrears === 0n || !free, 'arrears only where no usable lot has money')
}

/** Replays the journal: nothing is drawn from a later lot while an earlier usable one has money. */
function checkOrder(account: Account): void {
  const left = new Map<string, bigint>()
  const lots = new Map(account.lots.map((lot) => [`lot:${lot.id}`, lot]))
  for (const { source, debit, credit, amount, at } of account.postings) {
    const from = lots.get(debit)
    if (source === 'draw' || source === 'repay') {
      for (const [name, lot] of lots) {
        const passedOver = name !== debit && (left.get(name) ?? 0n) > 0n && (lot.expires ?? Infinity) > at
        assert.ok(
          !passedOver || (from && account.rules.lotOrder(from, lot) < 0),
          `${debit} drawn while ${name} had money`,
        )
      }
    }
    if (lots.has(debit)) add(left, debit, -amount)
    if (lots.has(credit)) add(left, credit, amount)
  }
}

/** Net of some postings on revenue. */
export function signed(account: Account, wanted: (source: string) => boolean): bigint {
  let sum = 0n
  for (const { source, debit, amount } of account.postings)
    if (wanted(source)) sum += debit === 'unattributed' ? amount : -amount
  return sum
}

export function total(sums: Map<string, bigint>): bigint {
  return [...sums.values()].reduce((sum, each) => sum + each, 0n)
}

function sorted(sums: Map<string, bigint>): [string, bigint][] {
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1))
}
