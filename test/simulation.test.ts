import fc from 'fast-check'
import { test } from 'node:test'
import { schedule, SUITE } from './model/schedule.ts'
import { simulate } from './model/simulate.ts'
import type { Event, Type } from './model/rules.ts'
import { PROJECTS, SKUS, START, USERS } from './model/world.ts'

test('the engine keeps the same books as the model on random days of two accounts', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (each) => {
      await simulate(each)
    }),
    SUITE,
  )
})

test('late use that takes back what a line was drawn leaves its charge alone', async () => {
  const key = { project: PROJECTS[0]![0]!, user: USERS[0]!, kind: SKUS[0]!.kind, sku: SKUS[0]!.sku }
  const event = (type: Type, second: number): Event => {
    const prices = SKUS[0]!.before
    return { resource: 'r', run: 1, id: type, type, at: second * 1_000_000, key, prices, quantity: { count: 10_000n } }
  }
  const cents = (amount: bigint) => amount * 36_000_000n
  await simulate(
    {
      operations: [
        { do: 'credit', at: START, account: 0, kind: 'cash', amount: cents(60n), paymentId: 'cash', ...NO_GRANT },
        { do: 'events', at: START, events: [event('started', START)] },
        { do: 'charge', at: START + 4000, account: 0, chargeId: 'charge', key, amount: cents(20n) },
        { do: 'tick', at: START + 7200, what: 'deduct' },
        { do: 'tick', at: START + 7200, what: 'attribute' },
        { do: 'events', at: START + 9000, events: [event('stopped', START + 3000)] },
        { do: 'tick', at: START + 10_800, what: 'attribute' },
      ],
      end: START + 12_000,
    },
    1,
  )
})

const NO_GRANT = { priority: 0, expires: undefined }
