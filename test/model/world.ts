import { newAccount, RULES, type Account, type Rules } from './account.ts'
import { applyEvent, charge, credit, deleteProject, endHold, placeHold, tick } from './operations.ts'
import { secondOf, type Event, type Key, type UnitPrices } from './rules.ts'

/** 2026-03-10T13:20:00Z, 21:20 in Shanghai: midnight is near. */
export const START = 1_773_148_800
export const ACCOUNTS = ['acct_left', 'acct_right']
export const PROJECTS = ACCOUNTS.map((account) => [`proj_${account}_1`, `proj_${account}_2`])
export const USERS = ['user_ann', 'user_bob']
const RAISED_AFTER = 100_000

/** SKUs with their prices now and after the price list that takes effect a good day later. */
export const SKUS: { kind: string; sku: string; before: UnitPrices; after: UnitPrices }[] = [
  { kind: 'node', sku: 'machine:small', before: { count: 123_457n }, after: { count: 200_001n } },
  { kind: 'node', sku: 'machine:big', before: { count: 900_000n }, after: { count: 850_000n } },
  {
    kind: 'job',
    sku: 'queue:gpu',
    before: { cpu: 50_000n, gpu: 2_000_001n, gb: 333n },
    after: { cpu: 60_000n, gpu: 1_999_999n, gb: 0n },
  },
  { kind: 'job', sku: 'queue:free', before: { cpu: 0n, gpu: 0n, gb: 0n }, after: { cpu: 0n, gpu: 0n, gb: 0n } },
]
export const RAISED_AT = START + RAISED_AFTER

/** What a unit costs at the exact instant of a start. */
export function pricesAt(sku: number, micros: number): UnitPrices {
  return micros >= RAISED_AT * 1_000_000 ? SKUS[sku]!.after : SKUS[sku]!.before
}

/** One thing that happens at `at`, in seconds since the epoch. Grains, and accounts by their number. */
export type Operation = { at: number } & (
  | { do: 'events'; events: Event[] }
  | { do: 'delete'; project: string; account: number }
  | {
      do: 'credit'
      account: number
      paymentId: string
      kind: 'cash' | 'grant'
      amount: bigint
      priority: number
      expires: number | undefined
    }
  | { do: 'charge'; account: number; chargeId: string; key: Key; amount: bigint }
  | { do: 'hold'; account: number; name: string; amount: bigint; expires: number }
  | { do: 'end-hold'; account: number; name: string }
  | { do: 'tick'; what: 'deduct' | 'attribute' | 'due' }
)

/** The two accounts of a schedule, and the events that wait. */
export type World = { now: number; accounts: Account[]; parked: Map<string, Event> }

export function newWorld(rules: Rules = RULES): World {
  return { now: START, accounts: ACCOUNTS.map(() => newAccount(START, rules)), parked: new Map() }
}

export function accountOf(project: string): number {
  return PROJECTS.findIndex((projects) => projects.includes(project))
}

/** `lotId`: the name under which the engine keeps a new lot; grants that are otherwise alike burn in its order. */
export function perform(world: World, operation: Operation, lotId?: string): 'done' | 'refused' {
  const now = (world.now = Math.max(world.now, operation.at))
  const account = 'account' in operation ? world.accounts[operation.account]! : undefined
  switch (operation.do) {
    case 'events':
      for (const event of operation.events) receive(world, event)
      unpark(world)
      return 'done'
    case 'delete':
      deleteProject(account!, now, operation.project)
      return 'done'
    case 'credit':
      credit(account!, now, { ...operation, id: lotId ?? operation.paymentId })
      return 'done'
    case 'charge':
      return charge(account!, now, operation.chargeId, operation.key, operation.amount) ? 'done' : 'refused'
    case 'hold':
      return placeHold(account!, now, operation.name, operation.amount, operation.expires) ? 'done' : 'refused'
    case 'end-hold':
      endHold(account!, operation.name)
      return 'done'
    case 'tick':
      for (const each of world.accounts) tick(each, now, operation.what)
      return 'done'
  }
}

/** An event waits while it lies ahead, or while no start of its resource is known. */
function receive(world: World, event: Event): void {
  const account = world.accounts[accountOf(event.key.project)]!
  const known = account.events.get(event.resource) ?? []
  const ahead = event.at > world.now * 1_000_000
  if (ahead && secondOf(event.at) > world.now + 60) return
  const opens = event.type === 'started' || event.type === 'running'
  if (ahead || (!opens && known.length === 0)) world.parked.set(event.id, event)
  else applyEvent(account, world.now, event)
}

/** Tries what waits until nothing moves any more. */
export function unpark(world: World): void {
  for (let before = Infinity; world.parked.size < before;) {
    before = world.parked.size
    const waiting = [...world.parked.values()]
    world.parked.clear()
    for (const event of waiting) receive(world, event)
  }
}
