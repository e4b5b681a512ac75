import fc from 'fast-check'
import { test } from 'node:test'
import { schedule, SUITE } from './model/schedule.ts'
import { simulate } from './model/simulate.ts'

test('the engine keeps the same books as the model on random days of two accounts', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (each) => {
      await simulate(each)
    }),
    SUITE,
  )
})
