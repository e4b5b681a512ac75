import type { Notice, Payment } from '../gateway.ts'
import { signedText, type AlipayWire } from './alipayWire.ts'
import { readCash } from './cash.ts'
import { readChina } from './chinaTime.ts'
import { fieldsOf, refuseNotice, type Fields } from './fields.ts'

/** The fields of a notice's form. @throws Refusal bad_signature when Alipay did not sign them. */
export function verifyAlipayNotice(body: string, wire: AlipayWire): Fields {
  const form = new URLSearchParams(body)
  const values: Record<string, string> = Object.fromEntries(form)
  if (Object.keys(values).length !== [...form].length) throw refuseNotice('alipay', 'a field stands twice')
  const { sign = '', sign_type, ...signed } = values
  if (sign_type !== 'RSA2') throw refuseNotice('alipay', 'it is not signed with RSA2')
  // Payments leave sign_type out of what is signed; some of Alipay's other services don't.
  const texts = [signedText(signed), signedText({ ...signed, sign_type })]
  if (!texts.some((text) => wire.isSigned(text, sign))) throw refuseNotice('alipay', 'the signature is wrong')
  return fieldsOf('the notice', values)
}

/** @param payee ours: a message about another's refund or order is none for us. */
export function readAlipayNotice(fields: Fields, payee: string): Notice {
  const about = readAbout(fields)
  if (about.kind !== 'payment' && payeeOf(fields) !== payee)
    throw refuseNotice('alipay', 'it is for another app or seller')
  return { noticeId: fields.text('notify_id'), at: readChina(fields.text('notify_time')), about }
}

function payeeOf(fields: Fields): string {
  return `${fields.text('app_id')}:${fields.text('seller_id')}`
}

function readAbout(fields: Fields): Notice['about'] {
  const status = fields.text('trade_status')
  // Notices of payments may say refund_fee=0.00.
  const refunded =
    fields.has('gmt_refund') || (fields.has('refund_fee') && readCash(fields.text('refund_fee'), 'CNY').minor > 0n)
  if (refunded) return { kind: 'refund', refund: readRefund(fields) }
  if (status === 'TRADE_SUCCESS' || status === 'TRADE_FINISHED')
    return { kind: 'payment', payment: readPayment(fields) }
  return { kind: 'other', what: `${status} ${fields.text('out_trade_no')}` }
}

/** The notice has what was refunded in all, not what this refund was. */
function readRefund(fields: Fields) {
  const tradeNo = fields.text('trade_no')
  return {
    refundId: fields.maybe('out_biz_no') ?? tradeNo,
    reference: tradeNo,
    state: 'done' as const,
    cash: null,
    at: fields.has('gmt_refund') ? readChina(fields.text('gmt_refund')) : null,
  }
}

function readPayment(fields: Fields): Payment {
  return {
    orderId: fields.text('out_trade_no'),
    paymentId: fields.text('trade_no'),
    cash: readCash(fields.text('total_amount'), fields.maybe('trans_currency') ?? 'CNY'),
    fee: null,
    payee: payeeOf(fields),
    paidAt: readChina(fields.maybe('gmt_payment') ?? fields.text('notify_time')),
  }
}
