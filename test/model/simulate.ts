import assert from 'node:assert/strict'
import { openTestApp } from '../harness.ts'
import type { Account } from './account.ts'
import { check, total } from './check.ts'
import { booksOf } from './compare.ts'
import { instant, openEngine, performOn, readBooks, readUse, type Engine } from './engine.ts'
import { assertExplained } from './explained.ts'
import { add } from './rules.ts'
import type { Schedule } from './schedule.ts'
import { truth } from './truth.ts'
import { ACCOUNTS, newWorld, perform, START, type Operation, type World } from './world.ts'

/**
 * Runs one schedule on the model and on the engine, on a database of its own, and holds their books against each other after
 * every few operations. The books are audited when they close. Answers how many operations that were.
 */
export async function simulate({ operations, end }: Schedule, every = 6): Promise<number> {
  const { app, clock, close } = await openTestApp({ at: instant(START).toString() })
  let steps = 0
  try {
    const engine = await openEngine(app, clock)
    const world = newWorld()
    for (const operation of operations) {
      await both(world, engine, operation)
      if (++steps % every === 0) await compare(world, engine)
    }
    for (const last of ending(end)) await both(world, engine, last)
    await compare(world, engine)
    for (const accountId of ACCOUNTS) await assertExplained(app, accountId)
  } finally {
    await close()
  }
  return steps
}

/** At the end everything is laid out to the last second, because a little money comes in. */
function ending(at: number): Operation[] {
  const cent = { do: 'credit', at, kind: 'cash', amount: 36_000_000n, priority: 0, expires: undefined } as const
  return ACCOUNTS.map((_, account) => ({ ...cent, account, paymentId: `end${account}` }))
}

async function both(world: World, engine: Engine, operation: Operation): Promise<void> {
  const done = await performOn(engine, operation)
  const expected = perform(
    world,
    operation,
    operation.do === 'credit' ? engine.lots.get(operation.paymentId) : undefined,
  )
  assert.equal(done, expected, `${operation.do} at ${instant(world.now)}`)
}

/** What is due is done first, so that both sides have looked at the clock. */
async function compare(world: World, engine: Engine): Promise<void> {
  await both(world, engine, { do: 'tick', what: 'due', at: world.now })
  await both(world, engine, { do: 'tick', what: 'deduct', at: world.now })
  for (const [i, account] of world.accounts.entries()) {
    const where = `${ACCOUNTS[i]} at ${instant(world.now)}`
    check(account, world.now)
    assert.deepEqual(await readBooks(engine.app, ACCOUNTS[i]!), booksOf(account, world.now), where)
    await holdAgainstTruth(engine, account, ACCOUNTS[i]!, where)
  }
}

/** The engine's two computations, each held against brute force over the events that are known, without the model's books. */
async function holdAgainstTruth(engine: Engine, account: Account, accountId: string, where: string): Promise<void> {
  const { settledAt, attributedAt, deducted, lines, marks, gaps } = await readUse(engine.app, accountId)
  const through = (at: Temporal.Instant) =>
    truth(account.events.values(), account.deleted, Math.floor(at.epochMilliseconds / 1000))
  assert.equal(deducted, total(through(settledAt)), `deducted and late = truth through settled_at, ${where}`)
  const billed = new Map(lines)
  for (const [line, amount] of through(attributedAt)) add(billed, line.replaceAll('\0', ' '), -amount)
  const wrong = [...billed].filter(([line, amount]) => amount !== 0n && !marks.has(line))
  assert.deepEqual(wrong, [], `lines = truth through attributed_at, ${where}`)
  assert.equal(gaps, 0n, `seq is gapless, ${where}`)
}
