import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Formatter } from 'wechatpay-axios-plugin'
import {
  APP,
  assertSigned,
  desk,
  isUnavailable,
  MERCHANT,
  openDesk,
  order,
  payment,
  refundOrder,
  refusal,
  signed,
  underway,
} from './wechat.fixture.ts'

openDesk()

const HEAD =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const BILL = [
  `\uFEFF${HEAD}`,
  `\`2026-11-26 10:00:09,\`${APP},\`${MERCHANT},\`0,\`,\`${refundOrder.paymentId},\`${order.orderId},\`o1,\`NATIVE,\`SUCCESS,\`OTHERS,\`CNY,\`200.50,\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`Corehour, 充值,\`,\`1.20000,\`0.60%,\`200.50,\`0.00,\``,
  `\`2026-11-26 11:00:00,\`${APP},\`${MERCHANT},\`0,\`,\`${refundOrder.paymentId},\`${order.orderId},\`o1,\`NATIVE,\`REFUND,\`OTHERS,\`CNY,\`0.00,\`0.00,\`50000000002026112700000001,\`${refundOrder.refundId},\`0.50,\`0.00,\`ORIGINAL,\`SUCCESS,\`Corehour, 充值,\`,\`0.00000,\`0.60%,\`0.00,\`0.50,\``,
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  '`2,`200.50,`0.50,`0.00,`1.20000,`200.50,`0.50',
  '',
].join('\r\n')
const DAY = Temporal.PlainDate.from('2026-11-26')

function answerBill(bill: string, hash = createHash('sha1').update(bill).digest('hex')): void {
  const told = { download_url: `${desk.vendor.url}/v3/billdownload/file?token=t`, hash_type: 'SHA1', hash_value: hash }
  // Files are not signed.
  desk.vendor.answer((seen) => (seen.path.startsWith('/v3/billdownload') ? { body: bill } : signed(told)))
}

test('a bill in yuan, as the library reads it too', async () => {
  answerBill(BILL)
  const rows = await desk.gateway.statement(DAY)
  assert.deepEqual(rows, [
    {
      kind: 'payment',
      payment: {
        ...payment,
        fee: { currency: 'CNY', minor: 120n },
        paidAt: Temporal.Instant.from('2026-11-26T02:00:09Z'),
      },
    },
    {
      kind: 'refund',
      orderId: order.orderId,
      refund: { ...underway, state: 'done', at: Temporal.Instant.from('2026-11-26T03:00:00Z') },
    },
  ])
  answerBill(BILL.replace('1.20000', '1.20300'))
  const [finer] = await desk.gateway.statement(DAY)
  assert.ok(finer?.kind === 'payment' && finer.payment.fee === null)
  assert.equal(desk.vendor.seen[0]!.path, '/v3/bill/tradebill?bill_date=2026-11-26&bill_type=ALL')
  for (const seen of desk.vendor.seen) assertSigned(seen)
  const theirs = Formatter.castCsvBill(Buffer.from(BILL)) as { rows: Record<string, string>[] }
  assert.deepEqual(
    theirs.rows.map((row) => [row['商户订单号'], row['商户退款单号'], row['商品名称'], row['申请退款金额']]),
    [
      [order.orderId, '0', 'Corehour, 充值', '0.00'],
      [order.orderId, refundOrder.refundId, 'Corehour, 充值', '0.50'],
    ],
  )
})

test('a bill that is not whole, or not understood, is none', async () => {
  const cases: [string, RegExp][] = [
    [BILL.replace('`2,`', '`3,`'), /as many rows/],
    [BILL.slice(0, BILL.indexOf('总交易单数')), /no sums/],
    [BILL.replace('订单金额,申请', '金额,申请'), /no column 订单金额/],
    [BILL.replace('`REFUND', '`GIFT'), /kind GIFT/],
    [BILL.replace('`ORIGINAL,`SUCCESS', '`ORIGINAL,`NEWS'), /state NEWS/],
    [BILL.replace(',`OTHERS', ''), /does not fit/],
    ['', /no sums/],
  ]
  for (const [bill, message] of cases) {
    answerBill(bill)
    await assert.rejects(desk.gateway.statement(DAY), { name: 'Unreadable', message })
  }
  answerBill(BILL, '00'.repeat(20))
  await assert.rejects(desk.gateway.statement(DAY), isUnavailable(/another hash/))
})

test('a day without a bill: not over, being made, not out yet, or without trades', async () => {
  desk.vendor.answer(() => refusal(400, 'NO_STATEMENT_EXIST'))
  assert.deepEqual(await desk.gateway.statement(DAY), [])
  const today = Temporal.PlainDate.from('2026-11-27')
  desk.vendor.seen.length = 0
  await assert.rejects(desk.gateway.statement(today), isUnavailable(/not out/))
  assert.equal(desk.vendor.seen.length, 0)
  desk.clock.set('2026-11-28T03:59:59Z')
  desk.vendor.answer(() => refusal(400, 'NO_STATEMENT_EXIST'))
  await assert.rejects(desk.gateway.statement(today), isUnavailable(/not out/))
  desk.clock.advance(1)
  assert.deepEqual(await desk.gateway.statement(today), [])
  desk.vendor.answer(() => refusal(400, 'STATEMENT_CREATING'))
  await assert.rejects(desk.gateway.statement(today), isUnavailable(/not out/))
})
