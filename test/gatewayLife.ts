import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { manualClock, Refusal, type ManualClock } from '../src/base/index.ts'
import type { Gateway, GatewayOrder, Notice, Offer, Payment, RawNotice, RefundOrder } from '../src/payments/index.ts'
import { startSandbox, type Sandbox, type SandboxSettings } from '../sandbox/index.ts'

/** A client of ours on a sandbox that shares its clock, with an address for notices between the two. */
export type Life = {
  sandbox: Sandbox
  clock: ManualClock
  gateway: Gateway
  /** What was read of the notices so far, and which were refused: their codes. */
  notices: Notice[]
  refused: string[]
  /** Every notice as it came. */
  raw: RawNotice[]
  /** Both clocks go on, and what fell due is sent. */
  pass(seconds: number): Promise<void>
}
type Open = (settings: SandboxSettings, notifyUrl: string, clock: ManualClock) => Gateway

/** 8:00 in UTC, 16:00 in China: the same day in both calendars. */
const START = '2026-11-26T08:00:00Z'

export async function openLife(context: TestContext, open: Open): Promise<Life> {
  const clock = manualClock(START)
  const life: Pick<Life, 'notices' | 'refused' | 'raw'> = { notices: [], refused: [], raw: [] }
  const server = createServer((request, response) => {
    void request.toArray().then(async (chunks) => {
      const headers = request.headers as RawNotice['headers']
      const raw = { method: request.method!, path: request.url!, headers, body: Buffer.concat(chunks) }
      life.raw.push(raw)
      const answer = await take(gateway, raw, life)
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const notifyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`
  const sandbox = await startSandbox({ port: 0, clock, paypalWebhook: notifyUrl })
  const gateway = open(sandbox.settings(), notifyUrl, clock)
  context.after(async () => {
    await sandbox.close()
    server.close()
    server.closeAllConnections()
  })
  const pass = async (seconds: number) => {
    clock.advance(seconds)
    await sandbox.settle()
  }
  return { ...life, sandbox, clock, gateway, pass }
}

async function take(gateway: Gateway, raw: RawNotice, { notices, refused }: Pick<Life, 'notices' | 'refused'>) {
  try {
    notices.push(await gateway.readNotice(raw))
    return gateway.thanks
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    refused.push(error.code)
    return gateway.sorry
  }
}

let serial = 0

/** An order that can be paid for half an hour. */
export function orderAt(life: Life, minor = 2_805n): GatewayOrder {
  return {
    orderId: `order_01kb2xk7m4e8s9q0v3w5y7z9${String(++serial).padStart(2, '0')}`,
    cash: { currency: life.gateway.currency, minor },
    subject: 'Corehour 充值',
    expiresAt: life.clock.now().add({ minutes: 30 }),
  }
}

export function refundOf(order: GatewayOrder, paymentId: string, minor: bigint): RefundOrder {
  const { orderId, cash } = order
  const refundId = `refund_01kb2xk7m4e8s9q0v3w5y7z${String(++serial).padStart(2, '0')}`
  return { refundId, orderId, paymentId, cash: { ...cash, minor }, paid: cash, reason: '用户退款' }
}

/** A person opens what the offer leads to, and presses the first button. */
export async function payAtCashier(life: Life, offer: Offer): Promise<void> {
  const page = await fetch('qr' in offer ? offer.qr : offer.approveUrl)
  const action = /<form method="post" action="([^"]+\/pay)"/.exec(await page.text())?.[1]
  assert.ok(action, 'the cashier has a button to pay')
  const paid = await fetch(new URL(action, life.sandbox.address), { method: 'POST', redirect: 'manual' })
  assert.equal(paid.status, 303)
  await life.sandbox.settle()
}

/** The payment that the last notice tells: all of the order, now, to us. */
export function paymentTold({ notices, gateway, clock }: Life, { orderId, cash }: GatewayOrder): Payment {
  const about = notices.at(-1)?.about
  assert.ok(about?.kind === 'payment')
  const { paymentId } = about.payment
  assert.deepEqual(about.payment, { orderId, paymentId, cash, fee: null, payee: gateway.payee, paidAt: clock.now() })
  return about.payment
}
