import { Unavailable, type Clock } from '../../base/index.ts'
import {
  GatewayRefused,
  type Gateway,
  type GatewayOrder,
  type GatewayRefund,
  type GatewayState,
  type RefundOrder,
} from '../gateway.ts'
import { readAlipayBill } from './alipayBill.ts'
import { readAlipayNotice, verifyAlipayNotice } from './alipayNotice.ts'
import { openAlipayWire, type AlipayWire } from './alipayWire.ts'
import { BILL_LIMIT } from './bill.ts'
import { readCash, writeCash } from './cash.ts'
import { billOf, formatChina, readChina } from './chinaTime.ts'
import { call, orRefused, TIMEOUT_MS } from './call.ts'
import { noticeReader, type Fields } from './fields.ts'

/** How to reach Alipay, and as whom. Keys in PEM. */
export type AlipaySettings = {
  /** The gateway's address; in production https://openapi.alipay.com/gateway.do, the default. */
  url?: string
  /** The application's number, such as 2021000000000000. */
  appId: string
  /** The merchant's, who is paid: 2088 and twelve more digits. */
  sellerId: string
  /** The application's private key (RSA, 2048 bits). */
  privateKey: string
  /** Alipay's public keys (public-key mode): any of them is accepted, so that a new one can stand beside the old while it changes. */
  alipayPublicKeys: readonly string[]
  /** Where Alipay sends its notices. */
  notifyUrl: string
  /** How long one attempt of a call may take; 10,000 by default. */
  timeoutMs?: number
}

/**
 * Alipay's QR payments (precreate) in yuan.
 *
 * - Alipay hears of an order when its code is scanned. Until then it is `unknown`, and can't be closed: what ends it is its expiry,
 *   which is given with it, and two hours at most.
 * - Refunds are done when they are answered; a notice of one says no amount of its own.
 * @throws Error when a key is not one.
 */
export function openAlipayGateway(settings: AlipaySettings, clock: Clock): Gateway {
  const wire = openAlipayWire(settings, clock)
  const payee = `${settings.appId}:${settings.sellerId}`
  const query = (order: GatewayOrder) => queryTrade(wire, order, payee)
  return {
    channel: 'alipay',
    payee,
    currency: 'CNY',
    open: (order) => precreate(wire, order, settings),
    query,
    capture: query,
    async close(order) {
      // Alipay refuses to close what is paid, closed already or not known; which of these it is says the query.
      await orRefused(wire.ask('alipay.trade.close', { out_trade_no: order.orderId }))
      return query(order)
    },
    refund: (refund) => refundTrade(wire, refund),
    queryRefund: (refund) => queryRefund(wire, refund),
    readNotice: noticeReader(
      'alipay',
      async ({ body }) => verifyAlipayNotice(body.toString(), wire),
      (fields) => readAlipayNotice(fields, payee),
    ),
    thanks: { status: 200, contentType: 'text/plain; charset=utf-8', body: 'success' },
    sorry: { status: 500, contentType: 'text/plain; charset=utf-8', body: 'fail' },
    statement: (day) => readStatement(wire, day, payee, settings.timeoutMs ?? TIMEOUT_MS, clock),
  }
}

async function precreate(wire: AlipayWire, order: GatewayOrder, { sellerId, notifyUrl }: AlipaySettings) {
  const answer = await wire.ask(
    'alipay.trade.precreate',
    {
      out_trade_no: order.orderId,
      seller_id: sellerId,
      total_amount: writeCash(order.cash),
      // Alipay refuses these three in a subject.
      subject: order.subject.replaceAll(/[/=&]/g, ' ').slice(0, 256),
      // The absolute one; the relative ones count from when the request comes in.
      time_expire: formatChina(order.expiresAt),
    },
    { notify_url: notifyUrl },
  )
  checkOrder(answer, order.orderId)
  return { qr: answer.text('qr_code'), reference: null }
}

async function queryTrade(wire: AlipayWire, order: GatewayOrder, payee: string): Promise<GatewayState> {
  const answer = await orRefused(wire.ask('alipay.trade.query', { out_trade_no: order.orderId }))
  if (answer instanceof GatewayRefused) {
    if (answer.code === 'ACQ.TRADE_NOT_EXIST') return { state: 'unknown' }
    throw answer
  }
  checkOrder(answer, order.orderId)
  const status = answer.text('trade_status')
  if (status === 'WAIT_BUYER_PAY') return { state: 'awaiting' }
  // Also a payment that was refunded whole; it is known from before, or was never credited and needs not be.
  if (status === 'TRADE_CLOSED') return { state: 'closed' }
  if (status !== 'TRADE_SUCCESS' && status !== 'TRADE_FINISHED') throw new Unavailable(`Alipay: trade_status ${status}`)
  const payment = {
    orderId: order.orderId,
    paymentId: answer.text('trade_no'),
    cash: readCash(answer.text('total_amount'), answer.maybe('trans_currency') ?? 'CNY'),
    fee: null,
    // The answer doesn't say; orders of another app would not be found under our key.
    payee,
    paidAt: readChina(answer.text('send_pay_date')),
  }
  return { state: 'paid', payments: [payment] }
}

async function refundTrade(wire: AlipayWire, refund: RefundOrder): Promise<GatewayRefund> {
  const answer = await orRefused(
    wire.ask('alipay.trade.refund', {
      trade_no: refund.paymentId,
      out_request_no: refund.refundId,
      refund_amount: writeCash(refund.cash),
      refund_reason: refund.reason.slice(0, 256).toWellFormed(),
    }),
  )
  if (!(answer instanceof GatewayRefused) && answer.maybe('fund_change') === 'Y') {
    checkOrder(answer, refund.orderId)
    const at = answer.has('gmt_refund_pay') ? readChina(answer.text('gmt_refund_pay')) : null
    return { refundId: refund.refundId, reference: answer.text('trade_no'), state: 'done', cash: refund.cash, at }
  }
  // No money moved this time: either it did before, which is done, or it has yet to; a refusal too may come after it was done.
  const known = await queryRefund(wire, refund)
  if (known.state !== 'unknown') return known
  if (answer instanceof GatewayRefused) throw answer
  return { ...known, state: 'underway' }
}

async function queryRefund(wire: AlipayWire, refund: RefundOrder): Promise<GatewayRefund> {
  const answer = await orRefused(
    wire.ask('alipay.trade.fastpay.refund.query', {
      trade_no: refund.paymentId,
      out_request_no: refund.refundId,
      query_options: ['gmt_refund_pay'],
    }),
  )
  const unknown = { refundId: refund.refundId, reference: null, state: 'unknown' as const, cash: refund.cash, at: null }
  if (answer instanceof GatewayRefused) {
    if (answer.code === 'ACQ.TRADE_NOT_EXIST') return unknown
    throw answer
  }
  // Without it the refund was not received, or failed, or was asked for a moment ago.
  if (answer.maybe('refund_status') !== 'REFUND_SUCCESS') return unknown
  if (answer.text('out_request_no') !== refund.refundId) throw new Unavailable('Alipay answers about another refund')
  return {
    ...unknown,
    reference: answer.text('trade_no'),
    state: 'done',
    cash: readCash(answer.text('refund_amount'), 'CNY'),
    at: answer.has('gmt_refund_pay') ? readChina(answer.text('gmt_refund_pay')) : null,
  }
}

async function readStatement(
  wire: AlipayWire,
  day: Temporal.PlainDate,
  payee: string,
  timeoutMs: number,
  clock: Clock,
) {
  const bill = billOf(day, clock.now())
  const notOut = new Unavailable(`Alipay's bill of ${day} is not out yet`)
  if (bill === 'not yet') throw notOut
  const asked = { bill_type: 'trade', bill_date: day.toString() }
  const answer = await orRefused(wire.ask('alipay.data.dataservice.bill.downloadurl.query', asked))
  if (answer instanceof GatewayRefused) {
    // One and the same for a bill that is not out yet and for a day on which nothing moved.
    if (!/bill_not_exist/i.test(answer.code)) throw answer
    if (bill === 'out') return []
    throw notOut
  }
  const url = answer.text('bill_download_url')
  const { status, body } = await call("Alipay's bill", () => ({ method: 'GET', url }), { timeoutMs, limit: BILL_LIMIT })
  if (status !== 200) throw new Unavailable(`Alipay's bill answers ${status}`)
  return readAlipayBill(body, payee)
}

/** A V1 answer is not bound to what was asked: that it is about the same order is checked here. */
function checkOrder(answer: Fields, orderId: string): void {
  if (answer.text('out_trade_no') !== orderId) throw new Unavailable('Alipay answers about another order')
}
