import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { perApp } from '../../base/index.ts'
import { gather } from './gather.ts'

/** A load whose batches end when they are told to. */
function openLoad(most: number, atOnce = 1) {
  const batches: { keys: readonly number[]; end: PromiseWithResolvers<void> }[] = []
  const ask = gather(
    async (keys: readonly number[]) => {
      const end = Promise.withResolvers<void>()
      batches.push({ keys, end })
      await end.promise
      return keys.map((key) => key * 10)
    },
    { most, atOnce },
  )
  return { ask, batches, loaded: () => batches.map(({ keys }) => keys) }
}

test('what one turn asks for is one load, and each gets its own answer', async () => {
  const { ask, batches, loaded } = openLoad(10)
  const asked = [ask(1), ask(2), Promise.resolve().then(() => ask(3))]
  assert.deepEqual(loaded(), [])
  await turn()
  assert.deepEqual(loaded(), [[1, 2, 3]])
  batches[0]!.end.resolve()
  assert.deepEqual(await Promise.all(asked), [10, 20, 30])
})

test('what comes meanwhile waits for the load under way, and goes in batches of at most so many', async () => {
  const { ask, batches, loaded } = openLoad(2)
  const first = ask(1)
  await turn()
  const rest = [ask(2), ask(3), ask(4)]
  await turn()
  assert.deepEqual(loaded(), [[1]])
  batches[0]!.end.resolve()
  await first
  await turn()
  assert.deepEqual(loaded(), [[1], [2, 3]])
  batches[1]!.end.resolve()
  await turn()
  await turn()
  assert.deepEqual(loaded(), [[1], [2, 3], [4]])
  batches[2]!.end.resolve()
  assert.deepEqual(await Promise.all(rest), [20, 30, 40])
})

test('two at once where that is asked for', async () => {
  const { ask, batches, loaded } = openLoad(10, 2)
  const asked = [ask(1)]
  await turn()
  asked.push(ask(2))
  await turn()
  asked.push(ask(3), ask(4))
  await turn()
  assert.deepEqual(loaded(), [[1], [2]])
  batches[1]!.end.resolve()
  assert.equal(await asked[1], 20)
  await turn()
  assert.deepEqual(loaded(), [[1], [2], [3, 4]])
  for (const { end } of batches) end.resolve()
  assert.deepEqual(await Promise.all(asked), [10, 20, 30, 40])
})

test('a slow load does not hold up the next, but only so many are under way', async () => {
  const { ask, batches, loaded } = openLoad(1)
  const asked = [1, 2, 3, 4, 5, 6].map(ask)
  while (batches.length < 4) await sleep(1)
  await sleep(50)
  assert.deepEqual(loaded(), [[1], [2], [3], [4]])
  batches[2]!.end.resolve()
  assert.equal(await asked[2], 30)
  while (batches.length < 5) await sleep(1)
  for (let n = 0; n < 6; n++) {
    while (batches.length <= n) await sleep(1)
    batches[n]!.end.resolve()
  }
  assert.deepEqual(await Promise.all(asked), [10, 20, 30, 40, 50, 60])
})

test('a failed load fails those that shared it, and no others', async () => {
  const { ask, batches } = openLoad(2)
  const asked = [ask(1), ask(2), ask(3)]
  const outcomes = Promise.allSettled(asked)
  await turn()
  batches[0]!.end.reject(new Error('gone'))
  while (batches.length < 2) await turn()
  batches[1]!.end.resolve()
  assert.deepEqual(
    (await outcomes).map((each) => (each.status === 'fulfilled' ? each.value : each.reason.message)),
    ['gone', 'gone', 30],
  )
})

test('what is made for an app is made once for it', () => {
  const made: unknown[] = []
  const of = perApp((app) => made.push(app))
  const [a, b] = [{}, {}] as Parameters<typeof of>[0][]
  assert.deepEqual([of(a!), of(b!), of(a!)], [1, 2, 1])
})
