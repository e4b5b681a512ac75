import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { gzipSync } from 'node:zlib'
import type { Outcome } from '../answer.ts'
import { CHINA, chinaTime, dayInChina, inChina } from '../clock.ts'
import { decimalOf } from '../money.ts'
import { nowOf, type Stand } from '../stand.ts'
import type { Payment, Refund } from '../store.ts'
import { makeToken, readToken } from '../token.ts'
import { refuse } from './calls.ts'
import { PAYER, statusOf } from './notices.ts'
import type { Handle } from './routes.ts'
import { judgeSignature } from './sign.ts'

/** Yesterday's bill is there from ten in the morning, and for three months. */
const READY_HOUR = 10
const MONTHS = 3
const ADDRESS_SECONDS = 300
const HEADINGS =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const SUMMARY_HEADINGS = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
const TYPES = ['ALL', 'SUCCESS', 'REFUND'] as const
type BillType = (typeof TYPES)[number]

/** GET /v3/bill/tradebill, which tells where the bill lies, and the download itself. */
export function serveTradeBill(http: FastifyInstance, stand: Stand, handle: Handle): void {
  http.get<{ Querystring: Record<string, string> }>('/v3/bill/tradebill', (request, reply) =>
    handle(request, reply, { call: 'bill', orders: [] }, () => billAddress(stand, request.query)),
  )
  http.get<{ Querystring: { token?: string } }>('/v3/billdownload/file', async (request, reply) => {
    const { method, url, headers } = request
    const wrong = judgeSignature(stand, { method, url, body: undefined, authorization: headers.authorization })
    if (wrong) return reply.code(401).send({ code: 'SIGN_ERROR', message: wrong })
    const named = readToken(stand, request.query.token)
    if (!named?.startsWith('["wechat bill"'))
      return reply.code(400).send(refuse(400, 'INVALID_REQUEST', '参数错误').body)
    const [, day, type, gzip] = JSON.parse(named) as [string, string, BillType, boolean]
    const bill = makeBill(stand, Temporal.PlainDate.from(day), type)
    // A file, and not signed: that is what the hash is for.
    return reply.type('application/octet-stream').send(gzip ? gzipSync(bill) : bill)
  })
}

function billAddress(stand: Stand, query: Record<string, string>): Outcome {
  const day = readDay(query.bill_date)
  const type = TYPES.find((each) => each === (query.bill_type ?? 'ALL'))
  if (!day || !type) return refuse(400, 'PARAM_ERROR', '参数错误')
  const today = inChina(nowOf(stand)).toPlainDate()
  if (
    Temporal.PlainDate.compare(day, today) >= 0 ||
    Temporal.PlainDate.compare(day, today.subtract({ months: MONTHS })) < 0
  )
    return refuse(400, 'INVALID_REQUEST', '账单日期不在可下载范围内')
  const ready = day.add({ days: 1 }).toZonedDateTime({ timeZone: CHINA, plainTime: { hour: READY_HOUR } })
  if (Temporal.Instant.compare(ready.toInstant(), stand.clock.now()) > 0)
    return refuse(400, 'STATEMENT_CREATING', '账单生成中')
  if (rowsOf(stand, day, type).length === 0) return refuse(400, 'NO_STATEMENT_EXIST', '账单文件不存在')
  const gzip = query.tar_type === 'GZIP'
  const token = makeToken(stand, JSON.stringify(['wechat bill', day.toString(), type, gzip]), ADDRESS_SECONDS)
  // The hash is of the file as it is before it is packed.
  const hash = createHash('sha1')
    .update(makeBill(stand, day, type))
    .digest('hex')
  const address = `${stand.address()}/v3/billdownload/file?token=${token}`
  return { status: 200, body: { hash_type: 'SHA1', hash_value: hash, download_url: address } }
}

type Row = { payment: Payment; refund: Refund | undefined; at: string }

function rowsOf(stand: Stand, day: Temporal.PlainDate, type: BillType): Row[] {
  const { from, before } = dayInChina(day)
  const payments = stand.store.paymentsOn('wechat', from, before)
  const refunds = stand.store.refundsOn('wechat', from, before)
  const rows: Row[] = [
    ...(type === 'REFUND' ? [] : payments.map((payment) => ({ payment, refund: undefined, at: payment.paidAt }))),
    ...(type === 'SUCCESS'
      ? []
      : refunds.map((refund) => ({ payment: stand.store.payment(refund.paymentId)!, refund, at: refund.askedAt }))),
  ]
  return rows.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/** UTF-8 with a byte order mark; every value begins with a backtick, so that spreadsheets keep long numbers. */
function makeBill(stand: Stand, day: Temporal.PlainDate, type: BillType): Buffer {
  const rows = rowsOf(stand, day, type)
  const sum = (of: (row: Row) => bigint) => decimalOf(rows.reduce((total, row) => total + of(row), 0n))
  const paid = (row: Row) => (row.refund ? 0n : row.payment.minor)
  const back = (row: Row) => row.refund?.minor ?? 0n
  const totals = [String(rows.length), sum(paid), sum(back), '0.00', sum(feeOf), sum(paid), sum(back)]
  const lines = [HEADINGS, ...rows.map((row) => line(stand, row)), SUMMARY_HEADINGS, marked(totals)]
  return Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`)
}

function line(stand: Stand, row: Row): string {
  const { payment, refund, at } = row
  const { subject, details } = stand.store.trade(payment.number)!
  const who = [chinaTime(at), payment.app, payment.seller, '0', '', payment.paymentId, payment.orderId, PAYER, 'NATIVE']
  const how = [refund ? 'REFUND' : 'SUCCESS', 'OTHERS', payment.currency]
  const amount = decimalOf(payment.minor)
  const none = '0.00'
  const back = refund && decimalOf(refund.minor)
  const paying = [refund ? none : amount, none]
  const giving = [refund?.reference ?? '0', refund?.refundId ?? '0', back ?? none, none]
  const ending = refund ? ['ORIGINAL', statusOf(refund)] : ['', '']
  const attach = (JSON.parse(details) as { attach?: string }).attach ?? ''
  const rest = [subject, attach, decimalOf(feeOf(row)), '0.60%', refund ? none : amount, back ?? none, '']
  return marked([...who, ...how, ...paying, ...giving, ...ending, ...rest])
}

/** WeChat Pay gives its fee back with a refund, in proportion. */
function feeOf({ payment, refund }: Row): bigint {
  return refund ? -((payment.fee * refund.minor) / payment.minor) : payment.fee
}

function marked(values: string[]): string {
  return values.map((value) => `\`${value.replace(/[,\r\n`]/g, ' ')}`).join(',')
}

function readDay(text: string | undefined): Temporal.PlainDate | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text ?? '')) return undefined
  try {
    return Temporal.PlainDate.from(text!)
  } catch {
    return undefined
  }
}
