import { createPrivateKey } from 'node:crypto'
import { after, before, beforeEach } from 'node:test'
import { manualClock, type ManualClock } from '../../base/index.ts'
import type { Gateway, GatewayOrder, RefundOrder } from '../gateway.ts'
import { openAlipayGateway, type AlipaySettings } from './alipay.ts'
import { signRsa } from './rsa.ts'
import { drawKeys, openVendor, type Seen, type Vendor } from './vendor.fixture.ts'

export const [app, vendorKeys, nextKeys] = [drawKeys(), drawKeys(), drawKeys()]
export const APP = '2021000000000001'
export const SELLER = '2088000000000001'

export const order: GatewayOrder = {
  orderId: 'order_01kb2xk7m4e8s9q0v3w5y7z9ab',
  cash: { currency: 'CNY', minor: 20_050n },
  subject: 'Corehour top-up 充值 A/B=C&D',
  expiresAt: Temporal.Instant.from('2026-11-27T12:30:00Z'),
}
export const refundOrder: RefundOrder = {
  refundId: 'refund_01kb2xk7m4e8s9q0v3w5y7z9ab',
  orderId: order.orderId,
  paymentId: '2026112722001400001',
  cash: { currency: 'CNY', minor: 50n },
  paid: order.cash,
  reason: '用户退款',
}

type Desk = { vendor: Vendor; clock: ManualClock; settings: AlipaySettings; gateway: Gateway }

/** A client on a local server that speaks as Alipay, for all tests of a file. */
export function openDesk(): Desk {
  const desk = {} as Desk
  before(async () => {
    desk.vendor = await openVendor()
    desk.clock = manualClock('2026-11-27T12:00:00Z')
    desk.settings = {
      url: `${desk.vendor.url}/gateway.do`,
      appId: APP,
      sellerId: SELLER,
      privateKey: app.privateKey,
      alipayPublicKeys: [vendorKeys.publicKey, nextKeys.publicKey],
      notifyUrl: 'https://corehour.example/notices/alipay',
      timeoutMs: 2_000,
    }
    desk.gateway = openAlipayGateway(desk.settings, desk.clock)
  })
  beforeEach(() => {
    desk.vendor.seen.length = 0
  })
  after(() => desk.vendor.close())
  return desk
}

export type Body = Record<string, unknown>

/** A reply as Alipay writes it: the signature over the very text of the inner object. */
export function signed(method: string, content: Body, key = vendorKeys.privateKey): string {
  const inner = JSON.stringify(content).replaceAll('/', '\\/')
  return `{"${method.replaceAll('.', '_')}_response":${inner},"sign":"${signRsa(inner, createPrivateKey(key))}"}`
}

export const methodOf = (seen: Seen) => seen.query.get('method')!
export const contentOf = (seen: Seen): Body => JSON.parse(new URLSearchParams(seen.body).get('biz_content')!)
export const success = (more: Body) => ({ code: '10000', msg: 'Success', ...more })
export const failure = (sub_code: string) => ({ code: '40004', msg: 'Business Failed', sub_code, sub_msg: '失败' })

/** The same answer to whatever is asked. */
export function answerWith({ vendor }: Desk, content: Body): void {
  vendor.answer((seen) => ({ body: signed(methodOf(seen), content) }))
}
