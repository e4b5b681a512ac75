import { addSeconds, chinaTime, inChina, type At } from '../clock.ts'
import { decimals } from '../draw.ts'
import { currentSigner } from '../identity.ts'
import { decimalOf, share } from '../money.ts'
import { nowOf, type Stand } from '../stand.ts'
import type { Payment, Refund, Trade } from '../store.ts'
import { refundedOf } from '../trade.ts'
import type { Vendor } from '../vendor.ts'
import { signRsa2, textToSign } from './sign.ts'

const MINUTE = 60
const HOUR = 3600
/** The payer, whoever presses the button. */
export const BUYER = { id: '2088902025430816', logon: 'pay***@sandbox.example' }

export const alipay: Vendor = {
  // Eight sends within 25 hours (docs: https://opendocs.alipay.com/open/194/103296).
  intervals: [4 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 15 * HOUR],
  patienceMs: 10_000,
  drawPaymentId: (at) => `${dayOf(at)}22001${decimals(15)}`,
  feeOf: (minor) => share(minor, 6n),
  payee: ({ identity: { alipay: me } }) => ({ app: me.appId, seller: me.sellerId }),

  tellPayment(stand, trade, payment) {
    return draft(stand, trade, payment, { trade_status: 'TRADE_SUCCESS' })
  },

  tellRefund(stand, trade, payment, refund) {
    if (refund.state !== 'success') return null
    const whole = refundedOf(stand, payment) >= payment.minor
    return draft(stand, trade, payment, {
      trade_status: whole ? 'TRADE_CLOSED' : 'TRADE_SUCCESS',
      ...refundFields(stand, payment, refund),
      ...(whole && { gmt_close: chinaTime(nowOf(stand)) }),
    })
  },

  async dress(stand, notice, manner) {
    const sentAt = addSeconds(nowOf(stand), -(manner.staleSeconds ?? 0))
    const values: Record<string, string> = { ...JSON.parse(notice.content), notify_time: chinaTime(sentAt) }
    const key = manner.forged ? stand.identity.stranger : currentSigner(stand.identity, 'alipay').privateKey
    const sign = await signRsa2(textToSign(values, ['sign', 'sign_type']), key)
    const body = new URLSearchParams({ ...values, sign_type: 'RSA2', sign }).toString()
    return { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body }
  },

  isThanks: (status, body) => status === 200 && body.trim() === 'success',
}

function draft(stand: Stand, trade: Trade, payment: Payment, more: Record<string, string>) {
  if (!trade.notifyUrl) return null
  const noticeId = `${dayOf(nowOf(stand))}00222${decimals(21)}`
  const paid = decimalOf(payment.minor)
  const content = {
    notify_type: 'trade_status_sync',
    notify_id: noticeId,
    app_id: payment.app,
    auth_app_id: payment.app,
    charset: 'utf-8',
    version: '1.0',
    trade_no: payment.paymentId,
    out_trade_no: trade.orderId,
    seller_id: payment.seller,
    buyer_id: BUYER.id,
    buyer_logon_id: BUYER.logon,
    subject: trade.subject,
    total_amount: paid,
    receipt_amount: paid,
    invoice_amount: paid,
    buyer_pay_amount: paid,
    point_amount: '0.00',
    fund_bill_list: JSON.stringify([{ amount: paid, fundChannel: 'ALIPAYACCOUNT' }]),
    gmt_create: chinaTime(trade.seenAt ?? trade.openedAt),
    gmt_payment: chinaTime(payment.paidAt),
    ...(payment.currency !== 'CNY' && { trans_currency: payment.currency }),
    ...more,
  }
  return { noticeId, url: trade.notifyUrl, kind: more.trade_status!, content: JSON.stringify(content) }
}

function refundFields(stand: Stand, payment: Payment, refund: Refund): Record<string, string> {
  return {
    out_biz_no: refund.refundId,
    refund_fee: decimalOf(refundedOf(stand, payment)),
    gmt_refund: `${chinaTime(refund.doneAt ?? refund.askedAt)}.000`,
  }
}

function dayOf(at: At): string {
  return inChina(at).toPlainDate().toString().replaceAll('-', '')
}
