import { createHash } from 'node:crypto'
import { Unavailable, type Clock } from '../../base/index.ts'
import {
  GatewayRefused,
  type Cash,
  type Gateway,
  type GatewayOrder,
  type GatewayRefund,
  type GatewayState,
  type Notice,
  type Payment,
  type RefundOrder,
} from '../gateway.ts'
import { BILL_LIMIT } from './bill.ts'
import { orRefused } from './call.ts'
import { billOf, formatChinaOffset } from './chinaTime.ts'
import { noticeReader, refuseNotice, type Fields } from './fields.ts'
import { readWechatBill } from './wechatBill.ts'
import { openWechatWire, type WechatWire } from './wechatWire.ts'

/** How to reach WeChat Pay (API v3), and as whom. Keys in PEM. */
export type WechatSettings = {
  /** The address; in production https://api.mch.weixin.qq.com, the default. */
  url?: string
  appId: string
  /** The merchant's number. */
  mchId: string
  /** The serial of the merchant's API certificate, in hex. */
  serial: string
  /** The private key of that certificate. */
  privateKey: string
  /** The APIv3 key: 32 bytes, with which notices and certificates are encrypted. */
  apiV3Key: string
  /**
   * WeChat Pay's public keys by their ids (`PUB_KEY_ID_..`). What is signed with a platform certificate instead is verified with
   * certificates that are fetched from WeChat Pay and change by themselves; an older merchant has only those, and leaves this empty.
   */
  publicKeys: Readonly<Record<string, string>>
  /** Where WeChat Pay sends its notices: https, without a query. */
  notifyUrl: string
  /** How long one attempt of a call may take; 10,000 by default. */
  timeoutMs?: number
}

const REFUND_STATES = new Map<string, GatewayRefund['state']>([
  ['SUCCESS', 'done'],
  ['PROCESSING', 'underway'],
  ['CLOSED', 'failed'],
  ['ABNORMAL', 'abnormal'],
])

/**
 * WeChat Pay's QR payments (native) in yuan.
 *
 * - A code can be scanned for two hours, whatever the order's expiry; asking again gives a new one for the same order.
 * - An order that has expired is not closed by that: `close` does it.
 * - Refunds are accepted at once and done later (minutes to days): a notice or `queryRefund` tells.
 * @throws Error when a key is not one.
 */
export function openWechatGateway(settings: WechatSettings, clock: Clock): Gateway {
  const wire = openWechatWire(settings, clock)
  const query = (order: GatewayOrder) => queryOrder(wire, order, settings.mchId)
  return {
    channel: 'wechat',
    payee: `${settings.appId}:${settings.mchId}`,
    currency: 'CNY',
    open: (order) => openOrder(wire, order, settings),
    query,
    capture: query,
    async close(order) {
      // Success says nothing: it is answered for numbers that don't exist, too. A no is said to what is paid or closed.
      await orRefused(wire.ask('POST', `${orderPath(order)}/close`, { mchid: settings.mchId }))
      return query(order)
    },
    refund: (refund) => refundPayment(wire, refund, settings.notifyUrl),
    queryRefund: (refund) => queryRefund(wire, refund),
    readNotice: noticeReader('wechat', wire.verify, (raw) => readWechatNotice(wire.open(raw), settings.mchId)),
    thanks: { status: 200, contentType: 'application/json', body: '{"code":"SUCCESS","message":"成功"}' },
    sorry: { status: 500, contentType: 'application/json', body: '{"code":"FAIL","message":"失败"}' },
    statement: (day) => readStatement(wire, day, clock),
  }
}

async function openOrder(wire: WechatWire, order: GatewayOrder, { appId, mchId, notifyUrl }: WechatSettings) {
  const answer = await wire.ask('POST', '/v3/pay/transactions/native', {
    appid: appId,
    mchid: mchId,
    // At most 127 characters are taken.
    description: order.subject.slice(0, 127),
    out_trade_no: order.orderId,
    time_expire: formatChinaOffset(order.expiresAt),
    notify_url: notifyUrl,
    amount: { total: fenOf(order.cash), currency: 'CNY' },
  })
  return { qr: answer.text('code_url'), reference: null }
}

async function queryOrder(wire: WechatWire, order: GatewayOrder, mchId: string): Promise<GatewayState> {
  const answer = await orRefused(wire.ask('GET', `${orderPath(order)}?mchid=${mchId}`))
  if (answer instanceof GatewayRefused) {
    if (answer.code === 'ORDER_NOT_EXIST') return { state: 'unknown' }
    if (answer.code === 'ORDER_CLOSED') return { state: 'closed' }
    throw answer
  }
  if (answer.text('out_trade_no') !== order.orderId) throw new Unavailable('WeChat Pay answers about another order')
  const state = answer.text('trade_state')
  // REFUND: something of it was given back since, which refunds of ours and the statement tell.
  if (state === 'SUCCESS' || state === 'REFUND') return { state: 'paid', payments: [readPayment(answer)] }
  if (state === 'NOTPAY' || state === 'USERPAYING' || state === 'PAYERROR') return { state: 'awaiting' }
  if (state === 'CLOSED' || state === 'REVOKED') return { state: 'closed' }
  throw new Unavailable(`WeChat Pay: trade_state ${state}`)
}

async function refundPayment(wire: WechatWire, refund: RefundOrder, notifyUrl: string): Promise<GatewayRefund> {
  const answer = await orRefused(
    wire.ask('POST', '/v3/refund/domestic/refunds', {
      transaction_id: refund.paymentId,
      out_refund_no: refund.refundId,
      // At most 80 bytes are taken, and a Chinese character has three.
      reason: refund.reason.slice(0, 26).toWellFormed(),
      notify_url: notifyUrl,
      amount: { refund: fenOf(refund.cash), total: fenOf(refund.paid), currency: 'CNY' },
    }),
  )
  if (!(answer instanceof GatewayRefused)) return readRefund(answer, refund)
  // A no to a repeat may come after it was done.
  const known = await queryRefund(wire, refund)
  if (known.state !== 'unknown') return known
  // Said of payments that exist, now and then; the same request is taken later.
  if (answer.code === 'RESOURCE_NOT_EXISTS') throw new Unavailable('WeChat Pay does not find the payment now')
  throw answer
}

async function queryRefund(wire: WechatWire, refund: RefundOrder): Promise<GatewayRefund> {
  const answer = await orRefused(wire.ask('GET', `/v3/refund/domestic/refunds/${refund.refundId}`))
  if (!(answer instanceof GatewayRefused)) return readRefund(answer, refund)
  if (answer.code !== 'RESOURCE_NOT_EXISTS') throw answer
  return { refundId: refund.refundId, reference: null, state: 'unknown', cash: refund.cash, at: null }
}

function readRefund(answer: Fields, { refundId }: RefundOrder): GatewayRefund {
  if (answer.text('out_refund_no') !== refundId) throw new Unavailable('WeChat Pay answers about another refund')
  return refundOf(answer, answer.text('status'))
}

function refundOf(fields: Fields, status: string): GatewayRefund {
  const state = REFUND_STATES.get(status)
  if (!state) throw new Unavailable(`WeChat Pay: a refund of status ${status}`)
  const amount = fields.object('amount')
  return {
    refundId: fields.text('out_refund_no'),
    reference: fields.text('refund_id'),
    state,
    cash: { currency: amount.maybe('currency') ?? 'CNY', minor: amount.whole('refund') },
    at: fields.has('success_time') ? fields.instant('success_time') : null,
  }
}

function readPayment(fields: Fields): Payment {
  const amount = fields.object('amount')
  return {
    orderId: fields.text('out_trade_no'),
    paymentId: fields.text('transaction_id'),
    cash: { currency: amount.maybe('currency') ?? 'CNY', minor: amount.whole('total') },
    fee: null,
    payee: `${fields.text('appid')}:${fields.text('mchid')}`,
    paidAt: fields.instant('success_time'),
  }
}

function readWechatNotice({ notice, content }: { notice: Fields; content: Fields }, mchId: string): Notice {
  const type = notice.text('event_type')
  return { noticeId: notice.text('id'), at: notice.instant('create_time'), about: readAbout(type, content, mchId) }
}

function readAbout(type: string, content: Fields, mchId: string): Notice['about'] {
  if (type === 'TRANSACTION.SUCCESS') {
    const state = content.text('trade_state')
    if (state === 'SUCCESS') return { kind: 'payment', payment: readPayment(content) }
    return { kind: 'other', what: `${type} ${state} ${content.text('out_trade_no')}` }
  }
  if (!type.startsWith('REFUND.')) return { kind: 'other', what: type }
  if (content.text('mchid') !== mchId) throw refuseNotice('wechat', 'it is for another merchant')
  return { kind: 'refund', refund: refundOf(content, content.text('refund_status')) }
}

async function readStatement(wire: WechatWire, day: Temporal.PlainDate, clock: Clock) {
  const bill = billOf(day, clock.now())
  const notOut = new Unavailable(`WeChat Pay's bill of ${day} is not out yet`)
  if (bill === 'not yet') throw notOut
  const answer = await orRefused(wire.ask('GET', `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL`))
  if (answer instanceof GatewayRefused) {
    // Nothing moved on that day.
    if (answer.code === 'NO_STATEMENT_EXIST' && bill === 'out') return []
    throw answer.code === 'NO_STATEMENT_EXIST' || answer.code === 'STATEMENT_CREATING' ? notOut : answer
  }
  const bytes = await wire.download(answer.text('download_url'), BILL_LIMIT)
  const hash = answer.text('hash_type') === 'SHA1' ? createHash('sha1').update(bytes).digest('hex') : null
  if (hash !== answer.text('hash_value').toLowerCase()) throw new Unavailable("WeChat Pay's bill has another hash")
  return readWechatBill(bytes.toString())
}

function orderPath({ orderId }: GatewayOrder): string {
  return `/v3/pay/transactions/out-trade-no/${orderId}`
}

/** Whole fen, as JSON has them. */
function fenOf({ currency, minor }: Cash): number {
  if (currency !== 'CNY' || minor > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`WeChat Pay takes yuan, not ${minor} ${currency}`)
  return Number(minor)
}
