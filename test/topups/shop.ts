import assert from 'node:assert/strict'
import { startSandbox, type Sandbox, type SandboxSettings } from '../../sandbox/index.ts'
import {
  openAlipayGateway,
  openPaypalGateway,
  openWechatGateway,
  type Channel,
  type Gateway,
} from '../../src/payments/index.ts'
import type { Clock } from '../../src/base/index.ts'
import { openTestApi, type TestApi } from '../api.ts'
import { YUAN } from '../lab.ts'
import { doDue, followed } from '../paper.ts'

/** A server over the sandbox, as in production but for the addresses: real HTTP both ways, and one clock that is moved by hand. */
export type Shop = {
  api: TestApi
  sandbox: Sandbox
  gateways: Map<Channel, Gateway>
  /** Orders 200 yuan. */
  order(channel: Channel): Promise<any>
  see(orderId: string): Promise<any>
  list(path: string, query?: object): Promise<any[]>
  /** What the lab has, in whole yuan. */
  balance(): Promise<number>
  /** Lets so many seconds pass, and what falls due on both sides happen, every `step` seconds. */
  pass(seconds: number, step?: number): Promise<void>
  /** All that is on its way has come, and what follows has followed. */
  settle(): Promise<void>
}

/** An answer that never comes is waited for so long. */
const TIMEOUT_MS = 400

export async function openShop(t: { after(work: () => Promise<void>): void }): Promise<Shop> {
  const gateways = new Map<Channel, Gateway>()
  const exchange = { rate: '7.10', margin: '0.02', source: 'test' }
  const till = { gateways, least: YUAN, most: 20_000n * YUAN, exchange, contact: 'sales@example.org' }
  const api = await openTestApi({ till })
  const sandbox = await startSandbox({ port: 0, clock: api.clock })
  t.after(async () => {
    await sandbox.close()
    await api.close()
  })
  const address = await api.http.listen({ host: '127.0.0.1', port: 0 })
  openGateways(gateways, sandbox, address, api)
  const { keys, app, clock, lab } = api
  const staff = (path: string, query = {}) => api.call('GET', path, { key: keys.staff, query: { ...query } })
  const settle = async () => {
    await sandbox.settle()
    await followed(app)
    // PayPal: what was captured since is told, too.
    await sandbox.settle()
    await followed(app)
  }
  return {
    api,
    sandbox,
    gateways,
    settle,
    async order(channel) {
      const body = { amount: '200', channel }
      const made = await api.call('POST', '/v1/top-up-orders', { key: keys.customer, body })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      return made.body
    },
    see: async (orderId) => (await staff(`/v1/top-up-orders/${orderId}`)).body,
    list: async (path, query) => (await staff(path, query)).body.data,
    async balance() {
      const { body } = await staff(`/v1/accounts/${lab.accountId}`)
      return Number(BigInt(body.balance.settled.grains) / YUAN)
    },
    async pass(seconds, step = seconds) {
      for (let left = seconds; left > 0; left -= step) {
        clock.advance(Math.min(step, left))
        await settle()
        await doDue(api, till)
      }
      await settle()
    },
  }
}

/** Opens the three clients on the sandbox; again, after a rotation of keys. */
export function openGateways(
  gateways: Map<Channel, Gateway>,
  sandbox: Sandbox,
  address: string,
  { clock }: Pick<TestApi, 'clock'>,
  timeoutMs = TIMEOUT_MS,
): void {
  sandbox.registerWebhook(`${address}/v1/gateways/paypal/notices`)
  for (const gateway of gatewaysOf(sandbox.settings(), address, clock, timeoutMs))
    gateways.set(gateway.channel, gateway)
}

/** The three clients for a server at an address. */
export function gatewaysOf(
  { alipay, wechat, paypal }: SandboxSettings,
  address: string,
  clock: Clock,
  timeoutMs = TIMEOUT_MS,
): Gateway[] {
  const notifyUrl = (channel: Channel) => `${address}/v1/gateways/${channel}/notices`
  return [
    openAlipayGateway({ ...alipay, timeoutMs, notifyUrl: notifyUrl('alipay') }, clock),
    openWechatGateway({ ...wechat, timeoutMs, notifyUrl: notifyUrl('wechat') }, clock),
    openPaypalGateway(
      { ...paypal, timeoutMs, returnUrl: `${address}/?topup=agreed`, cancelUrl: `${address}/?topup=left` },
      clock,
    ),
  ]
}
