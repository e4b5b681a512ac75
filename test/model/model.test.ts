import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { RULES, type Rules } from './account.ts'
import { check } from './check.ts'
import { booksOf } from './compare.ts'
import { DAY } from './rules.ts'
import { schedule, SUITE, type Schedule } from './schedule.ts'
import { newWorld, perform, type World } from './world.ts'

/** Runs a schedule on the model alone, held against brute force as it goes. */
function runChecked({ operations, end }: Schedule, rules: Rules = RULES): void {
  const world = newWorld(rules)
  operations.forEach((operation, i) => {
    perform(world, operation)
    if (i % 4 === 0) for (const account of world.accounts) check(account, world.now)
  })
  perform(world, {
    do: 'credit',
    at: end,
    account: 0,
    paymentId: 'end',
    kind: 'cash',
    amount: 1n,
    priority: 0,
    expires: undefined,
  })
  perform(world, { do: 'tick', at: end, what: 'attribute' })
  for (const account of world.accounts) check(account, world.now)
}

test('the model keeps its own invariants on random schedules', () => {
  fc.assert(
    fc.property(schedule, (each) => runChecked(each)),
    { seed: 1, numRuns: 150 },
  )
})

test('schedules are rich enough to be worth running', () => {
  const seen = new Map<string, number>()
  const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1)
  for (const { operations } of fc.sample(schedule, { seed: 2, numRuns: 60 })) {
    const world = newWorld()
    for (const operation of operations) count(`${operation.do} ${perform(world, operation)}`)
    for (const account of world.accounts) {
      for (const posting of account.postings) count(posting.source)
      for (const lot of account.lots) if (lot.expired > 0n) count('grant lost')
      for (const draw of account.draws) count(draw.lot ? draw.lot.kind : 'nobody')
    }
  }
  for (const name of [
    'use',
    'late',
    'draw',
    'undraw',
    'repay',
    'expiry',
    'charge',
    'charge refused',
    'hold refused',
    'delete done',
    'grant lost',
    'nobody',
  ]) {
    assert.ok((seen.get(name) ?? 0) >= 10, `${name} seen ${seen.get(name) ?? 0} times`)
  }
})

const broken: Record<string, Partial<Rules>> = {
  'arrears are never repaid': { repays: false },
  'a grant is written off without being drawn to its expiry first': { cutsAtExpiry: false },
  'what comes back to an expired grant stays there': { expiresAgain: false },
}

for (const [name, change] of Object.entries(broken)) {
  test(`the invariants notice when ${name}`, () => {
    const result = fc.check(
      fc.property(schedule, (each) => runChecked(each, { ...RULES, ...change })),
      { seed: 3, numRuns: 300, endOnFailure: true },
    )
    assert.ok(result.failed)
  })
}

const otherwise: Record<string, Partial<Rules>> = {
  ...broken,
  'grants burn down by age rather than by priority': { lotOrder: (a, b) => a.order - b.order },
  'a lot gets back before arrears do': {
    backOrder: (a, b) => Number(a.lot === undefined) - Number(b.lot === undefined),
  },
  'the oldest draw is given back first': {
    backOrder: (a, b) => Number(a.lot !== undefined) - Number(b.lot !== undefined) || a.newest - b.newest,
  },
  'attribution is cut at days instead of hours': { hour: DAY },
  'deductions come at every minute': { boundary: 60 },
}

for (const [name, change] of Object.entries(otherwise)) {
  test(`the schedules of every test run show it when ${name}`, () => {
    const differing = fc.sample(schedule, SUITE).filter((each) => differs(each, { ...RULES, ...change }))
    assert.ok(differing.length > 0)
  })
}

/** Whether some other rules lead to other books. */
function differs({ operations }: Schedule, rules: Rules): boolean {
  const [ours, theirs] = [newWorld(), newWorld(rules)]
  for (const operation of operations) {
    perform(ours, operation)
    perform(theirs, operation)
  }
  const books = ({ accounts, now }: World) => accounts.map((account) => booksOf(account, now))
  return !isDeepStrictEqual(books(ours), books(theirs))
}
