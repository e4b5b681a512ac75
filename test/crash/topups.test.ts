// kill -9 of the server between every two steps of a top-up: every order is paid and credited once all the same.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSandbox, type Sandbox } from '../../sandbox/index.ts'
import { SYSTEM, transact, type ManualClock } from '../../src/base/index.ts'
import { createKey } from '../../src/identity/index.ts'
import type { Channel } from '../../src/payments/index.ts'
import { openTestApp, type TestApp } from '../harness.ts'
import { openPayer, YUAN } from '../lab.ts'
import { atEnd } from '../process.ts'
import type { TillOrder, TillWord } from './tillWorker.ts'

const WORKER = fileURLToPath(new URL('./tillWorker.ts', import.meta.url))

for (const channel of ['alipay', 'paypal'] as const) {
  test(
    `${channel}: kill -9 between every two steps of a top-up; the order is paid once`,
    { skip: process.platform !== 'linux' },
    async (t) => {
      const { app, clock, close } = await openTestApp()
      const sandbox = await startSandbox({ port: 0, clock })
      atEnd(t, close)
      atEnd(t, () => sandbox.close())
      const { accountId, userId } = await openPayer(app, 'Payer')
      const { secret } = await transact(app, SYSTEM, (tx) =>
        createKey(tx, { name: 'payer', scope: 'customer', userId }),
      )
      const server = openServer({ app, clock, close }, sandbox)
      atEnd(t, () => server.kill())
      await server.start()
      let orders = 0
      for (let step = 1; ; step++) {
        const survived = await topUpThrough(server, sandbox, clock, { channel, secret, name: `step ${step}`, step })
        orders++
        const { rows } = await app.database.pool.query('select balance from wallet where account_id = $1', [accountId])
        assert.equal(rows[0].balance, BigInt(orders) * 200n * YUAN, `killed at step ${step}`)
        if (survived) break
      }
      assert.ok(orders > 12, `${orders} steps`)
      t.diagnostic(`${orders - 1} blows`)
    },
  )
}

type Plan = { channel: Channel; secret: string; name: string; step: number }

/** One top-up whose server dies at a step, and starts again; whether it had fewer steps than that. */
async function topUpThrough(server: Server, sandbox: Sandbox, clock: ManualClock, plan: Plan): Promise<boolean> {
  await server.tell({ do: 'arm', step: plan.step })
  let order = await place(server, plan)
  if (!order) {
    await server.start()
    order = await place(server, plan)
  }
  assert.ok(order, plan.name)
  let paid = false
  for (let round = 0; round < 20; round++) {
    const state = await stateOf(server, order, plan)
    if (state === 'paid') break
    assert.ok(round < 19, `${plan.name}: ${state}`)
    if (!paid && state === 'awaiting') paid = sandbox.pay(plan.channel, order) !== undefined
    // Notices come; to a server that has died they come again.
    await sandbox.settle()
    clock.advance(15)
    if (!(await server.tell({ do: 'pass', to: clock.now().toString() }))) await server.start()
  }
  await sandbox.settle()
  const alive = await server.tell({ do: 'pass', to: clock.now().toString() })
  if (!alive) await server.start()
  return server.steps < plan.step && server.lives === plan.step
}

async function place(server: Server, { channel, secret, name }: Plan): Promise<string | undefined> {
  const answer = await server.ask('POST', '/v1/top-up-orders', secret, name, { amount: '200', channel })
  return answer?.order_id
}

async function stateOf(server: Server, order: string, { secret }: Plan): Promise<string> {
  for (;;) {
    const answer = await server.ask('GET', `/v1/top-up-orders/${order}`, secret)
    if (answer) return answer.state
    await server.start()
  }
}

type Server = {
  /** How many processes there were, and how many steps the last one told of. */
  lives: number
  steps: number
  start(): Promise<void>
  /** False where it died of it. */
  tell(order: TillOrder): Promise<boolean>
  /** Undefined where it died, or is dead. */
  ask(method: string, path: string, key: string, name?: string, body?: object): Promise<any>
  kill(): void
}

/** One server after another on the same books and port. */
function openServer({ app, clock }: TestApp, sandbox: Sandbox): Server {
  const raise = () => spawn(process.execPath, [WORKER], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  let child: ChildProcess | undefined
  // Comes up while the one before still lives: most of a step would be waiting for it.
  let next = raise()
  let port = 0
  const database = app.database.pool.options.connectionString!
  const server: Server = {
    lives: 0,
    steps: 0,
    async start() {
      child = next
      next = raise()
      server.lives++
      const at = clock.now().toString()
      const said = word(child)
      child.send({ do: 'start', database, at, port, settings: sandbox.settings() } satisfies TillOrder)
      const first = await said
      assert.ok(first && 'port' in first, 'it started')
      port = first.port
      sandbox.registerWebhook(`http://127.0.0.1:${port}/v1/gateways/paypal/notices`)
    },
    async tell(order) {
      if (!isAlive(child)) return false
      const said = word(child!)
      child!.send(order, () => {})
      const found = await said
      if (found && 'steps' in found) server.steps = found.steps
      return found !== undefined
    },
    async ask(method, path, key, name, body) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            ...(name && { 'idempotency-key': name }),
            ...(body && { 'content-type': 'application/json' }),
          },
          ...(body && { body: JSON.stringify(body) }),
        })
        return response.ok ? await response.json() : undefined
      } catch {
        return undefined
      }
    },
    kill: () => [child, next].forEach((each) => each?.kill('SIGKILL')),
  }
  return server
}

/** The next word of a worker; undefined where it dies before. */
async function word(child: ChildProcess): Promise<TillWord | undefined> {
  const ended = new AbortController()
  const said = once(child, 'message', { signal: ended.signal }).then(([first]) => first as TillWord)
  const died = once(child, 'exit', { signal: ended.signal }).then(() => undefined)
  const found = await Promise.race([said, died])
  ended.abort()
  await Promise.allSettled([said, died])
  return found
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null
}
