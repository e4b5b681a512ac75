import { setTimeout as sleep } from 'node:timers/promises'
import { BOUNDARY_SECONDS, hourBefore, SYSTEM, systemClock, transact, type Database } from '../src/base/index.ts'
import { settle } from '../src/app/setting.ts'
import { createKey } from '../src/identity/index.ts'
import { serve } from './admission.ts'
import { askSteadily, requestOf, type Asked } from './load.ts'
import { atMost, chances, median, quantile, time, type Row } from './measure.ts'
import { makeFolder, type Books, type Stage } from './stage.ts'
import { accountId, addSpans, openAccounts, publishPrices, settleDown, type Group } from './world.ts'

const ROUNDS = 4
/** About 600 reads and 80 top-ups a second: as many as people and platforms ask for, not as many as the server could answer. */
const READERS = { connections: 4, pauseMs: 5 }
const PAYERS = { connections: 2, pauseMs: 20 }

/**
 * How long a read (a balance) and a top-up take over HTTP while the deduction of 100,000 accounts runs in the same process, and without it,
 * and how long the deduction takes beside them. Beside every top-up one bare row is committed: no top-up can be faster than that, and a
 * machine whose disk or processor keeps such a row waiting longer than a target allows can't meet it. On a test clock, so that a boundary comes when it is told to.
 */
export async function beside(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('beside')
  try {
    const group = { first: 1, last: stage.part(100_000, 500), projects: 1, users: 1, queues: 1 }
    // The test clock stands where the wallets do: at a full hour, so that no other one comes meanwhile.
    const at = hourBefore(systemClock.now()).add({ hours: 1 })
    books.clock.set(at)
    await publishPrices(books.app)
    await openAccounts(books.database, group, at)
    await addSpans(books.app, group, 0, 0, at)
    await settleDown(books.database)
    await settle(books.database, 'clock', 'test')
    const { secret } = await transact(books.app, SYSTEM, (tx) => createKey(tx, { name: 'bench', scope: 'staff' }))
    const server = await serve(books.address, makeFolder(stage, 'beside'), ['--test-clock'])
    try {
      return await measure(stage, books, server.address, secret, group)
    } finally {
      await server.stop()
    }
  } finally {
    await books.close()
  }
}

async function measure(
  stage: Stage,
  { clock, database }: Books,
  address: string,
  key: string,
  group: Group,
): Promise<Row[]> {
  /** Moves the clock to the next boundary; answers how long its deduction and the rest of a tick took. */
  const deduct = () => {
    clock.advance(BOUNDARY_SECONDS)
    const to = clock.now().toString()
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': to }
    return time(async () => {
      const body = JSON.stringify({ to })
      const answer = await fetch(`${address}/v1/test-clock/advance`, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`the clock was not moved: ${await answer.text()}`)
    })
  }
  // As long as a deduction beside them: as many top-ups are to be without one.
  const pause = () => sleep(stage.part(3000, 50))
  const alone: number[] = []
  // The first writes whole pages to the journal, after the checkpoint.
  await deduct()
  for (let round = 0; round < ROUNDS; round++) alone.push(await deduct())

  const load = startLoad(address, key, group)
  const bare = await startBare(database)
  const beside: { from: number; to: number }[] = []
  const isMeanwhile = ({ at, ms }: Asked) => beside.some(({ from, to }) => at < to && at + ms > from)
  const all = [load.reads, load.topUps, bare.commits]
  await pause()
  while (beside.length < ROUNDS || !all.every((asked) => asked.some(isMeanwhile))) {
    const from = performance.now()
    beside.push({ from, to: from + (await deduct()) })
    await pause()
  }
  await Promise.all([load.stop(), bare.stop()])
  const during = (asked: readonly Asked[]) => asked.filter(isMeanwhile)
  const without = (asked: readonly Asked[]) => asked.filter((each) => !isMeanwhile(each))
  return [
    rowOf('a read beside a deduction', 'without a deduction', during(load.reads), without(load.reads), 10),
    rowOf('a top-up beside a deduction', 'a bare row', during(load.topUps), during(bare.commits), 30),
    rowOf('a top-up without a deduction', 'a bare row', without(load.topUps), without(bare.commits), 30),
    {
      name: 'a deduction beside reads and top-ups',
      value: median(beside.map(({ from, to }) => to - from)),
      unit: 'ms',
      floor: { is: 'alone', value: median(alone) },
    },
  ]
}

function rowOf(name: string, is: string, asked: Asked[], floor: Asked[], limit: number): Row {
  const value = p99(asked)
  return {
    name: `${name}, p99`,
    value,
    unit: 'ms',
    floor: { is, value: p99(floor) },
    target: atMost(value, limit, 'ms'),
  }
}

function p99(asked: readonly Asked[]): number {
  return quantile(
    asked.map(({ ms }) => ms),
    0.99,
  )
}

/** Commits one bare row after another, as often as there are top-ups, until stopped. */
async function startBare({ pool }: Database) {
  await pool.query('create table bare_row (id bigint generated always as identity primary key, note text)')
  const commits: Asked[] = []
  let stopped = false
  const lane = async () => {
    while (!stopped) {
      const at = performance.now()
      await pool.query({ name: 'bare-row', text: `insert into bare_row (note) values ('10.00')` })
      commits.push({ at, ms: performance.now() - at })
      await sleep(PAYERS.pauseMs)
    }
  }
  const lanes = Array.from({ length: PAYERS.connections }, lane)
  const stop = async () => {
    stopped = true
    await Promise.all(lanes)
  }
  return { commits, stop }
}

/** People read balances and top up, each of a random account, until stopped. */
function startLoad(address: string, key: string, group: Group) {
  const chance = chances()
  const ending = new AbortController()
  const anyone = () => accountId(group.first + Math.floor(chance() * group.last))
  let serial = 0
  const read = () => requestOf('GET', `/v1/accounts/${anyone()}`, { authorization: `Bearer ${key}` })
  const topUp = () => {
    const name = `top-up-${++serial}`
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': name }
    const body = JSON.stringify({ amount: '10.00', channel: 'transfer', payment_id: name })
    return requestOf('POST', `/v1/accounts/${anyone()}/credits`, headers, body)
  }
  const [reads, topUps]: [Asked[], Asked[]] = [[], []]
  const lanes = [
    askSteadily(address, read, (asked) => reads.push(asked), { ...READERS, stopping: ending.signal }),
    askSteadily(address, topUp, (asked) => topUps.push(asked), { ...PAYERS, stopping: ending.signal }),
  ]
  const stop = async () => {
    ending.abort()
    await Promise.all(lanes)
  }
  return { reads, topUps, stop }
}
