import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../sdk/index.ts'
import { hourBefore, SYSTEM, systemClock, transact, type App } from '../src/base/index.ts'
import { createKey } from '../src/identity/index.ts'
import { serve } from './admission.ts'
import { atMost, quantile, type Row } from './measure.ts'
import { makeFolder, type Stage } from './stage.ts'
import { accountId, openAccounts, settleDown, type Group } from './world.ts'

const CHANNELS = ['alipay', 'wechat'] as const
/** Each notice comes so often at once. */
const COPIES = 3
/** Requests of the generator at once. */
const LANES = 64

type Client = ReturnType<typeof createClient>
type Order = { order_id: string; channel: (typeof CHANNELS)[number] }

/**
 * A thousand top-ups of as many accounts, all paid at once through the sandbox, which sends every notice three times; payers, sandbox,
 * server and database share the cores. From the notice to the credit by the server's own clock; from the payer's "paid" to the page that follows the order, by the payer's.
 */
export async function topups(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('topups')
  try {
    const group: Group = { first: 1, last: stage.part(1000, 20), projects: 1, users: 1, queues: 1 }
    await openAccounts(books.database, group, hourBefore(systemClock.now()))
    await settleDown(books.database)
    const key = await staffKey(books.app)
    const server = await serve(books.address, makeFolder(stage, 'topups'), ['--empty'], { COREHOUR_SANDBOX: 'on' })
    try {
      const client = createClient({ url: server.address, key })
      return await measure(client, server, await server.sandbox, group, key)
    } finally {
      await server.stop()
    }
  } finally {
    await books.close()
  }
}

async function measure(
  client: Client,
  { address }: { address: string },
  sandbox: string,
  { first, last }: Group,
  key: string,
): Promise<Row[]> {
  while ((await client.topUps.options()).channels.length === 0) await sleep(100)
  const control = (what: string, body: object) => post(`${sandbox}/control/${what}`, body)
  for (const channel of CHANNELS) await control('misbehave', { name: 'notice_doubled', channel, copies: COPIES })
  const accounts = Array.from({ length: last - first + 1 }, (_, n) => first + n)
  const orders = await inLanes(accounts, async (account): Promise<Order> => {
    const channel = CHANNELS[account % CHANNELS.length]!
    const { order_id } = await client.topUps.create({ account_id: accountId(account), amount: '200', channel })
    return { order_id, channel }
  })
  const seen = orders.map((order) => whenPaid(client, order))
  await Promise.all(seen.map(({ waiting }) => waiting))
  const paid = new Map<string, number>()
  const began = performance.now()
  await inLanes(orders, async ({ order_id, channel }) => {
    await control('pay', { channel, order: order_id })
    paid.set(order_id, performance.now())
  })
  const paying = (performance.now() - began) / 1000
  const waits = await Promise.all(orders.map(async ({ order_id }, n) => (await seen[n]!.paid) - paid.get(order_id)!))
  const credited = await p99OfNotices(address, key)
  const shown = quantile(waits, 0.99)
  return [
    {
      name: `top-ups paid at once, each told ${COPIES} times: notice to credit, p99`,
      value: credited,
      unit: 'ms',
      target: atMost(credited, 500, 'ms'),
    },
    {
      name: 'the same, from the payer’s "paid" to the page, p50',
      value: Math.max(quantile(waits, 0.5), 0.1),
      unit: 'ms',
    },
    { name: 'the same, from the payer’s "paid" to the page, p99', value: Math.max(shown, 0.1), unit: 'ms' },
    { name: 'payments of the sandbox meanwhile', value: orders.length / paying, unit: 'requests/s' },
  ]
}

/** Follows an order as its page does: when it waits there, and when it sees that it is paid. */
function whenPaid(client: Client, { order_id }: Order): { waiting: Promise<void>; paid: Promise<number> } {
  const waiting = Promise.withResolvers<void>()
  const paid = Promise.withResolvers<number>()
  const follow = async () => {
    for await (const { state } of client.topUps.events({ order_id })) {
      if (state === 'paid') return paid.resolve(performance.now())
      waiting.resolve()
    }
    throw new Error(`${order_id} was not paid`)
  }
  follow().catch((error: unknown) => (waiting.reject(error), paid.reject(error)))
  return { waiting: waiting.promise, paid: paid.promise }
}

/** Up to so many at once. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async () => {
    for (let n = next++; n < items.length; n = next++) results[n] = await work(items[n]!)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return results
}

/** From the buckets of the server's histogram, straight between their ends, as Prometheus does. */
async function p99OfNotices(address: string, key: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text()
  const counts = new Map<number, number>()
  for (const [, end, count] of text.matchAll(
    /^corehour_gateway_notice_seconds_bucket\{le="([\d.]+|\+Inf)".*?\} (\d+)$/gm,
  ))
    counts.set(
      Number(end!.replace('+Inf', 'Infinity')),
      (counts.get(Number(end!.replace('+Inf', 'Infinity'))) ?? 0) + Number(count),
    )
  const buckets = [...counts].sort(([a], [b]) => a - b)
  const rank = buckets.at(-1)![1] * 0.99
  const n = buckets.findIndex(([, count]) => count >= rank)
  const [end, count] = buckets[n]!
  const [begin, before] = buckets[n - 1] ?? [0, 0]
  return 1000 * (end === Infinity ? begin : begin + ((end - begin) * (rank - before)) / (count - before))
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

function staffKey(app: App): Promise<string> {
  return transact(app, SYSTEM, async (tx) => (await createKey(tx, { name: 'bench', scope: 'staff' })).secret)
}
