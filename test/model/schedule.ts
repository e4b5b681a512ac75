import fc from 'fast-check'
import { DAY, HOUR, type Event, type Type } from './rules.ts'
import { accountOf, PROJECTS, pricesAt, SKUS, START, USERS, type Operation } from './world.ts'

/** A cent, in grains. */
const CENT = 36_000_000n
const HORIZON = 1.5 * DAY
const FIRST_HOUR = HOUR - (START % HOUR)
const FIRST_MIDNIGHT = DAY - ((START + 8 * HOUR) % DAY)

/** Seconds after the start, often just at, before or after a boundary, an hour or a midnight. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: HORIZON }),
  fc.integer({ min: 0, max: HORIZON / 300 }).map((n) => n * 300),
  near(FIRST_HOUR, HOUR),
  near(FIRST_MIDNIGHT, DAY),
)

function near(first: number, every: number): fc.Arbitrary<number> {
  return fc
    .tuple(fc.integer({ min: 0, max: Math.floor((HORIZON - first) / every) }), fc.constantFrom(-1, 0, 0, 1))
    .map(([n, aside]) => Math.max(0, first + n * every + aside))
}

const gap = fc.oneof(
  fc.constantFrom(0, 1, 400_000, 1_000_000, 1_300_000),
  fc.integer({ min: 1, max: 7200 }).map((seconds) => seconds * 1_000_000 + 250_000),
  fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1_000_000),
)
/** How long an event takes to arrive: mostly at once, sometimes days, now and then by a clock that is ahead. */
const delay = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 5, arbitrary: fc.integer({ min: 3000, max: 40_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 40_000, max: DAY }) },
  { weight: 1, arbitrary: fc.integer({ min: -90, max: -1 }) },
)
const step = fc.record({
  type: fc.constantFrom<Type>('started', 'started', 'stopped', 'stopped', 'resized', 'running', 'absent'),
  gap,
  delay,
  /** A stop that is heard of hours late takes back what several payers have paid. */
  tardy: fc.boolean(),
  again: fc.option(fc.integer({ min: 0, max: 90_000 }), { freq: 12 }),
  nextRun: fc.boolean(),
  stale: fc.constantFrom(false, false, false, false, true),
  count: fc.integer({ min: 0, max: 30_000 }),
  user: fc.nat(1),
})
/** What happens to one resource, in its order, and when Corehour hears of it. */
export const life = fc.record({
  account: fc.nat(1),
  project: fc.nat(1),
  sku: fc.nat(SKUS.length - 1),
  begin: moment,
  first: step.map((each) => ({
    ...each,
    type: 'started' as Type,
    gap: 0,
    nextRun: false,
    stale: false,
    count: each.count || 10_000,
  })),
  steps: fc.array(step, { minLength: 1, maxLength: 5, size: 'max' }),
})

function delayOf({ type, delay, tardy, count }: typeof step extends fc.Arbitrary<infer S> ? S : never): number {
  const stops = type === 'stopped' || type === 'absent'
  return stops && tardy ? delay + 5000 + count : delay
}

type Timed = { at: number; event: Event }

export function eventsOf(
  { account, project, sku, begin, first, steps }: typeof life extends fc.Arbitrary<infer L> ? L : never,
  n: number,
): Timed[] {
  const found: Timed[] = []
  let micros = (START + begin) * 1_000_000
  let latest = 1
  ;[first, ...steps].forEach((each, i) => {
    micros += each.gap
    if (each.nextRun && each.type === 'started') latest += 1
    const run = each.stale ? Math.max(1, latest - 1) : latest
    const key = {
      project: PROJECTS[account]![(project + run) % 2]!,
      user: USERS[each.user]!,
      kind: SKUS[sku]!.kind,
      sku: SKUS[sku]!.sku,
    }
    const prices = pricesAt(sku, micros)
    const quantity = quantityOf(sku, BigInt(each.count))
    const event: Event = {
      resource: `r${n}`,
      run,
      id: `e${n}-${(i * 7) % 10}-${i}`,
      type: each.type,
      at: micros,
      key,
      prices,
      quantity,
    }
    const at = Math.max(START, Math.ceil(micros / 1_000_000) + delayOf(each))
    found.push({ at, event })
    if (each.again !== null) found.push({ at: at + each.again, event })
  })
  return found
}

function quantityOf(sku: number, count: bigint): Record<string, bigint> {
  return SKUS[sku]!.kind === 'node' ? { count } : { cpu: count * 2n, gpu: count / 3n, gb: count * 4n }
}

const amount = fc
  .oneof(fc.constantFrom(1n, 5n, 20n, 100n, 400n), fc.bigInt({ min: 1n, max: 1_000n }))
  .map((cents) => cents * CENT)
const key = fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1), fc.boolean()).map(([account, project, user, plan]) => ({
  project: PROJECTS[account]![project]!,
  user: USERS[user]!,
  ...(plan ? { kind: 'storage', sku: 'storage:personal' } : { kind: SKUS[0]!.kind, sku: SKUS[0]!.sku }),
}))

const money: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ at: moment, account: fc.nat(1), amount, payment: fc.nat(30) })
      .map(({ payment, ...rest }): Operation => {
        return { do: 'credit', ...rest, paymentId: `cash${payment}`, kind: 'cash', priority: 0, expires: undefined }
      }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        at: moment,
        account: fc.nat(1),
        amount,
        payment: fc.nat(30),
        priority: fc.nat(1),
        life: fc.constantFrom(1, 299, 300, 1800, 3600, 20_000, 90_000),
      })
      .map(({ payment, life, ...rest }): Operation => {
        return { do: 'credit', ...rest, paymentId: `grant${payment}`, kind: 'grant', expires: START + rest.at + life }
      }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ at: moment, amount, charge: fc.nat(30), key }).map(({ charge, ...rest }): Operation => {
      return { do: 'charge', account: accountOf(rest.key.project), chargeId: `charge${charge}`, ...rest }
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ at: moment, account: fc.nat(1), amount, hold: fc.nat(99), life: fc.constantFrom(60, 3600, 40_000) })
      .map(({ hold, life, ...rest }): Operation => {
        return { do: 'hold', ...rest, name: `hold${hold}`, expires: START + rest.at + life }
      }),
  },
)
const deletion = fc
  .record({ at: moment, account: fc.nat(1), project: fc.nat(1) })
  .map(({ at, account, project }): Operation => ({ do: 'delete', at, account, project: PROJECTS[account]![project]! }))
/** The clock loop, which does not always come in time. */
const ticks = fc
  .record({
    at: moment,
    what: fc.constantFrom<'deduct' | 'attribute' | 'due'>('deduct', 'deduct', 'attribute', 'attribute', 'due'),
  })
  .map((tick): Operation => ({ do: 'tick', ...tick }))

/** The schedules of every test run: few, but chosen so that each broken rule of model.test.ts shows in some of them. */
export const SUITE = { seed: 97, numRuns: 12 }

export type Schedule = { operations: Operation[]; end: number }

/** Random days of two accounts: use heard of late, doubled and out of order, money, expiries, and a clock with gaps. */
export const schedule: fc.Arbitrary<Schedule> = fc
  .record({
    lives: fc.array(life, { minLength: 2, maxLength: 6, size: 'max' }),
    money: fc.array(money, { minLength: 4, maxLength: 20, size: 'max' }),
    deletions: fc.array(deletion, { maxLength: 1 }),
    ticks: fc.array(ticks, { minLength: 12, maxLength: 40, size: 'max' }),
  })
  .map(({ lives, money, deletions, ticks }) => {
    const others = [...once(money), ...deletions, ...ticks].map((each): Operation => ({ ...each, at: START + each.at }))
    const ends = others.flatMap((each): Operation[] =>
      each.do === 'hold' && each.expires - each.at > 60
        ? [{ do: 'end-hold', at: each.at + 900, account: each.account, name: each.name }]
        : [],
    )
    const operations = [...batches(lives.flatMap(eventsOf)), ...others, ...ends].sort((a, b) => a.at - b.at)
    return { operations, end: (operations.at(-1)?.at ?? START) + 3 }
  })

/** Events that arrive at the same second come in one batch. */
function batches(timed: readonly Timed[]): Operation[] {
  const byArrival = new Map<number, Event[]>()
  for (const { at, event } of timed) byArrival.set(at, [...(byArrival.get(at) ?? []), event])
  return [...byArrival].map(([at, events]) => ({ do: 'events', at, events }))
}

/** The same key again is the same request again: with the content of the first. */
function once(operations: readonly Operation[]): Operation[] {
  const first = new Map<string, Operation>()
  return [...operations]
    .sort((a, b) => a.at - b.at)
    .flatMap((operation): Operation[] => {
      const name =
        operation.do === 'credit'
          ? operation.paymentId
          : operation.do === 'charge'
            ? operation.chargeId
            : operation.do === 'hold'
              ? operation.name
              : undefined
      if (name === undefined) return [operation]
      const known = first.get(name)
      if (!known) first.set(name, operation)
      if (known && operation.do === 'hold') return []
      return [{ ...(known ?? operation), at: operation.at }]
    })
}
