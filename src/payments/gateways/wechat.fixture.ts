import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin'
import { manualClock, secondsOf, type Clock, type ManualClock } from '../../base/index.ts'
import type { Gateway, GatewayOrder, RawNotice, RefundOrder } from '../gateway.ts'
import { drawKeys, openVendor, type Answer, type Seen, type Vendor } from './vendor.fixture.ts'
import { openWechatGateway, type WechatSettings } from './wechat.ts'

export const [merchant, vendorKeys] = [drawKeys(), drawKeys()]
export const PUBLIC_ID = 'PUB_KEY_ID_0119000000012026112700000000000001'
export const APP = 'wx0000000000000001'
export const MERCHANT = '1900000001'
export const API_KEY = '0123456789abcdef0123456789abcdef'
const SERIAL = '5F00000000000000000000000000000000000001'

type Desk = { vendor: Vendor; clock: ManualClock; settings: WechatSettings; gateway: Gateway }

/** A client, new for each test, on a local server that speaks as WeChat Pay. */
export const desk = {} as Desk

export function openDesk(): void {
  before(async () => {
    desk.vendor = await openVendor()
  })
  beforeEach(() => {
    desk.vendor.seen.length = 0
    desk.clock = manualClock('2026-11-27T12:00:00Z')
    desk.settings = {
      url: desk.vendor.url,
      appId: APP,
      mchId: MERCHANT,
      serial: SERIAL,
      privateKey: merchant.privateKey,
      apiV3Key: API_KEY,
      publicKeys: { [PUBLIC_ID]: vendorKeys.publicKey },
      notifyUrl: 'https://corehour.example/notices/wechat',
      timeoutMs: 2_000,
    }
    desk.gateway = openWechatGateway(desk.settings, desk.clock)
  })
  after(() => desk.vendor.close())
}

export const order: GatewayOrder = {
  orderId: 'order_01kb2xk7m4e8s9q0v3w5y7z9ab',
  cash: { currency: 'CNY', minor: 20_050n },
  subject: 'Corehour 充值',
  expiresAt: Temporal.Instant.from('2026-11-27T12:30:00Z'),
}
export const refundOrder: RefundOrder = {
  refundId: 'refund_01kb2xk7m4e8s9q0v3w5y7z9ab',
  orderId: order.orderId,
  paymentId: '4200000000202611270000000001',
  cash: { currency: 'CNY', minor: 50n },
  paid: order.cash,
  reason: '用户退款',
}

export type Signer = { serial: string; key: string; at?: number }
export const CURRENT: Signer = { serial: PUBLIC_ID, key: vendorKeys.privateKey }

/** Headers of what WeChat Pay signs, by the vendor's own library. */
export function signatureOf(
  body: string,
  { serial, key, at }: Signer,
  now: Clock = desk.clock,
): Record<string, string> {
  const timestamp = String(at ?? secondsOf(now.now()))
  const nonce = Formatter.nonce()
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': Rsa.sign(Formatter.response(timestamp, nonce, body), Rsa.from(key, Rsa.KEY_TYPE_PRIVATE)),
  }
}
export function signed(
  content: object | string,
  { status = 200, by = CURRENT, now = desk.clock as Clock } = {},
): Exclude<Answer, string> {
  const body = typeof content === 'string' ? content : JSON.stringify(content)
  return { status, headers: { 'content-type': 'application/json', ...signatureOf(body, by, now) }, body }
}
export const refusal = (status: number, code: string, by = CURRENT) => signed({ code, message: '失败' }, { status, by })
export const isUnavailable = (message: RegExp) => ({ name: /Unavailable|Unreadable/, message })

/** What the vendor's library makes of a request's signature. */
export function assertSigned(seen: Seen): void {
  const authorization = seen.headers.authorization!
  const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(authorization)![1]!
  assert.match(authorization, /^WECHATPAY2-SHA256-RSA2048 /)
  assert.deepEqual([value('mchid'), value('serial_no')], [MERCHANT, SERIAL])
  const text = Formatter.request(seen.method, seen.path, value('timestamp'), value('nonce_str'), seen.body)
  assert.ok(Rsa.verify(text, value('signature'), Rsa.from(merchant.publicKey, Rsa.KEY_TYPE_PUBLIC)), 'signed by us')
  assert.equal(seen.headers['user-agent'], 'corehour')
  assert.equal(seen.headers['wechatpay-serial'], PUBLIC_ID)
}

export const transaction = {
  appid: APP,
  mchid: MERCHANT,
  out_trade_no: order.orderId,
  transaction_id: refundOrder.paymentId,
  trade_type: 'NATIVE',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  success_time: '2026-11-27T20:05:00+08:00',
  payer: { openid: 'o1' },
  amount: { total: 20_050, payer_total: 20_000, currency: 'CNY', payer_currency: 'CNY' },
}
export const payment = {
  orderId: order.orderId,
  paymentId: refundOrder.paymentId,
  cash: order.cash,
  fee: null,
  payee: `${APP}:${MERCHANT}`,
  paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
}

export const refunded = {
  refund_id: '50000000002026112700000001',
  out_refund_no: refundOrder.refundId,
  transaction_id: refundOrder.paymentId,
  out_trade_no: order.orderId,
  status: 'PROCESSING',
  create_time: '2026-11-27T20:10:00+08:00',
  amount: { total: 20_050, refund: 50, payer_total: 20_000, payer_refund: 50, currency: 'CNY' },
}
export const underway = {
  refundId: refundOrder.refundId,
  reference: refunded.refund_id,
  state: 'underway',
  cash: refundOrder.cash,
  at: null,
}

/** A notice, encrypted and signed by the vendor's library. */
export function noticeOf(type: string, content: object, by: Signer = CURRENT, more: object = {}): RawNotice {
  const resource = {
    original_type: 'transaction',
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Aes.AesGcm.encrypt(JSON.stringify(content), API_KEY, 'fdasflkja484', 'transaction'),
    associated_data: 'transaction',
    nonce: 'fdasflkja484',
    ...more,
  }
  const body = JSON.stringify({
    id: 'EV-2026112720050001',
    create_time: '2026-11-27T20:05:01+08:00',
    resource_type: 'encrypt-resource',
    event_type: type,
    summary: '支付成功',
    resource,
  })
  return { method: 'POST', path: '/notices/wechat', headers: signatureOf(body, by), body: Buffer.from(body) }
}
