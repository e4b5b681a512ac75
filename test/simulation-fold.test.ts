import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secondsOf } from '../src/base/index.ts'
import { fold, type FoldContext, type FoldedSpan, type Observation, type UsageKind } from '../src/metering/index.ts'
import type { Price } from '../src/pricing/index.ts'
import { decimals, instant } from './model/engine.ts'
import { fold as modelFold } from './model/fold.ts'
import { rateOf, useOf, type Event, type Span } from './model/rules.ts'
import { eventsOf, life } from './model/schedule.ts'
import { truth } from './model/truth.ts'
import { PROJECTS, RAISED_AT, SKUS, START } from './model/world.ts'

const MICRO = 1_000_000
/** The events of one resource, each once, and perhaps an instant at which one of its projects was deleted. */
const resource = fc
  .record({ life, deletedAfter: fc.option(fc.integer({ min: 0, max: 200_000 })), which: fc.nat(1) })
  .map(({ life, deletedAfter, which }) => {
    const events = [...new Map(eventsOf(life, 0).map(({ event }) => [event.id, event])).values()]
    const deleted = new Map<string, number>()
    if (deletedAfter !== null) deleted.set(PROJECTS[life.account]![which]!, START + deletedAfter)
    return { events, deleted }
  })

test('spans are those of the model and of brute force', () => {
  fc.assert(
    fc.property(resource, ({ events, deleted }) => {
      const ours = foldOf(events, deleted)
      assert.deepEqual(ours, modelFold(events, deleted))
      const end = START + 10 * 86_400
      assert.deepEqual(useOf(ours, 0, end), truth([events], deleted, end))
    }),
    { seed: 11, numRuns: 1000 },
  )
})

test('spans do not depend on the order in which events come', () => {
  const shuffled = resource.chain((each) =>
    fc.record({
      each: fc.constant(each),
      order: fc.shuffledSubarray(each.events, { minLength: each.events.length, maxLength: each.events.length }),
    }),
  )
  fc.assert(
    fc.property(shuffled, ({ each, order }) => {
      assert.deepEqual(foldOf(order, each.deleted), foldOf(each.events, each.deleted))
    }),
    { seed: 12, numRuns: 500 },
  )
})

test('what runs may be cut anywhere: the pieces cost what the whole does, to the second', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 90_000 * MICRO }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(cuts, fc.integer({ min: 0, max: MICRO - 1 }), (offsets, within) => {
      const begin = START * MICRO + within
      const times = [0, ...offsets].sort((a, b) => a - b).map((offset) => begin + offset)
      const end = Math.max(...times)
      const [whole, resized, restarted] = [
        [event('a', 'started', begin), event('z', 'stopped', end)],
        times.map((at, i) => event(`${i}`, i === 0 ? 'started' : at === end ? 'stopped' : 'resized', at)),
        times.flatMap((at, i) => [
          ...(i === 0 ? [] : [event(`${i}x`, 'stopped', at)]),
          ...(at === end ? [] : [event(`${i}y`, 'started', at)]),
        ]),
      ].map((events) => useOf(foldOf(events, new Map()), 0, START + 10 * 86_400))
      assert.deepEqual(resized, whole)
      assert.deepEqual(restarted, whole)
    }),
    { seed: 13, numRuns: 300 },
  )
})

test('the rate is rounded once, half up, to a whole micro-unit', () => {
  const count = fc.bigInt({ min: 0n, max: 99_999_999n })
  fc.assert(
    fc.property(count, count, count, fc.nat(SKUS.length - 1), (cpu, gpu, gb, sku) => {
      const quantity = SKUS[sku]!.kind === 'node' ? { count: cpu } : { cpu, gpu, gb }
      const started = { ...event('a', 'started', START * MICRO), ...keyed(sku), prices: SKUS[sku]!.before, quantity }
      assert.equal(foldOf([started], new Map())[0]!.rate, rateOf(SKUS[sku]!.before, quantity))
    }),
    { seed: 14, numRuns: 500 },
  )
})

function event(id: string, type: Event['type'], at: number): Event {
  return { resource: 'r', run: 1, id, type, at, ...keyed(0), prices: SKUS[0]!.before, quantity: { count: 10_000n } }
}

function keyed(sku: number): Pick<Event, 'key'> {
  return { key: { project: 'proj_x', user: 'user_ann', kind: SKUS[sku]!.kind, sku: SKUS[sku]!.sku } }
}

/** The engine's fold of the model's events, as the model's spans. */
function foldOf(events: readonly Event[], deleted: ReadonlyMap<string, number>): Span[] {
  const context: FoldContext = {
    price: priceOf,
    deletedAt: (project) => (deleted.has(project) ? instant(deleted.get(project)!) : undefined),
  }
  return fold(events.map(observationOf), context).spans.map(spanOf)
}

function observationOf({ id, run, type, at, key, prices, quantity }: Event): Observation {
  const { project: projectId, user: userId, sku } = key
  const priceId = `${sku} ${prices === pricesAt(sku, 'after') ? 'after' : 'before'}`
  const opens = type === 'started' || type === 'running'
  return {
    eventId: id,
    run,
    type,
    at: new Temporal.Instant(BigInt(at) * 1000n),
    ...(opens && { opening: { projectId, userId, kind: key.kind as UsageKind, sku, priceId } }),
    ...((opens || type === 'resized') && { quantity: decimals(quantity) }),
  }
}

function pricesAt(sku: string, which: 'before' | 'after') {
  return SKUS.find((each) => each.sku === sku)![which]
}

function priceOf(priceId: string): Price {
  const [sku, which] = priceId.split(' ') as [string, 'before' | 'after']
  const names: Record<string, string> = { count: 'machine_hour', cpu: 'cpu_hour', gpu: 'gpu_hour', gb: 'gb_hour' }
  const unit = Object.entries(pricesAt(sku, which)).map(([what, price]) => [names[what]!, price])
  return { priceId, sku, unitPrices: Object.fromEntries(unit) }
}

function spanOf({ startedAt, endedAt, rate, projectId, userId, kind, sku }: FoldedSpan): Span {
  const key = { project: projectId, user: userId, kind, sku }
  return { from: secondsOf(startedAt), to: endedAt && secondsOf(endedAt), rate, key }
}

test('the price list changes within the schedules', () => {
  assert.ok(RAISED_AT > START && RAISED_AT < START + 2 * 86_400)
})
