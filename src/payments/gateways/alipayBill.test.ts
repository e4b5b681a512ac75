import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  answerWith,
  APP,
  contentOf,
  failure,
  methodOf,
  openDesk,
  order,
  refundOrder,
  SELLER,
  signed,
  success,
} from './alipay.fixture.ts'
import { encodeGbk, makeZip } from './vendor.fixture.ts'

const desk = openDesk()

const HEAD =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注'
const BILL = [
  '#支付宝业务明细查询',
  '#账号：[20880000000000010156]',
  '#起始日期：[2026年11月26日 00:00:00]   终止日期：[2026年11月27日 00:00:00]',
  '#-----------------------------------------业务明细列表----------------------------------------',
  HEAD,
  `2026112622001400001\t,${order.orderId}\t,交易    ,Corehour 充值,2026-11-26 10:00:00,2026-11-26 10:00:09,\t,\t,\t,\t,*雅雯(185****1234)\t,200.50,200.50,0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,\t,-1.20,0.00,`,
  `2026112622001400001\t,${order.orderId}\t,退款    ,"Corehour, 充值",2026-11-26 10:00:00,2026-11-26 11:00:00,\t,\t,\t,\t,*雅雯(185****1234)\t,-0.50,-0.50,0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,${refundOrder.refundId}\t,0.00,0.00,备注`,
  '#-----------------------------------------业务明细列表结束------------------------------------',
  '#交易合计：1笔，商家实收共200.50元',
  '#导出时间：[2026年11月27日 09:15:03]',
].join('\r\n')

function answerBill(zip: Buffer): void {
  desk.vendor.answer((seen) => {
    if (seen.method === 'GET') return { body: zip }
    return {
      body: signed(methodOf(seen), success({ bill_download_url: `${desk.vendor.url}/bill?token=t&fileType=csv.zip` })),
    }
  })
}
const zipOf = (bill: string) =>
  makeZip([
    {
      name: encodeGbk('20880000000000010156_20261126_业务明细(汇总).csv'),
      body: encodeGbk('#汇总\r\n门店编号,交易订单总笔数\r\n合计,1\r\n'),
    },
    { name: encodeGbk('20880000000000010156_20261126_业务明细.csv'), body: encodeGbk(bill) },
  ])
const DAY = Temporal.PlainDate.from('2026-11-26')

test('a bill in GBK', async () => {
  answerBill(zipOf(BILL))
  assert.deepEqual(await desk.gateway.statement(DAY), [
    {
      kind: 'payment',
      payment: {
        orderId: order.orderId,
        paymentId: '2026112622001400001',
        cash: order.cash,
        fee: { currency: 'CNY', minor: 120n },
        payee: `${APP}:${SELLER}`,
        paidAt: Temporal.Instant.from('2026-11-26T02:00:09Z'),
      },
    },
    {
      kind: 'refund',
      orderId: order.orderId,
      refund: {
        refundId: refundOrder.refundId,
        reference: '2026112622001400001',
        state: 'done',
        cash: { currency: 'CNY', minor: 50n },
        at: Temporal.Instant.from('2026-11-26T03:00:00Z'),
      },
    },
  ])
  assert.deepEqual(contentOf(desk.vendor.seen[0]!), { bill_type: 'trade', bill_date: '2026-11-26' })
  assert.equal(desk.vendor.seen[1]!.headers.authorization, undefined)
})

test('a bill that is not whole, or not understood, is none', async () => {
  const whole = zipOf(BILL)
  const damaged = Buffer.from(whole)
  damaged[80]! ^= 1
  // Sums and lengths that the directory tells wrongly.
  const [wrongSum, wrongLength] = [Buffer.from(whole), Buffer.from(whole)]
  const entry = whole.lastIndexOf('PK\x01\x02')
  wrongSum[entry + 16]! ^= 1
  wrongLength.writeUInt32LE(5, entry + 24)
  const cases: [Buffer, RegExp][] = [
    [whole.subarray(0, 400), /zip/],
    [damaged, /zip|table/],
    [wrongSum, /zip/],
    [wrongLength, /zip/],
    [Buffer.from('<html>'), /zip/],
    [Buffer.alloc(0), /zip/],
    [zipOf(BILL.replace('支付宝交易号', '别的')), /no table/],
    [zipOf(BILL.replace('订单金额（元）', '金额')), /no column 订单金额/],
    [zipOf(BILL.replace('交易    ', '转账    ')), /kind 转账/],
    [zipOf(BILL.replace('Corehour 充值', 'Corehour, 充值')), /does not fit/],
    [zipOf(BILL.slice(0, BILL.indexOf('#-----------------------------------------业务明细列表结束'))), /no end/],
  ]
  for (const [zip, message] of cases) {
    answerBill(zip)
    await assert.rejects(desk.gateway.statement(DAY), { name: 'Unreadable', message })
  }
})

test('a day without a bill: not over, not out yet, or without trades', async () => {
  answerWith(desk, failure('isp.bill_not_exist'))
  assert.deepEqual(await desk.gateway.statement(DAY), [])
  const today = Temporal.PlainDate.from('2026-11-27')
  const notOut = { name: 'Unavailable', message: /not out/ }
  // At 20:00 of that day nobody is asked, at 11:59 of the next it may still come.
  desk.vendor.seen.length = 0
  await assert.rejects(desk.gateway.statement(today), notOut)
  assert.equal(desk.vendor.seen.length, 0)
  desk.clock.set('2026-11-28T03:59:59Z')
  await assert.rejects(desk.gateway.statement(today), notOut)
  desk.clock.advance(1)
  assert.deepEqual(await desk.gateway.statement(today), [])
  answerWith(desk, failure('isv.invalid-arguments'))
  await assert.rejects(desk.gateway.statement(today), { name: 'GatewayRefused' })
})
