// A server's process over the sandbox that its parent keeps. Told to, it kills itself with -9 after the n-th step from then: a commit, or a
// question to a gateway. Its clock is its parent's.
import type pg from 'pg'
import { makeHandlers } from '../../src/app/api/handlers/index.ts'
import { openKeyring } from '../../src/app/api/keyring.ts'
import { openShelf } from '../../src/app/api/shelf.ts'
import { buildHttp } from '../../src/app/http.ts'
import { manualClock, openDatabase, type App } from '../../src/base/index.ts'
import type { Channel, Gateway } from '../../src/payments/index.ts'
import type { SandboxSettings } from '../../sandbox/index.ts'
import { SERVICES } from '../api.ts'
import { YUAN } from '../lab.ts'
import { doDue } from '../paper.ts'
import { gatewaysOf } from '../topups/shop.ts'

/** What a worker is told. */
export type TillOrder =
  | { do: 'start'; database: string; at: string; port: number; settings: SandboxSettings }
  /** From now on, dies at this step. */
  | { do: 'arm'; step: number }
  /** Moves its clock, and does what is due then. */
  | { do: 'pass'; to: string }
/** What it says. `steps`: how many there were since it was armed. */
export type TillWord = { port: number } | { steps: number }

const clock = manualClock('2026-01-01T00:00:00Z')
let steps = 0
let last = Infinity
let serve: (() => Promise<void>) | undefined

process.on('message', (order: TillOrder) => {
  void obey(order)
})

async function obey(order: TillOrder): Promise<void> {
  if (order.do === 'start') return start(order)
  if (order.do === 'arm') {
    steps = 0
    last = order.step
  } else {
    clock.set(order.to)
    await serve!()
  }
  say({ steps })
}

async function start({
  database: connectionString,
  at,
  port,
  settings,
}: Extract<TillOrder, { do: 'start' }>): Promise<void> {
  clock.set(at)
  const database = openDatabase({ connectionString })
  watchCommits(database.pool)
  const app: App = { database, clock, timeZone: 'Asia/Shanghai', log: { info() {}, error() {} } }
  const gateways = new Map<Channel, Gateway>()
  const till = {
    gateways,
    least: YUAN,
    most: 20_000n * YUAN,
    exchange: { rate: '7.10', margin: '0', source: 'test' },
    contact: '-',
  }
  const services = { ...SERVICES, keyring: openKeyring(app), shelf: openShelf('/nowhere', 'secret', clock), till }
  const http = buildHttp(app, {
    isReady: async () => true,
    api: { handlers: makeHandlers(services), services, requestsAMinute: 1_000_000 },
  })
  const address = await http.listen({ host: '127.0.0.1', port })
  for (const gateway of gatewaysOf(settings, address, clock)) gateways.set(gateway.channel, watched(gateway))
  serve = () => doDue({ app }, till)
  say({ port: Number(new URL(address).port) })
}

function say(word: TillWord): void {
  process.send!(word)
}

function step(): void {
  if (++steps === last) process.kill(process.pid, 'SIGKILL')
}

/** Counts commits: to die before one is to die after what came before it. */
function watchCommits(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parts: unknown[]) => unknown
    client.query = ((...parts: unknown[]) => {
      if (parts[0] !== 'commit') return query(...parts)
      return (query(...parts) as Promise<unknown>).then((result) => (step(), result))
    }) as typeof client.query
  })
}

/** Counts questions that were answered. */
function watched(gateway: Gateway): Gateway {
  const ask = <A extends unknown[], R>(call: (...asked: A) => Promise<R>) => {
    return async (...asked: A): Promise<R> => {
      const answer = await call(...asked)
      step()
      return answer
    }
  }
  const { open, query, capture, close } = gateway
  return { ...gateway, open: ask(open), query: ask(query), capture: ask(capture), close: ask(close) }
}
