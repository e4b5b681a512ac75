import { randomUUID } from 'node:crypto'
import { chinaRfc3339, inChina, type At } from '../clock.ts'
import { decimals } from '../draw.ts'
import { share } from '../money.ts'
import type { Stand } from '../stand.ts'
import type { Payment, Refund, Trade } from '../store.ts'
import type { Vendor } from '../vendor.ts'
import { seal, signedHeaders } from './sign.ts'

const MINUTE = 60
const HOUR = 3600
const SUMMARIES: Record<string, string> = {
  'TRANSACTION.SUCCESS': '支付成功',
  'REFUND.SUCCESS': '退款成功',
  'REFUND.ABNORMAL': '退款异常',
}
export const PAYER = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
export const ACCOUNT = '支付用户零钱'

export const wechat: Vendor = {
  // docs: https://pay.weixin.qq.com/doc/v3/merchant/4012791861: 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h
  intervals: [
    ...[15, 15, 30, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE, HOUR],
    ...[3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR],
  ],
  patienceMs: 5_000,
  drawPaymentId: (at) => `4200${decimals(6)}${dayOf(at)}${decimals(10)}`,
  feeOf: (minor) => share(minor, 6n),
  payee: ({ identity: { wechat: me } }) => ({ app: me.appId, seller: me.mchId }),

  tellPayment(stand, trade, payment) {
    if (!trade.notifyUrl) return null
    const content = JSON.stringify(describePayment(stand, trade, payment))
    return { noticeId: randomUUID(), url: trade.notifyUrl, kind: 'TRANSACTION.SUCCESS', content }
  },

  tellRefund(_stand, trade, payment, refund) {
    if (!refund.notifyUrl || refund.state === 'processing') return null
    const content = JSON.stringify({
      mchid: payment.seller,
      transaction_id: payment.paymentId,
      out_trade_no: trade.orderId,
      refund_id: refund.reference,
      out_refund_no: refund.refundId,
      refund_status: statusOf(refund),
      ...(refund.doneAt && { success_time: chinaRfc3339(refund.doneAt) }),
      user_received_account: ACCOUNT,
      amount: {
        total: Number(payment.minor),
        refund: Number(refund.minor),
        payer_total: Number(payment.minor),
        payer_refund: Number(refund.minor),
      },
    })
    return { noticeId: randomUUID(), url: refund.notifyUrl, kind: `REFUND.${statusOf(refund)}`, content }
  },

  async dress(stand, notice, manner) {
    const about = notice.kind.startsWith('REFUND') ? 'refund' : 'transaction'
    const body = JSON.stringify({
      id: notice.noticeId,
      create_time: chinaRfc3339(notice.madeAt),
      resource_type: 'encrypt-resource',
      event_type: notice.kind,
      summary: SUMMARIES[notice.kind],
      resource: { original_type: about, ...seal(stand, notice.content, about) },
    })
    const probe = manner.probed === true && notice.sends === 1n
    const headers = await signedHeaders(stand, body, { ...manner, probe })
    return { headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'Mozilla/4.0' }, body }
  },

  isThanks: (status) => status === 200 || status === 204,
}

/** A paid order, as query and notice tell it. */
export function describePayment(stand: Stand, trade: Trade, payment: Payment) {
  const total = Number(payment.minor)
  return {
    mchid: payment.seller,
    appid: payment.app,
    out_trade_no: trade.orderId,
    transaction_id: payment.paymentId,
    trade_type: 'NATIVE',
    trade_state: stand.store.refundsOf(payment.paymentId).length > 0 ? 'REFUND' : 'SUCCESS',
    trade_state_desc: '支付成功',
    bank_type: 'OTHERS',
    attach: (JSON.parse(trade.details) as { attach?: string }).attach ?? '',
    success_time: chinaRfc3339(payment.paidAt),
    payer: { openid: PAYER },
    amount: { total, payer_total: total, currency: payment.currency, payer_currency: payment.currency },
  }
}

export function drawRefundReference(at: At): string {
  return `5030${decimals(7)}${dayOf(at)}${decimals(10)}`
}

export function statusOf(refund: Refund): string {
  return refund.state.toUpperCase()
}

function dayOf(at: At): string {
  return inChina(at).toPlainDate().toString().replaceAll('-', '')
}
