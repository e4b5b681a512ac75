import { HOUR, type Event, type Key } from '../model/rules.ts'
import { START } from '../model/world.ts'
import { chanceOf, type Chance } from './random.ts'

/** What one client asks for at `at` (seconds since the epoch), and is answered before it asks for the next. */
export type Step = { at: number } & (
  | { do: 'events'; events: Event[] }
  | { do: 'credit'; accountId: string; paymentId: string; amount: bigint; expires?: number }
  | { do: 'charge'; accountId: string; chargeId: string; key: Key; amount: bigint }
  | { do: 'delete'; project: string }
  | { do: 'tick' }
)

export const CENT = 36_000_000n
export const ACCOUNTS = Array.from({ length: 6 }, (_, n) => ({
  accountId: `acct_crash_${n}`,
  userId: `user_crash_${n}`,
  projects: [`proj_crash_${n}_a`, `proj_crash_${n}_b`],
}))
/** Charges go to these alone: they never lack money, so that the answer to a charge is the same whenever it is asked again. */
const RICH = ACCOUNTS.slice(0, 2)
const POOR = ACCOUNTS.slice(2)
const SKUS = [
  { kind: 'node', sku: 'machine:small', prices: { count: 123_457n } },
  { kind: 'job', sku: 'queue:gpu', prices: { cpu: 50_000n, gpu: 2_000_001n, gb: 333n } },
] as const
export const PRICES = {
  currency: 'CNY',
  machines: { small: '0.123457' },
  queues: { gpu: { cpu_hour: '0.05', gpu_hour: '2.000001', gb_hour: '0.000333' } },
}
const ROUNDS = 26
const RESOURCES = 40
const TYPES = ['started', 'resized', 'resized', 'stopped', 'started', 'stopped'] as const

/**
 * Nine hours over midnight: use that is heard of late, twice and in the wrong order, money, charges, a project's deletion, and
 * the clock's ticks. The same for the same seed.
 */
export function makeSchedule(seed: number): Step[] {
  const chance = chanceOf(seed)
  const rounds = Array.from({ length: ROUNDS }, (_, n) => START + n * 1200 + chance.upTo(900))
  const heard = Array.from({ length: RESOURCES }, (_, n) => lifeOf(chance, n, rounds)).flat()
  // As a server does when it starts.
  const steps: Step[] = [{ do: 'tick', at: START }]
  for (const account of ACCOUNTS) {
    const { accountId } = account
    const amount = RICH.includes(account) ? 500_000n * CENT : 40n * CENT
    steps.push({ do: 'credit', at: START, accountId, paymentId: `first ${accountId}`, amount })
  }
  rounds.forEach((at, n) => {
    const events = heard.filter((each) => each.round === n).map((each) => each.event)
    if (events.length > 0) steps.push({ do: 'events', at, events: chance.shuffled(events) })
    if (chance.oneIn(2)) steps.push(creditAt(chance, at, n))
    if (chance.oneIn(2)) steps.push(chargeAt(chance, at, n))
    if (n === 15) steps.push({ do: 'delete', at, project: POOR[0]!.projects[0]! })
    steps.push({ do: 'tick', at })
  })
  // Money in lays everything out to the last second.
  const end = rounds.at(-1)! + HOUR
  for (const { accountId } of ACCOUNTS)
    steps.push({ do: 'credit', at: end, accountId, paymentId: `last ${accountId}`, amount: CENT })
  return [...steps, { do: 'tick', at: end }]
}

/** The events of a resource, each with the round in which it is heard of; some come late, and some twice. */
function lifeOf(chance: Chance, n: number, rounds: readonly number[]): { round: number; event: Event }[] {
  const account = chance.pick(ACCOUNTS)
  const { kind, sku, prices } = chance.pick(SKUS)
  const key = { project: chance.pick(account.projects), user: account.userId, kind, sku }
  const last = rounds.at(-1)! * 1_000_000
  let at = START * 1_000_000 + chance.upTo(6 * HOUR * 1_000_000)
  return TYPES.slice(0, 1 + chance.upTo(TYPES.length)).flatMap((type, i) => {
    const count = BigInt(1 + chance.upTo(8)) * 10_000n
    const quantity = kind === 'node' ? { count } : { cpu: count, gpu: count / 4n, gb: count * 2n }
    const event: Event = { resource: `r${n}`, run: i < 4 ? 1 : 2, id: `e${n}-${i}`, type, at, key, prices, quantity }
    at = Math.min(at + (60 + chance.upTo(HOUR)) * 1_000_000, last)
    const due = rounds.findIndex((round) => round * 1_000_000 >= event.at)
    const round = Math.min(due + (chance.oneIn(4) ? chance.upTo(12) : 0), ROUNDS - 1)
    const again = chance.oneIn(5) ? [Math.min(round + chance.upTo(4), ROUNDS - 1)] : []
    return [round, ...again].map((each) => ({ round: each, event }))
  })
}

function creditAt(chance: Chance, at: number, n: number): Step {
  const { accountId } = chance.pick(POOR)
  const amount = BigInt(1 + chance.upTo(200)) * CENT
  const grant = chance.oneIn(2) ? { expires: at + 600 + chance.upTo(4 * HOUR) } : {}
  return { do: 'credit', at, accountId, paymentId: `payment ${n}`, amount, ...grant }
}

function chargeAt(chance: Chance, at: number, n: number): Step {
  const { accountId, projects, userId } = chance.pick(RICH)
  const key = { project: chance.pick(projects), user: userId, kind: 'storage', sku: 'storage:personal' }
  return { do: 'charge', at, accountId, chargeId: `charge ${n}`, key, amount: BigInt(1 + chance.upTo(900)) * CENT }
}
