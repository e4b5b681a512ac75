import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instantOf, secondsOf } from '../base/index.ts'
import { nextLook } from './due.ts'
import type { OrderState } from './order.ts'

const standing = (state: OrderState, cancelled: number | null = null) => ({
  state,
  createdAt: instantOf(0),
  expiresAt: instantOf(1800),
  cancelledAt: cancelled === null ? null : instantOf(cancelled),
})

/** The seconds at which an order is looked at, from one on. */
function looks(order: ReturnType<typeof standing>, from: number, until: number): number[] {
  const found: number[] = []
  for (let next = nextLook(order, instantOf(from)); next && secondsOf(next) <= until;) {
    found.push(secondsOf(next))
    next = nextLook(order, next)
  }
  return found
}

test('while a person waits: every five seconds at first, then more and more seldom, and last at the expiry', () => {
  const found = looks(standing('awaiting'), 0, 1800)
  assert.deepEqual(found.slice(0, 6), [5, 10, 15, 22, 33, 49])
  const pauses = found.slice(1).map((at, n) => at - found[n]!)
  assert.ok(pauses.slice(0, -1).every((pause, n) => pause >= (pauses[n - 1] ?? 5)))
  assert.equal(Math.max(...pauses), 60)
  assert.equal(found.at(-1), 1800)
  assert.ok(found.length < 40, `${found.length} questions in half an hour`)
})

test('an order that could not be closed is tried again, ever more seldom', () => {
  const found = looks(standing('awaiting'), 1800, 1800 + 86_400)
  assert.deepEqual(found.slice(0, 3), [1805, 1810, 1815])
  assert.equal(found.at(-1)! - found.at(-2)!, 300)
  assert.deepEqual(looks(standing('opening', 60), 60, 90), [65, 70, 75, 82])
})

test('what is over is looked at three times more, by its expiry; what is paid or disputed is not', () => {
  for (const state of ['expired', 'closed'] as const)
    assert.deepEqual(looks(standing(state, 60), 60, 1e6), [1920, 5400, 88_200])
  assert.deepEqual(looks(standing('closed'), 5400, 1e6), [88_200])
  for (const state of ['paid', 'disputed'] as const) assert.equal(nextLook(standing(state), instantOf(3)), null)
})
