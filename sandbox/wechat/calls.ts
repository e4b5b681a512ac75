import { addSeconds, atOf, chinaRfc3339 } from '../clock.ts'
import type { Outcome } from '../answer.ts'
import { objectOf, textOf, type Content } from '../content.ts'
import { decimals } from '../draw.ts'
import { queueNotice } from '../notices.ts'
import { nowOf, placeOf, type Stand } from '../stand.ts'
import type { Payment, Refund, Trade } from '../store.ts'
import { isExpired, isPastRefund, newTrade, refundedOf } from '../trade.ts'
import { ACCOUNT, describePayment, drawRefundReference, statusOf, wechat } from './notices.ts'

const CODE_SECONDS = 2 * 3600
const REFUND_DAYS = 365
const REFUNDS_AT_MOST = 50
/** Refunds to the wallet take minutes at WeChat Pay; here they take moments, on the sandbox's clock. */
const REFUND_SECONDS = 2

export function refuse(status: number, code: string, message: string): Outcome {
  return { status, body: { code, message } }
}

function accept(body: unknown): Outcome {
  return { status: 200, body }
}

/** POST /v3/pay/transactions/native */
export function openOrder(stand: Stand, content: Content): Outcome {
  const { appId, mchId } = stand.identity.wechat
  const { appid, mchid, attach } = content
  const orderId = textOf(content.out_trade_no) ?? ''
  const description = textOf(content.description) ?? ''
  const notifyUrl = textOf(content.notify_url) ?? ''
  const { total, currency = 'CNY' } = objectOf(content.amount)
  const wrong = (field: string) => refuse(400, 'PARAM_ERROR', `输入源“/body/${field}”映射到值字段校验失败`)
  if (mchid !== mchId) return refuse(400, 'MCH_NOT_EXISTS', '商户号不存在')
  if (appid !== appId) return refuse(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配')
  if (!/^[\w\-|*]{6,32}$/.test(orderId)) return wrong('out_trade_no')
  if (!description || description.length > 127) return wrong('description')
  if (!isAddress(notifyUrl)) return wrong('notify_url')
  const minor = readFen(total)
  if (minor === undefined) return wrong('amount/total')
  if (currency !== 'CNY') return wrong('amount/currency')
  const expiresAt = readExpiry(stand, content.time_expire)
  if (!expiresAt || expiresAt <= nowOf(stand)) return wrong('time_expire')

  const known = stand.store.tradeOfOrder('wechat', orderId)
  if (known) {
    if (stand.store.paymentsOf(known.number).length > 0) return refuse(400, 'INVALID_REQUEST', '该订单已支付')
    if (known.closedAt || isExpired(stand, known)) return refuse(400, 'ORDER_CLOSED', '订单已关闭')
    if (known.minor !== minor || known.subject !== description)
      return refuse(403, 'OUT_TRADE_NO_USED', '商户订单号重复')
  }
  const trade =
    known ??
    newTrade(stand, {
      number: `wx${decimals(14)}${decimals(18)}`,
      channel: 'wechat',
      orderId,
      currency: 'CNY',
      minor,
      subject: description,
      notifyUrl,
      expiresAt,
      details: JSON.stringify({ attach }),
    })
  // Every answer has a new code at WeChat Pay, which lives two hours; here the same lives on.
  stand.store.put('trade', { ...trade, scannableUntil: addSeconds(nowOf(stand), CODE_SECONDS) })
  return accept({ code_url: `${stand.address()}/cashier/${trade.number}` })
}

/** GET /v3/pay/transactions/out-trade-no/{..} and /id/{..} */
export function queryOrder(stand: Stand, trade: Trade | undefined, payment: Payment | undefined): Outcome {
  if (!trade) return refuse(404, 'ORDER_NOT_EXIST', '订单不存在')
  if (payment) return accept(describePayment(stand, trade, payment))
  const { appId, mchId } = stand.identity.wechat
  // An order that ran out stays unpaid until it is closed, by the merchant or after seven days.
  const closed = trade.closedAt !== null || addSeconds(trade.openedAt, 7 * 86_400) <= nowOf(stand)
  return accept({
    mchid: mchId,
    appid: appId,
    out_trade_no: trade.orderId,
    trade_state: closed ? 'CLOSED' : 'NOTPAY',
    trade_state_desc: closed ? '订单已关闭' : '订单未支付',
    amount: { total: Number(trade.minor), currency: trade.currency },
  })
}

/** POST /v3/pay/transactions/out-trade-no/{..}/close */
export function closeOrder(stand: Stand, trade: Trade | undefined): Outcome {
  // WeChat Pay says yes to numbers that it never heard of, too.
  if (!trade) return { status: 204, body: undefined }
  if (stand.store.paymentsOf(trade.number).length > 0) return refuse(400, 'INVALID_REQUEST', '该订单已支付')
  if (!trade.closedAt) stand.store.put('trade', { ...trade, closedAt: nowOf(stand) })
  return { status: 204, body: undefined }
}

/** POST /v3/refund/domestic/refunds: accepted at once, done later. */
export function askRefund(stand: Stand, content: Content): Outcome {
  const refundId = textOf(content.out_refund_no) ?? ''
  const amount = objectOf(content.amount)
  const payment = findPayment(stand, content)
  if (!payment) return refuse(404, 'RESOURCE_NOT_EXISTS', '订单不存在')
  const minor = readFen(amount.refund)
  if (!/^[\w\-|*@]{1,64}$/.test(refundId) || minor === undefined) return refuse(400, 'PARAM_ERROR', '参数错误')
  const before = stand.store.refund('wechat', refundId)
  const mismatch = refuse(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试')
  if (amount.total !== Number(payment.minor) || amount.currency !== payment.currency) return mismatch
  if (before) {
    if (before.minor !== minor || before.paymentId !== payment.paymentId) return mismatch
    return accept(describeRefund(stand, before))
  }
  if (isPastRefund(stand, payment, REFUND_DAYS)) return refuse(400, 'INVALID_REQUEST', '订单已经超过退款期限')
  if (refundedOf(stand, payment) + minor > payment.minor)
    return refuse(400, 'INVALID_REQUEST', '申请退款金额大于订单可退金额')
  if (stand.store.refundsOf(payment.paymentId).length >= REFUNDS_AT_MOST)
    return refuse(400, 'INVALID_REQUEST', '部分退款次数超过限制')
  const at = nowOf(stand)
  const refund: Refund = {
    channel: 'wechat',
    refundId,
    reference: drawRefundReference(at),
    paymentId: payment.paymentId,
    number: payment.number,
    minor,
    state: 'processing',
    reason: textOf(content.reason) ?? '',
    notifyUrl: textOf(content.notify_url) ?? stand.store.trade(payment.number)!.notifyUrl,
    askedAt: at,
    dueAt: addSeconds(at, REFUND_SECONDS),
    doneAt: null,
    details: '{}',
  }
  stand.store.put('refund', refund)
  stand.wake()
  return accept(describeRefund(stand, refund))
}

/** GET /v3/refund/domestic/refunds/{..} */
export function queryRefund(stand: Stand, refundId: string): Outcome {
  const refund = stand.store.refund('wechat', refundId)
  return refund ? accept(describeRefund(stand, refund)) : refuse(404, 'RESOURCE_NOT_EXISTS', '退款单不存在')
}

/** The payer's account takes the money, or can't. */
export function settleRefund(stand: Stand, refund: Refund): void {
  const trade = stand.store.trade(refund.number)!
  const abnormal = stand.faults.take('refund_abnormal', placeOf(trade))
  const settled: Refund = {
    ...refund,
    state: abnormal ? 'abnormal' : 'success',
    doneAt: abnormal ? null : nowOf(stand),
    dueAt: null,
  }
  stand.store.put('refund', settled)
  queueNotice(stand, trade, wechat.tellRefund(stand, trade, stand.store.payment(refund.paymentId)!, settled))
}

function describeRefund(stand: Stand, refund: Refund) {
  const payment = stand.store.payment(refund.paymentId)!
  const total = Number(payment.minor)
  const back = Number(refund.minor)
  return {
    refund_id: refund.reference,
    out_refund_no: refund.refundId,
    transaction_id: payment.paymentId,
    out_trade_no: payment.orderId,
    channel: 'ORIGINAL',
    user_received_account: ACCOUNT,
    create_time: chinaRfc3339(refund.askedAt),
    ...(refund.doneAt && { success_time: chinaRfc3339(refund.doneAt) }),
    status: statusOf(refund),
    funds_account: 'AVAILABLE',
    amount: {
      total,
      refund: back,
      payer_total: total,
      payer_refund: back,
      settlement_refund: back,
      settlement_total: total,
      discount_refund: 0,
      currency: payment.currency,
    },
  }
}

function readExpiry(stand: Stand, text: unknown) {
  if (text === undefined) return addSeconds(nowOf(stand), CODE_SECONDS)
  try {
    return atOf(Temporal.Instant.from(String(text)))
  } catch {
    return undefined
  }
}

/** WeChat Pay wants https and no query; the sandbox takes a server on the same machine as well. */
function isAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.search === '' && text.length <= 255
}

/** A whole number of fen, at least one. */
function readFen(value: unknown): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? BigInt(value) : undefined
}

/** By WeChat Pay's number, or else by the merchant's. */
function findPayment(stand: Stand, content: Content): Payment | undefined {
  const { transaction_id: paymentId, out_trade_no: orderId } = content
  const trade = paymentId ? undefined : stand.store.tradeOfOrder('wechat', String(orderId))
  const payment = paymentId ? stand.store.payment(String(paymentId)) : trade && stand.store.paymentsOf(trade.number)[0]
  return payment?.channel === 'wechat' ? payment : undefined
}
