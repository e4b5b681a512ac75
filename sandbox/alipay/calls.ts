import { addSeconds, atOf, CHINA, chinaTime, type At } from '../clock.ts'
import type { Content } from '../content.ts'
import { nonce } from '../draw.ts'
import { decimalOf, minorOf } from '../money.ts'
import { queueNotice } from '../notices.ts'
import { nowOf, placeOf, type Stand } from '../stand.ts'
import type { Payment, Refund, Trade } from '../store.ts'
import { isExpired, isPastRefund, newTrade, refundedOf } from '../trade.ts'
import { billAddress } from './bill.ts'
import { alipay, BUYER } from './notices.ts'

/** What stands in `.._response`: with code 10000, or a refusal. */
type Answer = Record<string, unknown>
type Call = (stand: Stand, content: Content, common: Record<string, string>) => Answer

const REFUND_DAYS = 365
const QR_SECONDS = 2 * 3600

/** The calls of the V1 gateway, and what a fault calls them. */
export const CALLS: Record<string, { name: string; call: Call }> = {
  'alipay.trade.precreate': { name: 'open', call: precreate },
  'alipay.trade.query': { name: 'query', call: query },
  'alipay.trade.close': { name: 'close', call: close },
  'alipay.trade.refund': { name: 'refund', call: refund },
  'alipay.trade.fastpay.refund.query': { name: 'query_refund', call: queryRefund },
  'alipay.data.dataservice.bill.downloadurl.query': { name: 'bill', call: billAddress },
}

export function success(answer: Answer): Answer {
  return { code: '10000', msg: 'Success', ...answer }
}

export function refuse(subCode: string, subMessage: string): Answer {
  return { code: '40004', msg: 'Business Failed', sub_code: subCode, sub_msg: subMessage }
}

function precreate(stand: Stand, content: Content, common: Record<string, string>): Answer {
  const orderId = String(content.out_trade_no ?? '')
  const minor = minorOf(content.total_amount)
  const subject = String(content.subject ?? '')
  const expiresAt = readExpiry(stand, content)
  if (!/^\w{1,64}$/.test(orderId)) return refuse('ACQ.INVALID_PARAMETER', '参数无效: out_trade_no')
  if (minor === undefined || minor > 10_000_000_000n) return refuse('ACQ.INVALID_PARAMETER', '参数无效: total_amount')
  if (!/^[^/=&]{1,256}$/u.test(subject)) return refuse('ACQ.INVALID_PARAMETER', '参数无效: subject')
  if (!expiresAt) return refuse('ACQ.INVALID_PARAMETER', '参数无效: time_expire')

  const known = stand.store.tradeOfOrder('alipay', orderId)
  if (known) {
    if (stand.store.paymentsOf(known.number).length > 0) return refuse('ACQ.TRADE_HAS_SUCCESS', '交易已被支付')
    if (known.closedAt || isExpired(stand, known)) return refuse('ACQ.TRADE_HAS_CLOSE', '交易已经关闭')
    if (known.minor !== minor || known.subject !== subject) return refuse('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改')
  }
  const trade =
    known ??
    newTrade(stand, {
      number: nonce(),
      channel: 'alipay',
      orderId,
      currency: 'CNY',
      minor,
      subject,
      notifyUrl: common.notify_url ?? null,
      expiresAt,
      details: '{}',
    })
  if (!known) stand.store.put('trade', trade)
  return success({ out_trade_no: orderId, qr_code: `${stand.address()}/cashier/${trade.number}` })
}

function query(stand: Stand, content: Content): Answer {
  const trade = findTrade(stand, content)
  if (!trade) return refuse('ACQ.TRADE_NOT_EXIST', '交易不存在')
  const payment = paymentOf(stand, trade, content)
  const paid = payment ? decimalOf(payment.minor) : '0.00'
  return success({
    buyer_logon_id: BUYER.logon,
    buyer_pay_amount: paid,
    buyer_user_id: BUYER.id,
    invoice_amount: paid,
    out_trade_no: trade.orderId,
    point_amount: '0.00',
    receipt_amount: paid,
    total_amount: decimalOf(payment?.minor ?? trade.minor),
    trade_no: payment?.paymentId ?? trade.reference,
    trade_status: statusOf(stand, trade, payment),
    ...(payment && {
      send_pay_date: chinaTime(payment.paidAt),
      fund_bill_list: [{ amount: paid, fund_channel: 'ALIPAYACCOUNT' }],
      ...(payment.currency !== 'CNY' && { trans_currency: payment.currency }),
    }),
  })
}

function close(stand: Stand, content: Content): Answer {
  const trade = findTrade(stand, content)
  // A code that nobody has scanned can't be closed: it stays payable until it expires.
  if (!trade) return refuse('ACQ.TRADE_NOT_EXIST', '交易不存在')
  if (statusOf(stand, trade, paymentOf(stand, trade, content)) !== 'WAIT_BUYER_PAY')
    return refuse('ACQ.TRADE_STATUS_ERROR', '交易状态不合法')
  stand.store.put('trade', { ...trade, closedAt: nowOf(stand) })
  return success({ out_trade_no: trade.orderId, trade_no: trade.reference })
}

function refund(stand: Stand, content: Content): Answer {
  const trade = findTrade(stand, content)
  if (!trade) return refuse('ACQ.TRADE_NOT_EXIST', '交易不存在')
  const payment = paymentOf(stand, trade, content)
  if (!payment) return refuse('ACQ.TRADE_STATUS_ERROR', '交易状态不合法')
  const minor = minorOf(content.refund_amount)
  if (minor === undefined) return refuse('ACQ.INVALID_PARAMETER', '参数无效: refund_amount')
  // Without a request number the whole payment is meant, under the order's own.
  const refundId = String(content.out_request_no ?? trade.orderId)
  if (content.out_request_no === undefined && minor < payment.minor)
    return refuse('ACQ.INVALID_PARAMETER', '参数无效: 部分退款必须传入 out_request_no')

  const before = stand.store.refund('alipay', refundId)
  if (before) {
    if (before.minor !== minor || before.paymentId !== payment.paymentId)
      return refuse('ACQ.DISCORDANT_REPEAT_REQUEST', '不一致的请求')
    return refunded(stand, trade, payment, before, 'N')
  }
  if (isPastRefund(stand, payment, REFUND_DAYS)) return refuse('ACQ.TRADE_HAS_FINISHED', '交易已完结')
  if (refundedOf(stand, payment) + minor > payment.minor)
    return refuse('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限')
  if (stand.faults.take('refund_abnormal', placeOf(trade))) return refuse('ACQ.BUYER_ERROR', '买家状态异常，退款失败')
  const made = makeRefund(stand, payment, refundId, minor, String(content.refund_reason ?? ''))
  stand.store.put('refund', made)
  queueNotice(stand, trade, alipay.tellRefund(stand, trade, payment, made))
  return refunded(stand, trade, payment, made, 'Y')
}

function makeRefund(stand: Stand, payment: Payment, refundId: string, minor: bigint, reason: string): Refund {
  const at = nowOf(stand)
  return {
    channel: 'alipay',
    refundId,
    // Alipay gives refunds no number of their own.
    reference: nonce(),
    paymentId: payment.paymentId,
    number: payment.number,
    minor,
    state: 'success',
    reason,
    notifyUrl: null,
    askedAt: at,
    dueAt: null,
    doneAt: at,
    details: '{}',
  }
}

function refunded(stand: Stand, trade: Trade, payment: Payment, made: Refund, moved: 'Y' | 'N'): Answer {
  return success({
    buyer_logon_id: BUYER.logon,
    buyer_user_id: BUYER.id,
    fund_change: moved,
    gmt_refund_pay: chinaTime(made.doneAt ?? made.askedAt),
    out_trade_no: trade.orderId,
    // All that was given back of the trade, not this refund alone.
    refund_fee: decimalOf(refundedOf(stand, payment)),
    send_back_fee: decimalOf(made.minor),
    trade_no: payment.paymentId,
  })
}

function queryRefund(stand: Stand, content: Content): Answer {
  const trade = findTrade(stand, content)
  if (!trade) return refuse('ACQ.TRADE_NOT_EXIST', '交易不存在')
  const made = stand.store.refund('alipay', String(content.out_request_no ?? trade.orderId))
  const payment = made && stand.store.payment(made.paymentId)
  // Nothing but the code: that is how Alipay says that there was no such refund, or none that worked.
  if (!made || !payment || made.number !== trade.number) return success({})
  const options = Array.isArray(content.query_options) ? content.query_options : []
  return success({
    out_request_no: made.refundId,
    out_trade_no: trade.orderId,
    refund_amount: decimalOf(made.minor),
    refund_reason: made.reason,
    refund_status: 'REFUND_SUCCESS',
    total_amount: decimalOf(payment.minor),
    trade_no: payment.paymentId,
    ...(options.includes('gmt_refund_pay') && { gmt_refund_pay: chinaTime(made.doneAt ?? made.askedAt) }),
  })
}

/** By Alipay's number first, then by the merchant's; a code that nobody has scanned is no trade yet. */
function findTrade(stand: Stand, content: Content): Trade | undefined {
  const tradeNo = content.trade_no
  const byPayment = tradeNo ? stand.store.payment(String(tradeNo)) : undefined
  const trade = byPayment
    ? stand.store.trade(byPayment.number)
    : tradeNo
      ? stand.store.tradeOfReference(String(tradeNo))
      : stand.store.tradeOfOrder('alipay', String(content.out_trade_no ?? ''))
  return trade?.channel === 'alipay' && trade.seenAt ? trade : undefined
}

/** The payment that is meant; a trade has one, unless the sandbox was told to pay it twice. */
function paymentOf(stand: Stand, trade: Trade, content: Content): Payment | undefined {
  const payments = stand.store.paymentsOf(trade.number)
  return payments.find((payment) => payment.paymentId === content.trade_no) ?? payments[0]
}

function statusOf(stand: Stand, trade: Trade, payment: Payment | undefined): string {
  if (!payment) return trade.closedAt || isExpired(stand, trade) ? 'TRADE_CLOSED' : 'WAIT_BUYER_PAY'
  if (refundedOf(stand, payment) >= payment.minor) return 'TRADE_CLOSED'
  return isPastRefund(stand, payment, REFUND_DAYS) ? 'TRADE_FINISHED' : 'TRADE_SUCCESS'
}

/** time_expire (a time in China) or timeout_express (90m, 2h, 1d); by default two hours, as long as a code lives. */
function readExpiry(stand: Stand, content: Content): At | undefined {
  const { time_expire: until, timeout_express: within } = content
  if (typeof until === 'string') {
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(until)) return undefined
    try {
      const at = atOf(Temporal.PlainDateTime.from(until.replace(' ', 'T')).toZonedDateTime(CHINA).toInstant())
      return at > nowOf(stand) ? at : undefined
    } catch {
      return undefined
    }
  }
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(String(within ?? '')) ?? []
  if (within !== undefined && !count) return undefined
  const seconds = count ? Number(count) * { m: 60, h: 3600, d: 86_400 }[unit as 'm' | 'h' | 'd'] : QR_SECONDS
  return addSeconds(nowOf(stand), seconds)
}
