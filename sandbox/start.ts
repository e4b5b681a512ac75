import fastify, { type FastifyInstance } from 'fastify'
import { serveAlipay } from './alipay/routes.ts'
import { serveCashier } from './cashier.ts'
import { addSeconds, atOf, moveClock, systemClock, type Clock } from './clock.ts'
import { lookUp, serveControl, type Look } from './control.ts'
import { runDue, type Due } from './due.ts'
import { makeFaults, type Fault } from './faults.ts'
import { openIdentity, rotate } from './identity.ts'
import { openCourier } from './notices.ts'
import { decline, pay, type PayOutcome } from './pay.ts'
import { servePaypal } from './paypal/routes.ts'
import { settingsOf, type SandboxSettings } from './settings.ts'
import type { Stand } from './stand.ts'
import { openStore, type Channel, type Trade } from './store.ts'
import { serveWechat } from './wechat/routes.ts'

/** What is older than this nobody can ask for: refunds reach back a year. */
const KEEP_DAYS = 400

export type SandboxOptions = {
  /** 0 for any that is free. */
  port: number
  /** Where it keeps what it knows; without it in memory. */
  folder?: string
  /** Its time, such as a test's; by default the machine's. */
  clock?: Clock
  /** Where PayPal's events go; also by PayPal's own POST /v1/notifications/webhooks. */
  paypalWebhook?: string
}

export type Sandbox = {
  /** Such as http://127.0.0.1:8090. Only this machine reaches it. */
  address: string
  /** For the three clients; afresh after a rotation of keys. */
  settings(): SandboxSettings
  /** A payer pays (with PayPal: agrees). `order` is the merchant's number or the gateway's. */
  pay(channel: Channel, order: string): PayOutcome
  decline(channel: Channel, order: string): void
  /** Tells it to do something wrong from now on. */
  misbehave(fault: Fault): void
  /** Ends all misbehaviour; what was already made wrong stays so. */
  behave(): void
  /** Gives a gateway a new key, and answers its name. */
  rotate(channel: Channel): Promise<string>
  /** Where PayPal's events go from now on. */
  registerWebhook(url: string): void
  /** Sends all that is due now and resolves when nothing is on its way. */
  settle(): Promise<void>
  /** Moves its clock on, and sends on the way what falls due. */
  advance(seconds: number): Promise<void>
  /** All it knows of an order. */
  look(channel: Channel, order: string): Look
  /** Idempotent. */
  close(): Promise<void>
}

/** Starts the three gateways in this process, on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const store = openStore(options.folder)
  // Another's clock is where it should be by itself.
  const moved = options.clock ? undefined : store.setting('clock_offset')
  const offset = Temporal.Duration.from(moved ?? 'PT0S')
  const clock = moveClock(options.clock ?? systemClock, offset)
  const stand: Stand = {
    store,
    clock,
    identity: await openIdentity(store),
    faults: makeFaults(),
    // Nobody asks before it listens.
    address: () => '',
    wake: () => due.wake(),
  }
  store.forgetBefore(addSeconds(atOf(clock.now()), -KEEP_DAYS * 86_400))
  if (options.paypalWebhook) store.set('paypal_webhook', options.paypalWebhook)
  const courier = openCourier(stand)
  const due = runDue(stand, courier)
  const http = buildHttp()
  const closeAll = async () => {
    await http.close()
    await due.stop()
    await courier.close()
    store.close()
  }
  let closing: Promise<void> | undefined
  const sandbox = makeSandbox(stand, due, () => (closing ??= closeAll()))
  serveAlipay(http, stand)
  serveWechat(http, stand)
  servePaypal(http, stand)
  serveCashier(http, stand)
  serveControl(http, sandbox, stand)
  try {
    const address = await http.listen({ host: '127.0.0.1', port: options.port })
    stand.address = () => address
    return Object.assign(sandbox, { address })
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

function buildHttp(): FastifyInstance {
  // Connections that wait for an answer that never comes end with the sandbox.
  const http = fastify({ forceCloseConnections: true })
  // Signatures are over bytes: nothing is read before it was verified.
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  return http
}

function makeSandbox(stand: Stand, due: Due, close: () => Promise<void>): Omit<Sandbox, 'address'> {
  const find = (channel: Channel, order: string): Trade => {
    const trade = stand.store.tradeOfOrder(channel, order) ?? stand.store.trade(order)
    if (trade?.channel !== channel) throw new Error(`the sandbox knows no order ${order} of ${channel}`)
    return trade
  }
  return {
    settings: () => settingsOf(stand),
    pay: (channel, order) => pay(stand, find(channel, order)),
    decline: (channel, order) => decline(stand, find(channel, order)),
    misbehave: (fault) => stand.faults.add(fault),
    behave: () => stand.faults.clear(),
    rotate: (channel) => rotate(stand.identity, channel, stand.store),
    registerWebhook: (url) => stand.store.set('paypal_webhook', url),
    settle: due.settle,
    advance: due.advance,
    look: (channel, order) => lookUp(stand, find(channel, order)),
    close,
  }
}
