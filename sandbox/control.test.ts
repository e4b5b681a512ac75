import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import type { AlipaySettings } from '../src/payments/gateways/alipay.ts'
import type { PaypalSettings } from '../src/payments/gateways/paypal.ts'
import type { WechatSettings } from '../src/payments/gateways/wechat.ts'
import { openAlipay } from './clients.fixture.ts'
import { startSandbox, type Sandbox, type SandboxSettings } from './index.ts'
import { openMerchant } from './merchant.fixture.ts'

/** Tells a sandbox in another process what to do. */
async function tell(address: string, path: string, body: object = {}) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${address}/control/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, ...((await answer.json()) as Record<string, any>) } as Record<string, any>
}

test('its settings are those of the three clients, but for the addresses of the merchant', async (context) => {
  const { sandbox } = await openMerchant(context)
  const { alipay, wechat, paypal } = sandbox.settings()
  // The types are what is tested here.
  const settings: [
    Omit<AlipaySettings, 'notifyUrl'>,
    Omit<WechatSettings, 'notifyUrl'>,
    Omit<PaypalSettings, 'returnUrl' | 'cancelUrl'>,
  ] = [alipay, wechat, paypal]
  assert.ok(settings.every(({ url }) => url?.startsWith(sandbox.address)))
})

test('all that it does can be told from another process', async (context) => {
  const merchant = await openMerchant(context)
  const { address } = merchant.sandbox
  await openAlipay(merchant).open('order_1')
  const order = { channel: 'alipay', order: 'order_1' }
  await tell(address, 'misbehave', { name: 'notice_late', seconds: 60, times: 1 })
  await tell(address, 'decline', order)
  assert.equal((await tell(address, 'pay', order)).outcome, 'paid')
  assert.equal((await tell(address, 'pay', order)).outcome, 'already')
  await tell(address, 'settle')
  assert.equal(merchant.received.length, 0)
  const { now } = await tell(address, 'advance', { seconds: 60 })
  assert.ok(Temporal.Instant.from(now).since(Temporal.Now.instant()).total('seconds') > 55)
  assert.equal(merchant.received.length, 1)
  const { payments, notices } = await tell(address, 'look', order)
  assert.deepEqual([payments[0].minor, notices[0].deliveries[0].status], [1234, 200])
  assert.ok((await tell(address, 'rotate', { channel: 'alipay' })).id)
  assert.equal((await tell(address, 'settings')).alipay.alipayPublicKeys.length, 2)
  assert.equal((await tell(address, 'behave')).status, 200)
  await tell(address, 'webhook', { url: 'http://127.0.0.1:9/events' })
})

test('what it is told wrongly is refused, and says what would be right', async (context) => {
  const { sandbox } = await openMerchant(context)
  const { address } = sandbox
  const refused: [string, object, RegExp][] = [
    ['pay', { channel: 'alipay', order: 'nothing' }, /knows no order nothing/],
    ['pay', { channel: 'bank', order: 'order_1' }, /alipay, wechat, paypal/],
    ['misbehave', { name: 'be_bad' }, /notice_lost/],
    ['misbehave', { name: 'notice_lost', channel: 'bank' }, /alipay/],
    ['misbehave', { name: 'notice_lost', times: '1' }, /times is a whole number/],
    ['misbehave', { name: 'notice_lost', oder: 'order_1' }, /no oder/],
    ['misbehave', { name: 'notice_lost', order: 1 }, /order is a text/],
    ['advance', { seconds: -1 }, /from 0/],
    ['webhook', { url: 'nowhere' }, /URL/],
  ]
  for (const [path, body, words] of refused) {
    const { status, error } = await tell(address, path, body)
    assert.equal(status, 400, path)
    assert.match(error, words)
  }
  // A page in a browser can post a form, and can have its own name lead here.
  const form = await fetch(`${address}/control/behave`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
  assert.equal(form.status, 403)
  const renamed = request(`${address}/control/behave`, {
    method: 'POST',
    headers: { host: 'elsewhere.example', 'content-type': 'application/json' },
  }).end('{}')
  const [answer] = await once(renamed, 'response')
  answer.resume()
  assert.equal(answer.statusCode, 403)
})

test('what was opened before a restart is paid after it, and told with the same keys', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'corehour-sandbox-'))
  context.after(() => rm(folder, { recursive: true }))
  const merchant = await openMerchant(context, { folder })
  const alipay = openAlipay(merchant)
  await alipay.open('order_1')
  await alipay.open('order_2')
  merchant.answers(500)
  merchant.sandbox.pay('alipay', 'order_2')
  await merchant.sandbox.advance(10)
  await merchant.sandbox.close()

  const again: Sandbox = await startSandbox({ port: 0, folder })
  context.after(() => again.close())
  merchant.answers(200, 'success')
  assert.equal(again.pay('alipay', 'order_1'), 'paid')
  assert.equal(again.pay('alipay', 'order_2'), 'already')
  await again.advance(240)
  const told = await Promise.all(merchant.received.map(alipay.read))
  const orders = told.map(({ content }) => content.out_trade_no)
  assert.deepEqual(orders, ['order_2', 'order_1', 'order_2'])
  assert.ok(told.every(({ genuine }) => genuine))
})

test('it runs as a process of its own, outlives a kill -9 in its folder, and ends with its parent', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'corehour-sandbox-'))
  context.after(() => rm(folder, { recursive: true }))
  const first = await startProcess(context, ['--folder', folder, '--webhook', 'http://127.0.0.1:9/events'])
  const { settings } = first
  assert.ok(settings.wechat.url === first.address && settings.paypal.clientSecret.length > 20)
  await openAlipay({ sandbox: { settings: () => settings }, address: 'http://127.0.0.1:9' }).open('order_1')
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')

  const { address, child } = await startProcess(context, ['--folder', folder])
  assert.equal((await tell(address, 'pay', { channel: 'alipay', order: 'order_1' })).outcome, 'paid')
  // A Ctrl-C in the terminal reaches it too: it is the parent that decides.
  child.kill('SIGINT')
  assert.equal((await fetch(address)).status, 200)
  child.stdin.end()
  const [status] = await once(child, 'exit')
  assert.equal(status, 0)
})

/** Starts the sandbox as whoever runs the server does. */
async function startProcess(context: TestContext, args: string[]) {
  const main = new URL('main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  context.after(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, ...(JSON.parse(line) as { address: string; settings: SandboxSettings }) }
}
