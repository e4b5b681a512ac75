import type { FastifyInstance, FastifyRequest } from 'fastify'
import { FAULTS, type Fault } from './faults.ts'
import type { Sandbox } from './start.ts'
import type { Stand } from './stand.ts'
import type { Channel, Delivery, Notice, Payment, Refund, Trade } from './store.ts'

/** All that is known of an order. */
export type Look = {
  trade: Trade
  payments: Payment[]
  refunds: Refund[]
  notices: (Notice & { deliveries: Delivery[] })[]
}

export function lookUp({ store }: Stand, trade: Trade): Look {
  const payments = store.paymentsOf(trade.number)
  return {
    trade,
    payments,
    refunds: payments.flatMap((payment) => store.refundsOf(payment.paymentId)),
    notices: store
      .noticesOf(trade.number)
      .map((notice) => ({ ...notice, deliveries: store.deliveriesOf(notice.noticeId) })),
  }
}

type Body = Record<string, unknown>
const CHANNELS: readonly unknown[] = ['alipay', 'wechat', 'paypal']
const COUNTS = ['times', 'seconds', 'copies', 'minor']

/** What drives the sandbox from another process: JSON in, JSON out, from this machine only. */
export function serveControl(http: FastifyInstance, sandbox: Omit<Sandbox, 'address'>, stand: Stand): void {
  const post = (path: string, work: (body: Body) => unknown) =>
    http.post(`/control/${path}`, async (request, reply) => {
      const wrong = judge(request)
      if (wrong) return reply.code(403).send({ error: wrong })
      try {
        const body = JSON.parse((request.body as Buffer).toString()) as Body
        return say((await work(body)) ?? {})
      } catch (error) {
        return reply.code(400).send({ error: (error as Error).message })
      }
    })
  post('pay', (body) => ({ outcome: sandbox.pay(...orderOf(body)) }))
  post('decline', (body) => sandbox.decline(...orderOf(body)))
  post('misbehave', (body) => sandbox.misbehave(readFault(body)))
  post('behave', () => sandbox.behave())
  post('rotate', async (body) => ({ id: await sandbox.rotate(channelOf(body)) }))
  post('webhook', (body) => sandbox.registerWebhook(new URL(String(body.url)).href))
  post('settle', () => sandbox.settle())
  post('advance', async (body) => {
    await sandbox.advance(secondsOf(body))
    return { now: stand.clock.now().toString() }
  })
  post('look', (body) => sandbox.look(...orderOf(body)))
  post('settings', () => sandbox.settings())
}

/** A page in a browser must not be able to do this: it can't send JSON elsewhere unasked, nor name itself this machine. */
function judge(request: FastifyRequest): string | undefined {
  if (request.ip !== '127.0.0.1') return 'only from this machine'
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return 'only by the address 127.0.0.1'
  return request.headers['content-type']?.startsWith('application/json') ? undefined : 'only application/json'
}

function say(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_name, each) => (typeof each === 'bigint' ? Number(each) : each)))
}

function orderOf(body: Body): [Channel, string] {
  return [channelOf(body), String(body.order)]
}

function channelOf({ channel }: Body): Channel {
  if (!CHANNELS.includes(channel)) throw new Error(`channel is one of ${CHANNELS.join(', ')}`)
  return channel as Channel
}

function secondsOf({ seconds }: Body): number {
  if (typeof seconds !== 'number' || !(seconds >= 0)) throw new Error('seconds is a number from 0')
  return seconds
}

function readFault(body: Body): Fault {
  const { name, channel, order, call, ...counts } = body
  if (!(String(name) in FAULTS)) throw new Error(`name is one of ${Object.keys(FAULTS).join(', ')}`)
  if (channel !== undefined) channelOf(body)
  for (const [count, value] of Object.entries(counts)) {
    if (!COUNTS.includes(count)) throw new Error(`a fault has no ${count}, but ${COUNTS.join(', ')}`)
    if (!Number.isSafeInteger(value)) throw new Error(`${count} is a whole number`)
  }
  for (const [word, value] of Object.entries({ order, call }))
    if (value !== undefined && typeof value !== 'string') throw new Error(`${word} is a text`)
  return body as Fault
}
