import { askDue, takeUpDue } from '../src/app/payments.ts'
import { query, Refusal, Unavailable, type App } from '../src/base/index.ts'
import {
  CHANNELS,
  GatewayRefused,
  type Cash,
  type Channel,
  type Gateway,
  type GatewayState,
  type Notice,
  type Payment,
  type Till,
} from '../src/payments/index.ts'
import type { Answer, TestApi } from './api.ts'
import { YUAN } from './lab.ts'
import { eventually } from './process.ts'

/**
 * A gateway that keeps its orders in memory and believes notices that carry the word `paper`: an outside party that does exactly what a test says,
 * where the sandbox would do what a company does.
 */
export type Paper = Gateway & {
  /** By order: what it was asked, in order. */
  asked: { call: string; orderId: string }[]
  /** How an order stands from now on. */
  states: Map<string, GatewayState>
  /** What happens to a call before its answer: may wait, or throw. */
  before: (call: string, orderId: string) => Promise<void> | void
}

export type PaperTill = Omit<Till, 'gateways'> & { gateways: Map<Channel, Paper> }

/** All three channels on paper; PayPal charges dollars at 7.10 yuan less 2 %. */
export function openPaperTill(): PaperTill {
  return {
    gateways: new Map(CHANNELS.map((channel) => [channel, openPaper(channel)])),
    least: YUAN,
    most: 20_000n * YUAN,
    exchange: { rate: '7.10', margin: '0.02', source: 'test' },
    contact: 'sales@example.org',
  }
}

function openPaper(channel: Channel): Paper {
  const states = new Map<string, GatewayState>()
  const asked: Paper['asked'] = []
  const ask = async (call: string, orderId: string) => {
    asked.push({ call, orderId })
    await paper.before(call, orderId)
    return states.get(orderId) ?? ({ state: 'unknown' } as const)
  }
  const none = () => Promise.reject(new Unavailable('paper gives nothing back'))
  const paper: Paper = {
    channel,
    payee: `${channel} payee`,
    currency: channel === 'paypal' ? 'USD' : 'CNY',
    asked,
    states,
    before() {},
    async open({ orderId }) {
      await ask('open', orderId)
      if (!states.has(orderId)) states.set(orderId, { state: 'awaiting' })
      return channel === 'paypal'
        ? { approveUrl: `https://paper.example/${orderId}`, reference: `paper-${orderId}` }
        : { qr: `paper:${orderId}`, reference: null }
    },
    query: ({ orderId }) => ask('query', orderId),
    capture: ({ orderId }) => ask('capture', orderId),
    async close({ orderId }) {
      const state = await ask('close', orderId)
      return state.state === 'awaiting' ? { state: 'closed' } : state
    },
    refund: none,
    queryRefund: none,
    statement: none,
    async readNotice({ headers, body }) {
      if (headers.signature !== 'paper') throw new Refusal('bad_signature', { channel, detail: 'no paper' })
      return thaw(JSON.parse(body.toString())) as Notice
    },
    thanks: { status: 200, contentType: 'text/plain', body: `${channel} thanks` },
    sorry: { status: 500, contentType: 'text/plain', body: `${channel} sorry` },
  }
  return paper
}

/** The gateway refuses every order. */
export function refuseAll(paper: Paper): void {
  paper.before = () => {
    throw new GatewayRefused(paper.channel, 'NOT_TODAY', 'the merchant is asleep')
  }
}

/** The gateway can't be reached. */
export function unreachable(): never {
  throw new Unavailable('no answer')
}

let serial = 0

/** A payment of an order, as its gateway tells it. */
export function paymentFor(paper: Paper, orderId: string, cash: Cash, change: Partial<Payment> = {}): Payment {
  const paidAt = Temporal.Instant.from('2026-01-01T00:00:30Z')
  return { orderId, paymentId: `p${++serial}`, cash, fee: null, payee: paper.payee, paidAt, ...change }
}

export function noticeOf(about: Notice['about'], noticeId = `n${++serial}`): Notice {
  return { noticeId, at: Temporal.Instant.from('2026-01-01T00:00:31Z'), about }
}

/** A notice as bytes. */
export function writeNotice(notice: Notice): string {
  return JSON.stringify(notice, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

/** Sends a notice as its gateway does, and waits until what follows from it has followed. */
export async function tell(api: TestApi, channel: Channel, notice: Notice, signature = 'paper'): Promise<Answer> {
  const response = await api.http.inject({
    method: 'POST',
    url: `/v1/gateways/${channel}/notices`,
    headers: { signature, 'content-type': 'application/json' },
    payload: writeNotice(notice),
  })
  await followed(api.app)
  return { status: response.statusCode, body: response.body, headers: response.headers }
}

/** Waits until something has followed from every notice that was kept, or was tried in vain. */
export async function followed(app: App): Promise<void> {
  const text = 'select count(*)::int as waiting from gateway_notice where applied_at is null and tries = 0'
  await eventually('what follows from the notices', async () => {
    const [row] = await query<{ waiting: number }>(app.database.pool, { text })
    return row!.waiting === 0
  })
}

/** Does all that is due of top-ups at the app's instant, as the loop does. */
export async function doDue({ app }: Pick<TestApi, 'app'>, till: Till): Promise<void> {
  while (await takeUpDue(app, till)) continue
  for (const channel of till.gateways.keys()) while (await askDue(app, till, channel)) continue
}

function thaw(value: unknown): unknown {
  if (typeof value === 'string' && /^-?\d+n$/.test(value)) return BigInt(value.slice(0, -1))
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value)) return Temporal.Instant.from(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, thaw(each)]))
}
