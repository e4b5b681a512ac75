import type { FastifyInstance } from 'fastify'
import { CHINA, chinaTime, dayInChina } from '../clock.ts'
import type { Content } from '../content.ts'
import { encodeGbk } from '../gbk.ts'
import { decimalOf } from '../money.ts'
import { nowOf, type Stand } from '../stand.ts'
import type { Payment, Refund } from '../store.ts'
import { makeToken, readToken } from '../token.ts'
import { zip } from '../zip.ts'
import { refuse, success } from './calls.ts'

/** A day's bill is there from nine in the next morning. */
const READY_HOUR = 9
const ADDRESS_SECONDS = 30
const HEADINGS =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额(元),商家实收(元),支付宝红包(元),集分宝(元),支付宝优惠(元),商家优惠(元),券核销金额(元),券名称,商家红包消费金额(元),卡消费金额(元),退款批次号/请求号,服务费(元),分润(元),备注'
const SUMMARY_HEADINGS =
  '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额(元),商家实收(元),支付宝优惠(元),商家优惠(元),卡消费金额(元),服务费(元),分润(元),实收净额(元)'

/** alipay.data.dataservice.bill.downloadurl.query: where a day's bill lies, for half a minute. */
export function billAddress(stand: Stand, content: Content): Record<string, unknown> {
  if (content.bill_type !== 'trade') return refuse('isv.invalid-arguments', '参数有误: bill_type')
  const day = readDay(content.bill_date)
  if (!day) return refuse('isv.invalid-arguments', '参数有误: bill_date')
  const ready = day.add({ days: 1 }).toZonedDateTime({ timeZone: CHINA, plainTime: { hour: READY_HOUR } })
  const isOut = Temporal.Instant.compare(ready.toInstant(), stand.clock.now()) <= 0
  // A day without any business has no bill, and Alipay says so with the same word.
  if (!isOut || rowsOf(stand, day).length === 0) return refuse('isp.bill_not_exist', '账单不存在')
  const token = makeToken(stand, `alipay bill ${day}`, ADDRESS_SECONDS)
  return success({ bill_download_url: `${stand.address()}/alipay/bill?token=${token}` })
}

/** The download itself: no signature, only an address that nobody guesses. */
export function serveBill(http: FastifyInstance, stand: Stand): void {
  http.get<{ Querystring: { token?: string } }>('/alipay/bill', async (request, reply) => {
    const day = /^alipay bill (.+)$/.exec(readToken(stand, request.query.token) ?? '')?.[1]
    if (!day) return reply.code(403).type('text/plain').send('expired')
    return reply.type('application/zip').send(makeBill(stand, Temporal.PlainDate.from(day)))
  })
}

function makeBill(stand: Stand, day: Temporal.PlainDate): Buffer {
  const { sellerId } = stand.identity.alipay
  const rows = rowsOf(stand, day)
  const name = `${sellerId}0156_${day.toString().replaceAll('-', '')}_业务明细`
  return zip([
    { name: encodeGbk(`${name}.csv`), content: encodeGbk(details(stand, day, rows)) },
    { name: encodeGbk(`${name}(汇总).csv`), content: encodeGbk(summary(stand, day, rows)) },
  ])
}

type Row = { payment: Payment; refund: Refund | undefined; at: string; minor: bigint; fee: bigint }

function rowsOf(stand: Stand, day: Temporal.PlainDate): Row[] {
  const { from, before } = dayInChina(day)
  const payments = stand.store.paymentsOn('alipay', from, before).map((payment) => ({
    payment,
    refund: undefined,
    at: payment.paidAt,
    minor: payment.minor,
    // Alipay keeps its fee when money is given back.
    fee: -payment.fee,
  }))
  const refunds = stand.store.refundsOn('alipay', from, before).map((refund) => ({
    payment: stand.store.payment(refund.paymentId)!,
    refund,
    at: refund.askedAt,
    minor: -refund.minor,
    fee: 0n,
  }))
  return [...payments, ...refunds].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function details(stand: Stand, day: Temporal.PlainDate, rows: Row[]): string {
  const sum = (chosen: Row[]) => decimalOf(chosen.reduce((total, row) => total + row.minor, 0n))
  const paid = rows.filter((row) => !row.refund)
  const back = rows.filter((row) => row.refund)
  return lines([
    '#支付宝业务明细查询',
    ...period(stand, day),
    '#-----------------------------------------业务明细列表----------------------------------------',
    HEADINGS,
    ...rows.map((row) => line(stand, row)),
    '#-----------------------------------------业务明细列表结束------------------------------------',
    `#交易合计：${paid.length}笔，商家实收共${sum(paid)}元，商家优惠共0.00元`,
    `#退款合计：${back.length}笔，商家实收退款共${sum(back)}元，商家优惠退款共0.00元`,
    `#导出时间：[${inChinese(chinaTime(nowOf(stand)))}]`,
  ])
}

/** One row, its texts padded with tabs as Alipay does, so that spreadsheets keep long numbers whole. */
function line(stand: Stand, { payment, refund, at, minor, fee }: Row): string {
  const trade = stand.store.trade(payment.number)!
  const amount = decimalOf(minor)
  const none = '0.00'
  const texts = [payment.paymentId, payment.orderId, refund ? '退款' : '交易', trade.subject]
  const times = [chinaTime(trade.seenAt ?? trade.openedAt), chinaTime(at)]
  const fields = [...texts, ...times, '', '', '', '', '**付(pay***@sandbox.example)'].map((text) => `${clean(text)}\t`)
  const request = `${refund?.refundId ?? ''}\t`
  return [
    ...fields,
    amount,
    amount,
    none,
    none,
    none,
    none,
    none,
    '\t',
    none,
    none,
    request,
    decimalOf(fee),
    none,
    `${refund?.reason ?? ''}\t`,
  ].join(',')
}

function summary(stand: Stand, day: Temporal.PlainDate, rows: Row[]): string {
  const count = (refunds: boolean) => rows.filter((row) => (row.refund !== undefined) === refunds).length
  const amount = rows.reduce((total, row) => total + row.minor, 0n)
  const fees = rows.reduce((total, row) => total + row.fee, 0n)
  const money = [amount, amount, 0n, 0n, 0n, fees, 0n, amount + fees].map((minor) => decimalOf(minor))
  return lines([
    '#支付宝业务汇总查询',
    ...period(stand, day),
    '#-----------------------------------------业务汇总列表----------------------------------------',
    SUMMARY_HEADINGS,
    ['合计\t', '\t', count(false), count(true), ...money].join(','),
    '#----------------------------------------业务汇总列表结束-------------------------------------',
    `#导出时间：[${inChinese(chinaTime(nowOf(stand)))}]`,
  ])
}

function period(stand: Stand, day: Temporal.PlainDate): string[] {
  const midnight = (date: Temporal.PlainDate) => inChinese(`${date} 00:00:00`)
  return [
    `#账号：[${stand.identity.alipay.sellerId}0156]`,
    `#起始日期：[${midnight(day)}]   终止日期：[${midnight(day.add({ days: 1 }))}]`,
  ]
}

/** 2026年11月27日 20:04:55 */
function inChinese(time: string): string {
  return time.replace(/^(\d+)-(\d+)-(\d+)/, '$1年$2月$3日')
}

/** Alipay's file knows no quotes. */
function clean(text: string): string {
  return text.replace(/[,\r\n\t]/g, ' ')
}

function lines(all: string[]): string {
  return `${all.join('\r\n')}\r\n`
}

function readDay(text: unknown): Temporal.PlainDate | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(String(text))) return undefined
  try {
    return Temporal.PlainDate.from(String(text))
  } catch {
    return undefined
  }
}
