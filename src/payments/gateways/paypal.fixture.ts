import { after, before, beforeEach } from 'node:test'
import { manualClock, type ManualClock } from '../../base/index.ts'
import type { Gateway, GatewayOrder, RefundOrder } from '../gateway.ts'
import { openPaypalGateway, type PaypalSettings } from './paypal.ts'
import { openVendor, type Answer, type Seen, type Vendor } from './vendor.fixture.ts'

export const MERCHANT = 'MERCHANT00001'
export const CLIENT = { clientId: 'client-id', clientSecret: 'topsecret' }
type Desk = {
  vendor: Vendor
  clock: ManualClock
  settings: PaypalSettings
  gateway: Gateway
  /** Answers API calls, once they carry a token that was handed out. */
  answer(next: (seen: Seen) => Answer): void
  /** Tokens handed out so far. */
  tokens: string[]
  /** API calls so far, without those for tokens. */
  calls(): Seen[]
}

/** A client, new for each test, on a local server that speaks as PayPal. */
export const desk = {} as Desk

export function openDesk(): void {
  before(async () => {
    desk.vendor = await openVendor()
  })
  beforeEach(() => {
    desk.clock = manualClock('2026-11-27T12:00:00Z')
    desk.tokens = []
    desk.vendor.seen.length = 0
    desk.calls = () => desk.vendor.seen.filter(({ path }) => path !== '/v1/oauth2/token')
    desk.answer = (next) =>
      desk.vendor.answer((seen) => (seen.path === '/v1/oauth2/token' ? handOut(seen) : next(seen)))
    desk.settings = {
      url: desk.vendor.url,
      ...CLIENT,
      merchantId: MERCHANT,
      webhookId: '4JH86294D6297924G',
      currency: 'USD',
      returnUrl: 'https://corehour.example/topups/back',
      cancelUrl: 'https://corehour.example/topups/left',
      certificateUrls: [`${desk.vendor.url}/v1/notifications/certs/`],
      timeoutMs: 2_000,
    }
    desk.gateway = openPaypalGateway(desk.settings, desk.clock)
  })
  after(() => desk.vendor.close())
}

function handOut(seen: Seen): Answer {
  const basic = Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64')
  if (seen.headers.authorization !== `Basic ${basic}` || seen.body !== 'grant_type=client_credentials')
    return json({ error: 'invalid_client', error_description: 'Client Authentication failed' }, 401)
  const token = `A21AA${desk.tokens.length}`
  desk.tokens.push(token)
  return json({ access_token: token, token_type: 'Bearer', expires_in: 32_400, scope: 'x' })
}

export const json = (content: object, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(content),
})
export const refusal = (status: number, issue: string, name = 'UNPROCESSABLE_ENTITY'): Answer =>
  json({ name, message: 'no', debug_id: 'd1', details: [{ issue, description: 'because' }] }, status)

export const order: GatewayOrder = {
  orderId: 'order_01kb2xk7m4e8s9q0v3w5y7z9ab',
  cash: { currency: 'USD', minor: 2_805n },
  subject: 'Corehour top-up',
  expiresAt: Temporal.Instant.from('2026-11-27T12:30:00Z'),
}
export const REFERENCE = '5O190127TN364715T'
export const refundOrder: RefundOrder = {
  refundId: 'refund_01kb2xk7m4e8s9q0v3w5y7z9ab',
  orderId: order.orderId,
  paymentId: '3C679366HH908993F',
  cash: { currency: 'USD', minor: 50n },
  paid: order.cash,
  reason: 'A refund',
}

export const money = (value: string, currency_code = 'USD') => ({ currency_code, value })
export const capture = {
  id: refundOrder.paymentId,
  status: 'COMPLETED',
  amount: money('28.05'),
  final_capture: true,
  seller_receivable_breakdown: { gross_amount: money('28.05'), paypal_fee: money('1.53'), net_amount: money('26.52') },
  invoice_id: order.orderId,
  custom_id: order.orderId,
  payee: { email_address: 'merchant@example.com', merchant_id: MERCHANT },
  supplementary_data: { related_ids: { order_id: REFERENCE } },
  create_time: '2026-11-27T12:05:00Z',
  update_time: '2026-11-27T12:05:00Z',
}
export const payment = {
  orderId: order.orderId,
  paymentId: capture.id,
  cash: order.cash,
  fee: { currency: 'USD', minor: 153n },
  payee: MERCHANT,
  paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
}

/** An order as PayPal has it. */
export function orderWith(status: string, payments?: object): object {
  const unit = {
    reference_id: 'default',
    amount: money('28.05'),
    payee: { email_address: 'merchant@example.com', merchant_id: MERCHANT },
    custom_id: order.orderId,
    invoice_id: order.orderId,
    ...(payments && { payments }),
  }
  const links = [{ rel: 'payer-action', href: 'https://www.paypal.com/checkoutnow?token=1', method: 'GET' }]
  return { id: REFERENCE, intent: 'CAPTURE', status, purchase_units: [unit], links }
}
export const refund = {
  id: '1JU08902781691411',
  status: 'COMPLETED',
  amount: money('0.50'),
  invoice_id: refundOrder.refundId,
  custom_id: order.orderId,
  create_time: '2026-11-27T12:10:00Z',
  update_time: '2026-11-27T12:10:00Z',
}
