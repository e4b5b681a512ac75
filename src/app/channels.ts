import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { App, Clock } from '../base/index.ts'
import {
  openAlipayGateway,
  openPaypalGateway,
  openWechatGateway,
  type Channel,
  type Gateway,
  type Till,
} from '../payments/index.ts'
import { CannotStart } from './cannot-start.ts'
import type { Config, Support } from './config.ts'
import { runPayments } from './payments.ts'
import { startSandboxProcess, type SandboxProcess } from './sandbox.ts'
import type { TopUpSettings } from './topUpSettings.ts'

/** What the sandbox gives for a dollar, since no rate is set. */
const SANDBOX_EXCHANGE = { rate: '7.10', margin: '0.02', source: 'sandbox' }

/** A till in which the sandbox may still open its gateways: it is told where the server listens. */
export type OpenTill = Till & { gateways: Map<Channel, Gateway> }

/** Whether stand-ins take the gateways' place: where none is set, and not on a test clock, since the sandbox lives by the wall's. */
export function wantsSandbox({ alipay, wechat, paypal, sandbox }: TopUpSettings, testClock: boolean): boolean {
  return sandbox && !testClock && !alipay && !wechat && !paypal
}

/**
 * A till with the gateways that are set.
 * @throws CannotStart when one's keys can't be used, or it would not know where to send notices
 */
export function openTill({ topUps, support, publicUrl }: Config, sandbox: boolean, clock: Clock): OpenTill {
  const { least, most, alipay, wechat, paypal } = topUps
  const exchange = topUps.exchange ?? (sandbox ? SANDBOX_EXCHANGE : null)
  const till = { gateways: new Map(), least, most, exchange, contact: contactOf(support) }
  if (!alipay && !wechat && !paypal) return till
  if (publicUrl === undefined)
    throw new CannotStart('a gateway needs COREHOUR_PUBLIC_URL: where it sends its notices, and payers back')
  openGateways(till, topUps, publicUrl, clock)
  return till
}

/** Beside which server the sandbox is started. */
type Beside = { config: Config; address: string }

/** Does what is due of top-ups until stopped: where it is said beside what, over the sandbox, which is there a moment after the server. */
export async function runTopUps(
  app: App,
  till: OpenTill,
  beside: Beside | undefined,
  stopping: AbortSignal,
): Promise<void> {
  if (!beside) return runPayments(app, till, stopping)
  let sandbox: SandboxProcess | undefined
  try {
    sandbox = await openSandbox(app, till, beside, stopping)
    process.stdout.write(
      `corehour: SANDBOX: no payment gateway is set, so top-ups are paid at ${sandbox.address}, and no money moves\n`,
    )
  } catch (error) {
    if (!stopping.aborted) app.log.error({ error }, 'the sandbox did not start: nothing can be topped up')
  }
  try {
    await runPayments(app, till, stopping)
  } finally {
    await sandbox?.stop()
  }
}

async function openSandbox(
  app: App,
  till: OpenTill,
  { config, address }: Beside,
  stopping: AbortSignal,
): Promise<SandboxProcess> {
  const { dataFolder, port, publicUrl = address } = config
  const folder = join(dataFolder, 'sandbox')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const start = { folder, webhook: noticesOf(publicUrl, 'paypal'), port: port === 0 ? 0 : port + 1 }
  const sandbox = await startSandboxProcess({ ...start, stopping })
  openGateways(till, sandbox.settings, publicUrl, app.clock)
  return sandbox
}

type Gateways = Pick<TopUpSettings, 'alipay' | 'wechat' | 'paypal'>

function openGateways({ gateways }: OpenTill, { alipay, wechat, paypal }: Gateways, url: string, clock: Clock): void {
  const back = { returnUrl: `${url}/?topup=agreed`, cancelUrl: `${url}/?topup=left` }
  try {
    if (alipay) gateways.set('alipay', openAlipayGateway({ ...alipay, notifyUrl: noticesOf(url, 'alipay') }, clock))
    if (wechat) gateways.set('wechat', openWechatGateway({ ...wechat, notifyUrl: noticesOf(url, 'wechat') }, clock))
    if (paypal) gateways.set('paypal', openPaypalGateway({ ...paypal, ...back }, clock))
  } catch (error) {
    throw new CannotStart(`a gateway's settings can't be used: ${(error as Error).message}`)
  }
}

function noticesOf(url: string, channel: Channel): string {
  return `${url}/v1/gateways/${channel}/notices`
}

/** How a refusal names whom to ask. */
function contactOf({ email, phone }: Support): string {
  return [email, phone].filter((each) => each !== undefined).join(', ') || '-'
}
